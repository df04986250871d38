// A policy, its versions, and what a check and a dry run say of it.
import { at, digest, id, type S, user } from "./base";

export const POLICY = `[default]
role = "reviewer"
quorum = 1
ttl_minutes = 1440

[[rule]]
name = "undoable"
when = 'risk == "reversible"'
then = "run"

[[rule]]
name = "large_amount"
when = 'amount > 50000'
then = "ask"
why = "amounts above 500.00 need an admin"
ask = { role = "admin", quorum = 1, ttl_minutes = 1440 }
`;

const person: S["Actor"] = { kind: "user", user_id: user.id, name: user.name };

export const policyOf = (
  version: number,
  over: Partial<S["PolicyView"]> = {},
): S["PolicyView"] => ({
  version,
  digest: digest(version),
  text: POLICY,
  note: version === 0 ? null : "Large refunds need an admin",
  created_by: version === 0 ? null : person,
  created_at: version === 0 ? null : at(90),
  problem: null,
  ...over,
});

export const policyVersions: S["PolicyVersion"][] = [2, 1].map((version) => ({
  version,
  digest: digest(version),
  note: version === 2 ? "Large refunds need an admin" : "The first of our own",
  created_by: person,
  created_at: at(90 * (3 - version)),
}));

export const report = (...findings: S["PolicyFinding"][]): S["PolicyReport"] => ({
  findings,
  rules: 2,
  calls: 164,
  of: 164,
});

export const dangerous: S["PolicyFinding"] = {
  level: "warning",
  flaw: "dangerous",
  rule: "large_amount",
  text: "it lets `shop__refund_order` and what is like it run whatever the amount; bound it, as in `amount <= 5000`",
};

export const dryRun: S["PolicyDryRun"] = {
  calls: 40,
  changes: 1,
  unknown: 1,
  items: [
    {
      written: { kind: "approval", id: id(200) },
      run_id: id(40),
      ticket_id: id(100),
      at: at(30),
      tool: "shop__refund_order",
      title: "Refund 349.00 EUR on order NF-10482",
      was: "ask reviewer",
      was_by: "money_or_final",
      would_be: "refuse",
      would_be_by: "large_amount",
      why: "amounts above 100.00 are not refunded by agents",
      changes: true,
    },
    {
      written: { kind: "effect", id: id(500) },
      run_id: id(40),
      ticket_id: id(100),
      at: at(50),
      tool: "reply_to_customer",
      title: "Replied to the customer",
      was: "run",
      was_by: null,
      would_be: "unknown",
      would_be_by: "sure_reply",
      why: "the rule `sure_reply`: nobody kept `band` of the call",
      changes: false,
    },
  ],
};

const account: S["ReplayAccount"] = {
  ends: "answered",
  resolved: true,
  words: "We have refunded 129.00 EUR.",
  told: ["We have refunded 129.00 EUR for your order NF-20000."],
  calls: [
    { tool: "shop__refund_order", title: "Refund 129.00 EUR", said: "ask reviewer", came: "ok" },
  ],
  approvals: 1,
  cost_micros: 1200,
  steps: 8,
  model_calls: 3,
};

/** A replay that is over, or under way. */
export const replay = (state: S["ReplayState"] = "done"): S["ReplayJob"] => ({
  id: id(900),
  state,
  done: state === "running" ? 12 : 40,
  of: 40,
  begun_at: at(1),
  begun_by: { kind: "user", user_id: id(1), name: "Priya Raman" },
  findings:
    state === "running"
      ? null
      : {
          totals: {
            runs: 40,
            same: 38,
            changed: 0,
            gained: 0,
            lost: 1,
            unknown: 1,
            outcomes: 1,
            messages: 1,
            calls: 1,
            approvals_were: 9,
            approvals_would_be: 8,
            cost_was_micros: 48_000,
            cost_would_be_micros: 47_000,
            questions: 1,
            tickets_affected: 1,
          },
          rows: [
            {
              run_id: id(41),
              agent: "resolution",
              at: at(30),
              ticket_id: id(101),
              ticket_number: 102,
              subject: "A question",
              customer: "Tomas Berg",
              class: "unknown",
              why: ["the agent would look something up that nobody looked up then: Look up order"],
              parts_at: 4,
              was: account,
              would_be: { ...account, ends: "unknown", told: [], calls: [] },
            },
            {
              run_id: id(40),
              agent: "resolution",
              at: at(40),
              ticket_id: id(100),
              ticket_number: 101,
              subject: "Refund",
              customer: "Mira Halloran",
              class: "lost",
              why: [
                "a person approved it, and it would not be done: Refund 129.00 EUR",
                "it was answered and would be handed_off",
              ],
              parts_at: 5,
              was: account,
              would_be: {
                ...account,
                ends: "handed_off",
                resolved: false,
                told: ["A colleague will look at this."],
                calls: [
                  {
                    tool: "shop__refund_order",
                    title: "Refund 129.00 EUR",
                    said: "refuse",
                    came: "refused",
                  },
                ],
                approvals: 0,
              },
            },
          ],
        },
  error: null,
});
