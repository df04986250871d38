// Builds the console into dist/, which the service serves; `npm run dev` proxies the API to it.
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";
import { lingui } from "./scripts/lingui.ts";
import { BASE, compressed, named, sharedByStaff } from "./scripts/page.ts";

const service = process.env.COUNTERSIGN_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [lingui(), react(), named("/src/main.tsx"), compressed()],
  build: {
    target: "es2022",
    // The policy is default-src 'self': nothing may be inlined as a data: URL.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // Which module loads which; the check of sizes reads it.
    manifest: true,
    chunkSizeWarningLimit: 600,
    // Browsers ask for six files at once: a few that belong together come sooner than many.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "base", test: BASE },
            {
              name: (id, context) =>
                sharedByStaff(id, (each) => context.getModuleInfo(each)) ? "desk" : null,
              // What others need as well stays out of it.
              includeDependenciesRecursively: false,
            },
          ],
        },
      },
    },
  },
  server: {
    proxy: {
      "/v1": { target: service, changeOrigin: false },
      "/healthz": { target: service, changeOrigin: false },
    },
  },
  // What the service sends with its pages, so that a violation shows before it is served there.
  preview: {
    headers: {
      "Content-Security-Policy":
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'",
    },
  },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    // Speaks English.
    setupFiles: ["src/locales/speak.ts"],
  },
});
