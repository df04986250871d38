// Examples of how approvals are worked on: views and their counts, colleagues, an earlier decision.
import { at, id, type S } from "./base";

export const view: S["View"] = {
  id: id(700),
  owner_id: id(1),
  shared: true,
  name: "Money",
  narrowed: { risk: "irreversible", snoozed: false },
  created_at: at(900),
};

export const counts: S["ApprovalCounts"] = {
  waiting: 3,
  mine: 1,
  unassigned: 2,
  snoozed: 0,
  soon: 1,
  views: [{ id: view.id, count: 1 }],
};

export const approvalDesk: S["ApprovalDesk"] = {
  undo_seconds: 6,
  reject_reasons: ["The amount is wrong", "Not covered by our terms"],
  people: [
    { id: id(1), name: "Robin Vermeer", role: "reviewer", answers_for: ["reviewer", "agent"] },
    { id: id(2), name: "Noor Haddad", role: "admin", answers_for: ["admin", "reviewer", "agent"] },
    { id: id(3), name: "Sam Okoye", role: "agent", answers_for: ["agent"] },
  ],
  delegations: [],
};

export const similar: S["SimilarDecision"] = {
  approval_id: id(290),
  title: "Refund 320.00 EUR on order NF-10311",
  status: "rejected",
  words: "The photos show wear, not damage.",
  by: "Noor Haddad",
  decided_at: at(2_880),
  ticket: null,
  likeness: 0.82,
};
