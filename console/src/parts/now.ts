// One clock for every "4 min ago" on the page, so that they move together.
import { useSyncExternalStore } from "react";

const EVERY_MS = 10_000;
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const each of listeners) each();
  }, EVERY_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The current time in milliseconds, good to ten seconds. */
export function useNow(): number {
  const tick = useSyncExternalStore(subscribe, () => now);
  // What arrived after the last tick must not lie in the future.
  return Math.max(tick, Date.now() - EVERY_MS);
}
