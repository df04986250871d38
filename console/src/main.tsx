import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { api, Problem } from "./api/client";
import { speak, wanted } from "./locales/speak";
import { makeRouter } from "./router";
import type { Early } from "./start/early";
import { seedFrom } from "./start/seeds";
import "./shell/tokens.css";
import "./shell/base.css";
import "./shell/density.css";
import "./shell/theme";

const TRIES = 3;

/** Draws the page. What was asked for before this was loaded is not asked for again. */
export function start(early: Early): void {
  api.use({ onRequest: ({ request }) => early.take(request) });
  const queryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        // The session ended while the page was open: the router asks for a new one.
        if (error instanceof Problem && error.status === 401 && query.queryKey[0] !== "session") {
          queryClient.removeQueries({ queryKey: ["session"] });
          void router.invalidate();
        }
      },
    }),
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        // Only what may heal by itself is tried again.
        retry: (failures, error) =>
          failures < TRIES && error instanceof Problem && (error.offline || error.status >= 502),
        networkMode: "always",
      },
      mutations: { networkMode: "always" },
    },
  });

  const router = makeRouter(queryClient, seedFrom(early, queryClient));

  const element = document.getElementById("root");
  if (!element) throw new Error("index.html has no element with the id root");
  const page = createRoot(element);
  void speak(wanted(location.search, navigator.languages)).then(() =>
    page.render(
      <StrictMode>
        <I18nProvider i18n={i18n}>
          <QueryClientProvider client={queryClient}>
            <RouterProvider router={router} />
          </QueryClientProvider>
        </I18nProvider>
      </StrictMode>,
    ),
  );
}
