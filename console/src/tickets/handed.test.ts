import { expect, test } from "vitest";
import { isLong, withoutReason } from "./handed";

test("why a person is wanted is not said twice", () => {
  const reason = "No article answers: How deep is the lake?";
  expect(
    withoutReason(`Why: ${reason}\nSubject: Lake\n\nWhat was said:\n- Ada: Hello`, reason),
  ).toBe("Subject: Lake\n\nWhat was said:\n- Ada: Hello");
  expect(withoutReason(reason, reason)).toBe("");
  expect(withoutReason("She wants 12 EUR back.\nOrder NF-1", reason)).toBe(
    "She wants 12 EUR back.\nOrder NF-1",
  );
});

test("what is read at a glance is no matter of a click", () => {
  expect(isLong("She wants 12 EUR back.")).toBe(false);
  expect(isLong("x".repeat(301))).toBe(true);
});
