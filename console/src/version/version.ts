// Whether the service has another console by now than the one this page was loaded with. Scripts
// carry a digest in their name, so a page that names another first script is another build.
import { useSyncExternalStore } from "react";
import { servedPage } from "../api/client";

let stale = false;
let asking = false;
const listeners = new Set<() => void>();

function setStale(): void {
  if (stale) return;
  stale = true;
  for (const listener of listeners) listener();
}

/** The address of the first script that a page names. */
export function firstScript(page: Document): string | undefined {
  return (
    page.querySelector<HTMLScriptElement>("script[type=module][src]")?.getAttribute("src") ??
    undefined
  );
}

const own = firstScript(document);

/** Looks whether the served page is still this one; whatever keeps it from looking says nothing. */
export async function look(): Promise<void> {
  if (stale || asking || own === undefined) return;
  asking = true;
  const page = await servedPage();
  asking = false;
  const served = page && firstScript(page);
  if (served !== undefined && served !== own) setStale();
}

const EVERY_MS = 10 * 60_000;

// A part of the console that cannot be loaded any more was taken away by a deploy, most likely.
addEventListener("vite:preloadError", () => void look());
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible") void look();
});
setInterval(() => void look(), EVERY_MS);

/** Whether another version was deployed since the page was loaded. */
export function useStale(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => stale,
  );
}
