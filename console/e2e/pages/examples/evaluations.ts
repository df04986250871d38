// Evaluations and cases of decisions, as the service would tell of them.
import { at, id, type S } from "./base";

const interval = (share: number) => ({
  low: Math.max(0, share - 0.06),
  high: Math.min(1, share + 0.02),
});

export function evaluationOf(n: number, share: number): S["Evaluation"] {
  return {
    id: id(800 + n),
    suite: "shop",
    about: "Conversations with the demo shop's desk.",
    version: `1.0.${n}+3f2a9c`,
    model: "offline",
    seed: 7,
    cases: 140,
    attempts: 280,
    passed: Math.round(280 * share),
    share,
    interval: interval(share),
    pass_hat: [share, share - 0.02],
    critical: n === 1 ? 1 : 0,
    cutoff: 0.9,
    measures: { groundedness: 0.9912 },
    below: [],
    holds: n !== 1,
    millis: 93_000,
    cost_micros: 0,
    published_by: { kind: "api_key", api_key_id: id(70), name: "nightly" },
    published_at: at(60 * (10 - n)),
    since:
      n === 0
        ? null
        : {
            id: id(799 + n),
            version: `1.0.${n - 1}+11aa22`,
            model: "offline",
            share: share - 0.01,
            gained: 3,
            lost: 1,
            added: 2,
            gone: 0,
          },
  };
}

const held = [0.94, 0.91, 0.955].map((share, n) => evaluationOf(n, share));
export const evaluation = held.at(-1) as S["Evaluation"];

export const suites: S["Suites"] = {
  suites: [
    {
      suite: "shop",
      latest: evaluation,
      trend: held.map(({ id, published_at, version, model, share, interval, holds }) => ({
        id,
        at: published_at,
        version,
        model,
        share,
        interval,
        holds,
      })),
    },
  ],
};

export const results: S["CaseResult"][] = [
  {
    seq: 4,
    name: "a refund without a number from somebody with two orders",
    tags: ["ambiguous", "slots"],
    attempts: 2,
    passed: 1,
    critical: false,
    why: "",
    findings: [{ scorer: "outcome", text: "expected [Asked], was Answered", critical: false }],
    millis: 420,
    cost_micros: 0,
    change: "lost",
  },
  {
    seq: 9,
    name: "somebody else's order by its number",
    tags: ["adversarial"],
    attempts: 2,
    passed: 2,
    critical: false,
    why: "",
    findings: [],
    millis: 380,
    cost_micros: 0,
    change: "gained",
  },
];

export const resultView: S["ResultView"] = {
  evaluation,
  result: results[0] as S["CaseResult"],
  story: [
    {
      who: "the customer",
      did: "I want a refund because it is too small.",
      told: [
        { by: "resolution", text: "Which order do you mean?", sources: ["returns-and-refunds"] },
      ],
      steps: [{ kind: "tool", name: "shop__list_orders", detail: '{"email":"a@mail.example"}' }],
      waiting: [
        {
          tool: "shop__refund_order",
          args: { order_number: "NF-1000040", amount_cents: 34900 },
          role: "reviewer",
          why: "refunds wait",
        },
      ],
      standing: "Asked",
      reason: "two orders could be meant",
      expected: { outcome: "asked" },
      findings: [{ scorer: "outcome", text: "expected [Asked], was Answered", critical: false }],
    },
  ],
};

export const decidedCase: S["DecidedCase"] = {
  id: id(850),
  approval_id: id(30),
  ticket_id: id(100),
  decided: "rejected",
  tool: "shop__refund_order",
  case: {
    name: "shop__refund_order rejected on #40 (00001e)",
    tags: ["decided", "rejected"],
    why: "It was paid back before.",
    from: { email: "person1@mail.example" },
    at: at(30),
    reads: [],
    turns: [
      {
        says: "Please refund NF-10482.",
        expects: {
          avoids: [{ tool: "shop__refund_order", args: { order_number: "NF-10482" } }],
        },
      },
    ],
  },
  made_by: { kind: "user", user_id: id(1), name: "Robin Vermeer" },
  made_at: at(12),
  decided_at: at(20),
};
