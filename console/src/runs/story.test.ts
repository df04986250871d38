import { expect, test } from "vitest";
import { written } from "./story";

test("a model's reply is read without the form around it", () => {
  expect(
    written('{"kind":"answer","reply":"Hi Alex,\\n\\nit is on its way.","citations":[]}'),
  ).toBe("Hi Alex,\n\nit is on its way.");
});

test("what has no reply is told thing by thing, and lists are left to the journal", () => {
  expect(written('{"kind":"handoff","reply":"","reason":"No article answers","tags":["a"]}')).toBe(
    "Kind: handoff\nReason: No article answers",
  );
});

test("what is no form, or not a whole one, is shown as it is", () => {
  expect(written('{"kind":"ans')).toBe('{"kind":"ans');
  expect(written("Just words")).toBe("Just words");
  expect(written("{}")).toBe("{}");
  expect(written(undefined)).toBeUndefined();
});
