// What the live stream tells of one's own questions while they are answered. Nothing here is kept: the answer
// itself is read from the service.
import { useSyncExternalStore } from "react";

export interface Writing {
  /** What a model has written so far, as it came. */
  text: string;
  /** Tools that were called, in order. */
  looks: string[];
}

const NOTHING: Writing = { text: "", looks: [] };
const MOST = 8;
const MOST_TEXT = 200_000;

let writing: ReadonlyMap<string, Writing> = new Map();
const listeners = new Set<() => void>();

function change(runId: string, next: Writing): void {
  const rest = [...writing].filter(([id]) => id !== runId).slice(1 - MOST);
  writing = new Map([...rest, [runId, next]]);
  for (const listener of listeners) listener();
}

export function hearText(runId: string, delta: string, begins: boolean): void {
  const before = writing.get(runId) ?? NOTHING;
  const text = ((begins ? "" : before.text) + delta).slice(0, MOST_TEXT);
  change(runId, { ...before, text });
}

export function hearLooks(runId: string, tools: string[]): void {
  const before = writing.get(runId) ?? NOTHING;
  change(runId, { text: "", looks: [...before.looks, ...tools] });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useWriting(runId: string): Writing {
  return useSyncExternalStore(subscribe, () => writing.get(runId) ?? NOTHING);
}
