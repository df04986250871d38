// What the addresses of pages may say. People type them and keep them, so that nothing in one is taken as it is.
import type {
  ApprovalStatus,
  Channel,
  GapStatus,
  Layer,
  OutcomeKind,
  Priority,
  RunStatus,
  TicketStatus,
  Visibility,
} from "../api/words";

export type Raw = Record<string, unknown>;

/** One of `allowed`, or nothing: addresses are typed by people. */
export function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === value);
}

export function textOf(value: unknown, most = 200): string | undefined {
  // The router reads `?q=123` as a number.
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" ? text.slice(0, most) : undefined;
}

/** A whole number from 1 to `most`. */
export function wholeOf(value: unknown, most = 1_000_000): number | undefined {
  const number = Number(value);
  return Number.isInteger(number) && number >= 1 && number <= most ? number : undefined;
}

export const APPROVALS: readonly (ApprovalStatus | "all")[] = [
  "pending",
  "approved",
  "edited",
  "rejected",
  "responded",
  "escalated",
  "expired",
  "superseded",
  "all",
];
export const TICKETS: readonly TicketStatus[] = [
  "open",
  "waiting_for_staff",
  "waiting_for_customer",
  "resolved",
  "closed",
];
export const CHANNELS: readonly Channel[] = ["chat", "email", "api"];
export const PRIORITIES: readonly Priority[] = ["low", "normal", "high", "urgent"];
export const RUNS: readonly RunStatus[] = [
  "queued",
  "running",
  "waiting",
  "done",
  "dead",
  "quarantined",
];

export const OUTCOMES: readonly OutcomeKind[] = [
  "answered",
  "asked",
  "handed_off",
  "done",
  "nothing",
];

export const LAYERS: readonly Layer[] = ["company", "customer"];
export const VISIBILITIES: readonly Visibility[] = ["public", "internal"];
export type Scope = "public" | "internal" | "library";
export const SCOPES: readonly Scope[] = ["public", "internal", "library"];
export type DocumentTab = "text" | "changes" | "uses";
export const DOCUMENT_TABS: readonly DocumentTab[] = ["text", "changes", "uses"];
export const GAPS: readonly GapStatus[] = ["open", "drafted", "dismissed"];
