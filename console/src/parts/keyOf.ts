// The idempotency key of what is being written: the same for every try of one text, another for another.
import { useRef } from "react";
import { idempotencyKey } from "../api/key";

export function useKeyOf(text: string): string {
  const kept = useRef<{ text: string; key: string }>(undefined);
  if (kept.current?.text !== text) kept.current = { text, key: idempotencyKey() };
  return kept.current.key;
}
