import { expect, it } from "vitest";
import { hunksOf } from "./difference";

const unified = [
  "--- version 1",
  "+++ version 2",
  "@@ -3,3 +3,4 @@",
  " # Returns",
  "-You have 30 days.",
  "+You have 45 days.",
  "+Ask us first.",
  " ",
  "",
].join("\n");

it("numbers lines as they stood before and stand now", () => {
  const [hunk] = hunksOf(unified);
  expect(hunk?.lines.map(({ kind, before, after }) => [kind, before, after])).toEqual([
    ["same", 3, 3],
    ["removed", 4, undefined],
    ["added", undefined, 4],
    ["added", undefined, 5],
    ["same", 5, 6],
  ]);
});

it("says which words of an edited line changed", () => {
  const [hunk] = hunksOf(unified.replace("+Ask us first.\n", "").replace("+3,4", "+3,3"));
  const [, removed, added] = hunk?.lines ?? [];
  expect(removed?.parts.filter((part) => part.changed).map((part) => part.text)).toEqual(["30"]);
  expect(added?.parts.filter((part) => part.changed).map((part) => part.text)).toEqual(["45"]);
});

it("has nothing to draw when the text is the same", () => {
  expect(hunksOf("")).toEqual([]);
});
