// A value that outlives the page in localStorage and tells React when it changes, in another tab too. Storage may be
// switched off or full, in an embedded frame for example; the value then lives in memory.
import { useSyncExternalStore } from "react";

export interface Kept<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

interface Options {
  /** Each tab has one of its own, and a new tab begins with the latest. Otherwise all tabs share it. */
  ofTab?: boolean;
}

export function kept<T>(
  key: string,
  initial: T,
  valid: (value: unknown) => value is T,
  { ofTab = false }: Options = {},
): Kept<T> {
  const listeners = new Set<() => void>();
  const places = () => (ofTab ? [sessionStorage, localStorage] : [localStorage]);
  const read = (): T => {
    try {
      const texts = places().map((place) => place.getItem(key));
      const text = texts.find((each) => each !== null);
      const parsed: unknown = text === undefined || text === null ? undefined : JSON.parse(text);
      if (valid(parsed)) return parsed;
    } catch {
      // Not readable: start from the initial value.
    }
    return initial;
  };
  let value = read();
  const tell = () => {
    for (const each of listeners) each();
  };
  if (!ofTab) {
    window.addEventListener("storage", (event) => {
      if (event.key !== null && event.key !== key) return;
      value = read();
      tell();
    });
  }
  return {
    get: () => value,
    set(next) {
      value = next;
      try {
        for (const place of places()) place.setItem(key, JSON.stringify(next));
      } catch {
        // Not writable: it lasts as long as the page.
      }
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function useKept<T>(store: Kept<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}
