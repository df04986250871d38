// What narrows the queue: in the page's address, in the views that are always there, and in those that people keep.
import type { MessageDescriptor } from "@lingui/core";
import { msg } from "@lingui/core/macro";
import type { ApprovalCounts, Narrowed, QueueOrder, Risk } from "../api/words";
import type { QueueStatus } from "./queries";

/** The page's address. What is not said is what waits and is not snoozed. */
export interface QueueSearch {
  status?: QueueStatus;
  text?: string;
  agent?: string;
  tool?: string;
  risk?: Risk;
  rule?: string;
  intent?: string;
  customer_id?: string;
  assignee?: string;
  snoozed?: boolean;
  soon?: boolean;
  order?: QueueOrder;
}

export const RISKS: readonly Risk[] = ["read", "reversible", "outward", "irreversible"];
export const ORDERS: readonly QueueOrder[] = ["stake", "age"];

/** What the service is asked for. */
export function narrowedOf({ status, ...search }: QueueSearch): Narrowed {
  const pending = status === undefined || status === "pending";
  const narrowed: Narrowed = search;
  if (!pending || narrowed.soon || narrowed.snoozed !== undefined) return narrowed;
  return { ...narrowed, snoozed: false };
}

interface Usual {
  name: MessageDescriptor;
  count: keyof Omit<ApprovalCounts, "views">;
  search: QueueSearch;
}

export const USUAL: readonly Usual[] = [
  { name: msg`Waiting`, count: "waiting", search: {} },
  { name: msg`Mine`, count: "mine", search: { assignee: "me" } },
  { name: msg`Unassigned`, count: "unassigned", search: { assignee: "nobody" } },
  { name: msg`Due soon`, count: "soon", search: { soon: true } },
  { name: msg`Snoozed`, count: "snoozed", search: { snoozed: true } },
];

const KEYS = [
  "status",
  "text",
  "agent",
  "tool",
  "risk",
  "rule",
  "intent",
  "customer_id",
  "assignee",
  "snoozed",
  "soon",
  "order",
] as const;

/** Whether two addresses ask for the same, whatever order they come in. */
export function same(a: QueueSearch, b: QueueSearch): boolean {
  return KEYS.every((key) => (a[key] ?? undefined) === (b[key] ?? undefined));
}

/** The address of a kept view. */
export function searchOf(narrowed: Narrowed): QueueSearch {
  const search: QueueSearch = Object.fromEntries(
    Object.entries(narrowed).filter(([, value]) => value !== null && value !== undefined),
  );
  if (search.snoozed === false) delete search.snoozed;
  return search;
}

/** What narrows it besides the view that it began with, as people would say it. */
export function chosen(search: QueueSearch): number {
  const { order: _, ...rest } = search;
  return Object.values(rest).filter((value) => value !== undefined).length;
}
