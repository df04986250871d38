// A value that outlives the page in localStorage and tells React when it changes. Storage may be
// switched off or full, in an embedded frame for example; the value then lives in memory.
import { useSyncExternalStore } from "react";

export interface Kept<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

export function kept<T>(key: string, initial: T, valid: (value: unknown) => value is T): Kept<T> {
  const listeners = new Set<() => void>();
  let value = initial;
  try {
    const text = localStorage.getItem(key);
    const parsed: unknown = text === null ? undefined : JSON.parse(text);
    if (valid(parsed)) value = parsed;
  } catch {
    // Not readable: start from the initial value.
  }
  return {
    get: () => value,
    set(next) {
      value = next;
      try {
        localStorage.setItem(key, JSON.stringify(next));
      } catch {
        // Not writable: it lasts as long as the page.
      }
      for (const each of listeners) each();
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
