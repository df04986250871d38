// What is stopped, what could be, and what was done.
import { at, digest, id, type S, user } from "./base";

export const couldBe: S["BreakerOf"][] = [
  { kind: "workspace" },
  { kind: "agent", name: "article" },
  { kind: "agent", name: "resolution" },
  { kind: "integration", name: "shop" },
  { kind: "tool", name: "reply_to_customer" },
  { kind: "tool", name: "shop__refund_order" },
];

export const breaker = (of: S["BreakerOf"], reason: string): S["Breaker"] => ({
  of,
  reason,
  opened_by: { kind: "user", user_id: user.id, name: user.name },
  opened_at: at(4),
});

export const failing = (of: S["BreakerOf"]): S["AutomaticBreaker"] => ({
  of,
  state: "open",
  reason: "failed 5 times in a row",
  last_error: "no answer within 5000 ms",
  opened_at: at(4),
  changed_at: at(1),
  probe_at: at(-1),
  failed_probes: 2,
  passed_probes: 0,
});

const person: S["Actor"] = { kind: "user", user_id: user.id, name: user.name };

const entry = (seq: number, over: Partial<S["AuditEntry"]>): S["AuditEntry"] => ({
  seq,
  at: at(200 - seq),
  actor: person,
  action: "session.opened",
  subject: user.email,
  detail: { role: "admin" },
  previous: digest(seq - 1),
  digest: digest(seq),
  ...over,
});

export const audited: S["AuditEntry"][] = [
  entry(4, {
    action: "approval.decided",
    subject: id(200),
    detail: { decision: "approve", tool: "shop__refund_order", digest: digest(9), role: "admin" },
  }),
  entry(3, {
    action: "breaker.opened",
    subject: "the tool shop__refund_order",
    detail: { of: couldBe[5], reason: "Refunds of the wrong amount" },
  }),
  entry(2, { action: "session.refused", actor: { kind: "system" } }),
  entry(1, {}),
];

const limit = (over: Partial<S["LimitUse"]>): S["LimitUse"] => ({
  scope: { kind: "workspace" },
  unit: "credits",
  window: "day",
  starts_at: at(600),
  ends_at: at(-840),
  used: 0,
  reserved: 0,
  most: null,
  standing: "fine",
  ...over,
});

const resolution: S["Scope"] = { kind: "agent", name: "resolution" };

export const limits: S["LimitUse"][] = [
  limit({ used: 8_250_000, reserved: 120_000, most: 10_000_000, standing: "warning" }),
  limit({ window: "month", used: 41_500_000 }),
  limit({
    scope: { kind: "tool", name: "shop__refund_order" },
    used: 2_000_000,
    most: 2_000_000,
    standing: "exhausted",
  }),
  limit({ scope: resolution, unit: "runs", window: "minute", used: 3, most: 10 }),
  limit({ scope: resolution, unit: "runs", used: 61, most: 100 }),
  limit({ scope: resolution, unit: "emails", used: 12, most: 100 }),
];
