import { expect, test } from "vitest";
import type { LimitUse } from "../api/words";
import { amountWords, shareOf, useWords } from "./limits";

const use = (over: Partial<LimitUse>): LimitUse => ({
  scope: { kind: "workspace" },
  unit: "credits",
  window: "day",
  starts_at: "2026-01-01T00:00:00Z",
  ends_at: "2026-01-02T00:00:00Z",
  used: 0,
  reserved: 0,
  most: null,
  standing: "fine",
  ...over,
});

test("amounts are said in their unit", () => {
  expect(amountWords("credits", 1_250_000)).toBe("1.25 credits");
  expect(amountWords("credits", 12)).toBe("< 0.0001 credits");
  expect(amountWords("credits", 1_000_000)).toBe("1 credit");
  expect(amountWords("runs", 1)).toBe("1 run");
  expect(amountWords("emails", 2)).toBe("2 mails");
  expect(useWords(use({ used: 500_000, most: 2_000_000 }))).toBe("0.5 of 2 credits");
  expect(useWords(use({ unit: "runs", used: 3, most: 10 }))).toBe("3 of 10 runs");
  expect(useWords(use({ used: 0 }))).toBe("0 credits");
});

test("a bar is never longer than its frame", () => {
  expect(shareOf(use({ used: 90, reserved: 60, most: 100 }))).toBe(100);
  expect(shareOf(use({ used: 25, most: 100 }))).toBe(25);
  expect(shareOf(use({ used: 25 }))).toBe(0);
});
