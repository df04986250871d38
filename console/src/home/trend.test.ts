import { describe, expect, it } from "vitest";
import { barsOf, type Day, longest, saved, summary } from "./trend";

const day = (
  at: string,
  confirmed: number,
  assumed: number,
  unhelpful: number,
  reopened: number,
): Day => ({
  starts_at: at,
  opened: 9,
  resolved: { confirmed, assumed, unhelpful, reopened },
  spent: 0,
});

const days = [
  day("2026-11-20T00:00:00Z", 1, 2, 0, 0),
  day("2026-11-21T00:00:00Z", 0, 0, 0, 0),
  day("2026-11-22T00:00:00Z", 2, 3, 1, 4),
];

describe("the charts of Home", () => {
  it("puts the parts of a day one on the other and leaves out empty ones", () => {
    const [first, second, third] = barsOf(days, "resolved");
    expect(first?.parts).toEqual([
      { key: "confirmed", from: 0, to: 1 },
      { key: "assumed", from: 1, to: 3 },
    ]);
    expect(second).toEqual({ at: "2026-11-21T00:00:00Z", parts: [], total: 0 });
    expect(third?.total).toBe(10);
  });

  it("says in words what it shows", () => {
    expect(summary(days, "resolved")).toMatch(
      /^3 days: 3 confirmed, 5 assumed, 1 unhelpful, 4 reopened; most on .*22.*: 10$/,
    );
    expect(summary(days, "spent")).toBe("3 days: 0 spent");
  });

  it("says hours and minutes, and no minutes where they say nothing", () => {
    expect([0, 59, 60, 200, 960, 1259].map(saved)).toEqual([
      "0 min",
      "59 min",
      "1 h",
      "3 h 20 min",
      "16 h",
      "20 h",
    ]);
  });

  it("says how long the oldest has waited only where one does", () => {
    const now = Date.parse("2026-11-22T12:00:00Z");
    expect(longest({ n: 0, oldest: null }, now)).toBeUndefined();
    expect(longest({ n: 2, oldest: "2026-11-22T09:00:00Z" }, now)).toMatch(/^longest for 3/);
  });
});
