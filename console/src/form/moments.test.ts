import { describe, expect, it } from "vitest";
import { isDate, isMoment, localOf, momentOf } from "./moments";

describe("moments", () => {
  it("are shown by the reader's clock and sent in UTC", () => {
    const half = new Date(2026, 10, 23, 9, 30);
    expect(localOf(half.toISOString())).toBe("2026-11-23T09:30");
    expect(momentOf("2026-11-23T09:30")).toBe(half.toISOString().replace(".000Z", "Z"));
    const late = new Date(2026, 6, 1, 23, 59, 58);
    expect(localOf(late.toISOString())).toBe("2026-07-01T23:59:58");
    expect(Date.parse(momentOf("2026-07-01T23:59:58") ?? "")).toBe(late.getTime());
  });

  it("are the same moment whatever zone they were written in", () => {
    const there = momentOf(localOf("2026-11-23T18:30:00+09:00"));
    expect(there).toBe("2026-11-23T09:30:00Z");
  });

  it("are nothing else", () => {
    expect(isMoment("2026-11-23T09:30:00Z")).toBe(true);
    expect(isMoment("2026-11-23T09:30:00.125-05:00")).toBe(true);
    expect(isMoment("2026-11-23T09:30:00")).toBe(false);
    expect(isMoment("tomorrow")).toBe(false);
    expect(isMoment("2026-13-23T09:30:00Z")).toBe(false);
    expect(momentOf("")).toBeUndefined();
    expect(momentOf("23.11.2026 09:30")).toBeUndefined();
  });
});

describe("dates", () => {
  it("are days of the calendar", () => {
    expect(isDate("2028-02-29")).toBe(true);
    expect(isDate("2026-02-29")).toBe(false);
    expect(isDate("2026-1-2")).toBe(false);
    expect(isDate("2026-01-02T00:00:00Z")).toBe(false);
  });
});
