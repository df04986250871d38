import { describe, expect, it } from "vitest";
import { allows, type Cell, type Detail, evidenceWords, type Level, reachWords } from "./words";

const heard = {
  approved: 0,
  edited: 0,
  rejected: 0,
  responded: 0,
  taken_over: 0,
  confirmed: 0,
  assumed: 0,
  reopened: 0,
  unhelpful: 0,
  matched: 0,
  differed: 0,
  paper: 0,
};

const cell = (over: Partial<Cell> = {}): Cell => ({
  intent: "",
  tool: "reply_to_customer",
  title: "Reply",
  rung: null,
  version: 0,
  heard,
  n: 30,
  wrong: 1,
  ece: 0.1,
  threshold: null,
  coverage: 0,
  counted: 30,
  least: 89,
  next: null,
  watch: null,
  ...over,
});

const evidence = (level: Level, holds: boolean) => ({
  level,
  n: 30,
  wrong: 1,
  ceiling: 0.05,
  capital: 2,
  needed: 10,
  holds,
});

type Rung = NonNullable<Cell["rung"]>;

const rung = (level: Level, over: Partial<Rung> = {}) =>
  ({ level, over_policy: false, by: { kind: "system" }, ...over }) as Rung;

const detail = (now: Level | undefined, holding: Level[], over: Partial<Rung> = {}) =>
  ({
    cell: cell({ rung: now ? rung(now, over) : null }),
    evidence: (["shadow", "draft", "ask", "act"] as const).map((level) =>
      evidence(level, holding.includes(level)),
    ),
  }) as Detail;

describe("what can be promised", () => {
  it("is said in words, and why where it cannot", () => {
    expect(reachWords(cell({ threshold: 850, coverage: 0.62 }))).toBe(
      "From 0.85 on, which is 62 % of calls",
    );
    const few = "Not reachable yet: 30 judged that count, at least 89 are needed";
    expect(reachWords(cell())).toBe(few);
    // What was heard before the service lowered it does not count.
    expect(reachWords(cell({ n: 200 }))).toBe(few);
    expect(reachWords(cell({ n: 200, counted: 200 }))).toBe(
      "Not reachable: too many were wrong at every threshold",
    );
  });

  it("is shown or not", () => {
    expect(evidenceWords(evidence("act", false))).toBe(
      "1 of 30 were wrong. It is not shown that fewer than 5.0 % are.",
    );
  });
});

describe("a rung", () => {
  it("goes down at will and up as far as the evidence carries", () => {
    expect(allows(detail("ask", []), "draft")).toBe(true);
    expect(allows(detail("shadow", ["shadow", "draft"]), "draft")).toBe(true);
    expect(allows(detail("draft", []), "ask")).toBe(false);
    expect(allows(detail("draft", ["ask"]), "ask")).toBe(true);
    expect(allows(detail("ask", []), "ask")).toBe(false);
  });

  it("is stricter than the policy alone, so that it takes no evidence, but to act", () => {
    expect(allows(detail(undefined, []), "ask")).toBe(true);
    expect(allows(detail(undefined, []), "act")).toBe(false);
    expect(allows(detail(undefined, ["act"]), "act")).toBe(true);
  });

  it("is left to the policy by what acting takes, or by whoever put it there over the policy", () => {
    const mine = { over_policy: true, by: { kind: "user", user_id: "me", name: "Mira" } } as const;
    expect(allows(detail(undefined, []), null)).toBe(false);
    expect(allows(detail("shadow", []), null, "me")).toBe(false);
    expect(allows(detail("shadow", ["act"]), null, "me")).toBe(true);
    expect(allows(detail("act", []), null, "me")).toBe(true);
    expect(allows(detail("shadow", [], mine), null, "me")).toBe(true);
    expect(allows(detail("shadow", [], mine), null, "another")).toBe(false);
    expect(allows(detail("shadow", [], { ...mine, over_policy: false }), null, "me")).toBe(false);
  });
});
