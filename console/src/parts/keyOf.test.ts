import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useKeyOf } from "./keyOf";

test("one text is sent under one key, and another under another", () => {
  const { result, rerender } = renderHook((text: string) => useKeyOf(text), {
    initialProps: "One",
  });
  const first = result.current;
  rerender("One");
  expect(result.current).toBe(first);
  rerender("Two");
  expect(result.current).not.toBe(first);
});
