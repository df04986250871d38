import { describe, expect, it } from "vitest";
import {
  ago,
  credits,
  duration,
  initials,
  percent,
  plain,
  remaining,
  sentence,
  took,
  urgency,
  waited,
  words,
} from "./format";

const at = "2026-01-31T09:30:00.000000Z";
const later = (ms: number) => Date.parse(at) + ms;

describe("times", () => {
  it("reads a duration in its largest whole unit", () => {
    expect(duration(3_000)).toBe("just now");
    expect(duration(59_999)).toBe("59 s");
    expect(duration(60_000)).toBe("1 min");
    expect(duration(3_599_999)).toBe("59 min");
    expect(duration(3_600_000)).toBe("1 h");
    expect(duration(49 * 3_600_000)).toBe("2 d");
  });

  it("never shows a negative age when clocks differ", () => {
    expect(ago(at, later(-60_000))).toBe("just now");
    expect(waited(at, later(-60_000))).toBe("a moment");
    expect(ago(at, later(240_000))).toBe("4 min ago");
  });

  it("says when a deadline is near and when it has passed", () => {
    expect(remaining(at, later(-7_200_000))).toBe("in 2 h");
    expect(remaining(at, later(-30_000))).toBe("in under 1 min");
    expect(remaining(at, later(0))).toBe("expired");
    expect(urgency(at, later(-7_200_000))).toBe("calm");
    expect(urgency(at, later(-1_800_000))).toBe("soon");
    expect(urgency(at, later(-60_000))).toBe("now");
  });

  it("measures steps from microsecond timestamps", () => {
    expect(took("2026-01-31T09:30:00.000000Z", "2026-01-31T09:30:00.012345Z")).toBe("12 ms");
    expect(took("2026-01-31T09:30:00.000000Z", "2026-01-31T09:30:01.400000Z")).toBe("1.4 s");
    expect(took("2026-01-31T09:30:01Z", "2026-01-31T09:30:00Z")).toBe("0 ms");
  });
});

describe("amounts and names", () => {
  it("shows credits with the digits that matter", () => {
    expect(credits(0)).toBe("free");
    expect(credits(12)).toBe("< 0.0001 credits");
    expect(credits(12_500)).toBe("0.0125 credits");
    expect(credits(1_250_000)).toBe("1.25 credits");
  });

  it("keeps shares between 0 and 100 percent, also for what is no number", () => {
    expect(percent(0.874)).toBe("87 %");
    expect(percent(1.2)).toBe("100 %");
    expect(percent(Number.NaN)).toBe("0 %");
  });

  it("turns names of the service into words", () => {
    expect(words("waiting_for_staff")).toBe("Waiting for staff");
    expect(words("shop__refund_order")).toBe("Refund order");
  });

  it("makes sentences of remarks", () => {
    expect(sentence("waits for a decision on shop__refund_order")).toBe(
      "Waits for a decision on refund order",
    );
    expect(sentence("")).toBe("");
  });

  it("shows any value as one line", () => {
    expect(plain(null)).toBe("nothing");
    expect(plain(true)).toBe("yes");
    expect(plain({ city: "Utrecht" })).toBe('{"city":"Utrecht"}');
  });

  it("takes initials from the first and the last name", () => {
    expect(initials("Alex van der Berg")).toBe("AB");
    expect(initials("")).toBe("?");
  });
});
