import { describe, expect, it } from "vitest";
import type { Breaker, BreakerOf } from "../api/words";
import { breakerKey, breakerOf, stops } from "./breakers";

const ALL: BreakerOf[] = [
  { kind: "workspace" },
  { kind: "agent", name: "resolution" },
  { kind: "tool", name: "shop__refund_order" },
  { kind: "integration", name: "shop" },
];

const PROVIDER: BreakerOf = { kind: "provider", name: "openai" };

const open = (of: BreakerOf): Breaker => ({
  of,
  reason: "stop",
  opened_by: { kind: "system" },
  opened_at: "2026-01-01T00:00:00Z",
});

describe("a breaker", () => {
  it("is named by a key that leads back to it", () => {
    for (const of of [...ALL, PROVIDER]) expect(breakerOf(breakerKey(of))).toEqual(of);
    for (const bad of ["", "tool:", "planet:earth", "workspaces"]) {
      expect(breakerOf(bad)).toBeUndefined();
    }
  });

  it("stops what it is of and nothing else", () => {
    for (const of of ALL) {
      expect(stops([open(of)], "resolution", "shop__refund_order")?.of).toEqual(of);
    }
    const others = [...ALL.slice(1), PROVIDER].map(open);
    expect(stops(others, "article", "shopping__refund_order")).toBeUndefined();
  });
});
