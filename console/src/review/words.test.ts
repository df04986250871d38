import { expect, test } from "vitest";
import { changed, isEmpty, kappaWords, rateWords, timesWords } from "./words";

const result = {
  slip: "amount",
  at: "/amount_cents",
  was: "34900",
  became: "349000",
  found: true,
  earlier: "approve",
  agreed: null,
  approval_id: "a",
} as const;

test("cents are shown as people read money, and other things as they are", () => {
  expect(changed(result)).toEqual(["349.00", "3490.00"]);
  expect(changed({ ...result, slip: "number", was: "NF-1042", became: "NF-1024" })).toEqual([
    "NF-1042",
    "NF-1024",
  ]);
  expect(changed({ ...result, slip: null, was: null, became: null })).toBeUndefined();
});

test("a share is said with what it is a share of", () => {
  expect(rateWords({ n: 8, of_them: 6, share: 0.75, low: 0.41, high: 0.93 })).toBe("6 of 8 (75 %)");
  expect(timesWords(0.45)).toMatch(/^0\.[45] ×$/);
  expect(timesWords(10)).toBe("10 × and more");
});

test("agreement has a word by its kappa", () => {
  expect(kappaWords(0.4)).toBe("κ 0.40, fair");
  expect(kappaWords(1)).toBe("κ 1.00, almost perfect");
  expect(kappaWords(-0.2)).toBe("κ -0.20, less than by chance");
});

test("figures without anything in them are empty", () => {
  const none = {
    decisions: 0,
    time: null,
    unread: null,
    found: null,
    by_slip: [],
    together: null,
    second_looks: null,
  };
  expect(isEmpty(none)).toBe(true);
  expect(isEmpty({ ...none, decisions: 1 })).toBe(false);
});
