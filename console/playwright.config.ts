// Two kinds of specs. `pages` looks at the built console with canned answers of the API: layout,
// keyboard, accessibility, errors. `story` starts the service itself and goes through the desk. `bench` measures, and
// is no test.
import { existsSync } from "node:fs";
import { defineConfig } from "@playwright/test";

const port = Number(process.env.CONSOLE_PORT ?? 4319);
/** Debian's, without what draws windows where it is there: that takes half the time. */
const system = ["/usr/bin/chromium-headless-shell", "/usr/bin/chromium"].find(existsSync);

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
    // A trace copies the whole page at every step, which takes as long as the tests themselves do:
    // `npx playwright test … --trace=on` makes one where the picture and the page's words do not say enough.
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: {
      // Browsers are never downloaded; the machine's own is used where there is one.
      executablePath: process.env.CHROMIUM_BIN ?? system,
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
    { name: "bench", testDir: "e2e/bench", use: { screenshot: "off" } },
  ],
  webServer: {
    command: `npx vite preview --host 127.0.0.1 --port ${port} --strictPort`,
    url: `http://127.0.0.1:${port}/favicon.svg`,
    reuseExistingServer: false,
  },
});
