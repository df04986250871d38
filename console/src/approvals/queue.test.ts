import { describe, expect, it } from "vitest";
import { moved, neighbour } from "./queue";
import { bandOf, fieldLabel, originWords } from "./words";

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

describe("where a value comes from", () => {
  const origin = { argument: "amount_cents", from: "shop__get_order" };
  it("names the record that holds it", () => {
    expect(originWords({ ...origin, kind: "record", likeness: "computed" })).toEqual({
      trusted: true,
      text: "Worked out from the record of get order",
    });
    const person = {
      ...origin,
      kind: "person",
      likeness: "exact",
      from: "a colleague's message",
    } as const;
    expect(originWords(person).text).toBe("From a colleague's message");
  });

  it("warns of what nobody trusted said", () => {
    for (const kind of ["claimed", "customer", "document", "output", "model"] as const) {
      expect(originWords({ ...origin, kind, likeness: "exact" }).trusted).toBe(false);
    }
  });
});
