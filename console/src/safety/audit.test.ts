import { expect, test } from "vitest";
import { between, dayOf, detailWords } from "./audit";

test("only days that the calendar has are days", () => {
  expect(dayOf("2026-01-31")).toBe("2026-01-31");
  for (const raw of ["2026-02-30", "31.1.2026", "", 7, undefined]) {
    expect(dayOf(raw)).toBeUndefined();
  }
});

test("the last day is wanted with all of it", () => {
  expect(between("2026-01-30", "2026-01-31")).toEqual({
    from: "2026-01-30T00:00:00Z",
    until: "2026-02-01T00:00:00.000Z",
  });
  expect(between()).toEqual({});
});

test("a role is called what it is called elsewhere", () => {
  expect(detailWords({ role: "light_agent", digest: "ab", mailed: false })).toBe(
    "Role: Light agent; Mailed: false",
  );
  expect(detailWords({ role: "refund_desk" })).toBe("Role: Refund desk");
});
