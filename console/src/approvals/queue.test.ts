import { describe, expect, it } from "vitest";
import { moved, neighbour } from "./queue";
import { bandOf, fieldLabel } from "./words";

const items = [{ id: "a" }, { id: "b" }, { id: "c" }];

describe("the queue", () => {
  it("goes on to the next approval, from the last to the one before, from the only one nowhere", () => {
    expect(neighbour(items, "a")).toBe("b");
    expect(neighbour(items, "c")).toBe("b");
    expect(neighbour([{ id: "a" }], "a")).toBeUndefined();
  });

  it("moves within its ends", () => {
    expect(moved(items, undefined, 1)).toBe("a");
    expect(moved(items, "a", -1)).toBe("a");
    expect(moved(items, "b", 1)).toBe("c");
    expect(moved(items, "c", 1)).toBe("c");
    expect(moved([], "a", 1)).toBeUndefined();
  });
});

describe("confidence bands", () => {
  it("fall to low for what is no number", () => {
    const thresholds = { auto: 0.8, floor: 0.4 };
    const band = (score: number) => bandOf({ score, reasons: [] }, thresholds);
    expect([band(0.8), band(0.5), band(0.1), band(Number.NaN)]).toEqual([
      "auto",
      "draft",
      "low",
      "low",
    ]);
  });
});

describe("field labels", () => {
  it("read as words when a tool gives bare argument names", () => {
    expect(fieldLabel("amount_cents")).toBe("Amount");
    expect(fieldLabel("order_number")).toBe("Order number");
    expect(fieldLabel("Delivery address")).toBe("Delivery address");
  });
});
