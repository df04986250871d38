// Examples of the ladder of autonomy: one request that acts, and one of which too little is known.
import { at, id, type S } from "./base";

const heard = {
  approved: 118,
  edited: 3,
  rejected: 1,
  responded: 0,
  taken_over: 0,
  confirmed: 4,
  assumed: 61,
  reopened: 1,
  unhelpful: 0,
  matched: 5,
  differed: 1,
  paper: 7,
};

const promise = { ceiling: 0.05, delta: 0.1 };

export const acting: S["AutonomyCell"] = {
  intent: "",
  tool: "reply_to_customer",
  title: "Reply to the customer",
  rung: {
    intent: "",
    tool: "reply_to_customer",
    level: "act",
    promise,
    threshold: 850,
    version: 3,
    since: at(60),
    counted_from: "1970-01-01T00:00:00.000000Z",
    by: { kind: "user", user_id: id(1), name: "Robin Vermeer" },
    why: "the figures of autumn",
    over_policy: false,
  },
  version: 3,
  heard,
  n: 127,
  wrong: 5,
  ece: 0.062,
  threshold: 850,
  coverage: 0.76,
  counted: 127,
  least: 89,
  next: null,
  watch: {
    n: 40,
    wrong: 1,
    capital: 0.1,
    needed: 10,
    broken: false,
    drift: {
      before: 127,
      n: 40,
      stated_before: 0.92,
      stated: 0.9,
      capital: 0.3,
      needed: 10,
      shown: false,
    },
    judged: 98,
    judged_wrong: 1,
    lost: false,
    carries_from: 850,
  },
};

export const unknownYet: S["AutonomyCell"] = {
  intent: "refund",
  tool: "shop__refund_order",
  title: "Refund an order",
  rung: null,
  version: 0,
  heard: {
    ...heard,
    approved: 9,
    edited: 2,
    confirmed: 0,
    assumed: 0,
    reopened: 0,
    matched: 1,
    differed: 0,
  },
  n: 12,
  wrong: 3,
  ece: 0.2,
  threshold: null,
  coverage: 0,
  counted: 12,
  least: 89,
  next: { level: "act", n: 12, wrong: 3, ceiling: 0.05, capital: 0.1, needed: 10, holds: false },
  watch: null,
};

export const ladder: S["Autonomy"] = { cells: [acting, unknownYet], days: 365 };

const bin = (from: number, stated: number, right: number, n: number) => ({
  from,
  to: from + 0.09,
  stated,
  right: {
    n,
    of_them: Math.round(n * right),
    share: right,
    low: Math.max(0, right - 0.1),
    high: Math.min(1, right + 0.05),
  },
});

/** All that is known of a cell. */
export const known = (cell: S["AutonomyCell"]): S["AutonomyDetail"] => ({
  cell,
  stated: {
    n: cell.n,
    share: 0.96,
    brier: 0.041,
    miscalibration: 0.004,
    resolution: 0.001,
    uncertainty: 0.038,
    ece: cell.ece ?? 0,
    bins: [bin(0.6, 0.66, 0.88, 25), bin(0.8, 0.85, 0.96, 51), bin(0.9, 0.95, 1, 51)],
  },
  calibrated: {
    n: cell.n,
    share: 0.96,
    brier: 0.036,
    miscalibration: 0.001,
    resolution: 0.002,
    uncertainty: 0.038,
    ece: 0.018,
    bins: [],
  },
  method: "platt",
  losses: { platt: 0.14, isotonic: 0.151 },
  samples: [cell.n, cell.n, 139],
  curve: Array.from({ length: 21 }, (_, step) => ({
    stated: step / 20,
    probability: 0.6 + (0.39 * step) / 20,
  })),
  certificate: {
    promise,
    threshold: cell.threshold,
    coverage: cell.coverage,
    n: cell.n,
    least: cell.least,
    curve: [
      { threshold: 950, n: 51, wrong: 0, coverage: 0.4, upper: 0.044, certified: false },
      { threshold: 850, n: 97, wrong: 1, coverage: 0.76, upper: 0.04, certified: true },
      { threshold: 600, n: 127, wrong: 5, coverage: 1, upper: 0.072, certified: false },
    ],
  },
  evidence: (["shadow", "draft", "ask", "act"] as const).map((level) => ({
    level,
    n: cell.n,
    wrong: cell.wrong,
    ceiling: { shadow: 1, draft: 1, ask: 0.25, act: 0.05 }[level],
    capital: 12,
    needed: 10,
    holds: level !== "act" || cell.threshold !== null,
  })),
});
