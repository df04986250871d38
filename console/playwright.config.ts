// Two kinds of specs. `pages` looks at the built console with canned answers of the API: layout,
// keyboard, accessibility, errors. `story` starts the service itself and goes through the desk. `bench` measures, and
// is no test.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const port = Number(process.env.CONSOLE_PORT ?? 4319);
const system = "/usr/bin/chromium";

export default defineConfig({
  testDir: "e2e",
  outputDir: "test-results",
  fullyParallel: true,
  workers: 2,
  retries: 0,
  forbidOnly: Boolean(process.env.CI),
  reporter: [["list"]],
  // Bounds for a busy machine; what passes does not wait for them.
  timeout: 60_000,
  expect: { timeout: 20_000 },
  use: {
    browserName: "chromium",
    viewport: { width: 1360, height: 860 },
    locale: "en-GB",
    timezoneId: "Europe/Amsterdam",
    trace: "retain-on-failure",
    launchOptions: {
      // Browsers are never downloaded; the machine's own is used where there is one.
      executablePath: process.env.CHROMIUM_BIN ?? (existsSync(system) ? system : undefined),
      args: [
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
  projects: [
    {
      name: "pages",
      testDir: "e2e/pages",
      use: { baseURL: `http://127.0.0.1:${port}` },
    },
    { name: "story", testDir: "e2e/story", timeout: 150_000 },
    // Without a trace, which takes pictures of the page all the while.
    { name: "bench", testDir: "e2e/bench", use: { trace: "off" } },
  ],
  webServer: {
    command: `npx vite preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}/favicon.svg`,
    reuseExistingServer: false,
  },
});
