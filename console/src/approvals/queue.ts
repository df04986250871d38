// What the queue shares with the approval that is open beside it.
import { createContext, useContext } from "react";
import type { Approval, ApprovalItem } from "../api/words";

/** An approval of the queue with enough of its ticket to recognise it. */
export type Queued = Approval & Pick<ApprovalItem, "ticket" | "stake_cents">;

const KNOWN = new WeakMap<ApprovalItem, Queued>();

/** The same for the same item, so that rows that did not change are not drawn again. */
export function queued(item: ApprovalItem): Queued {
  let known = KNOWN.get(item);
  if (!known) {
    known = { ...item.approval, ticket: item.ticket, stake_cents: item.stake_cents };
    KNOWN.set(item, known);
  }
  return known;
}

export interface Queue {
  items: Queued[];
  /** Opens what comes after `id`, or what is left; nothing, when `id` is not open any more. */
  openAfter: (id: string) => void;
  open: (id: string) => void;
}

export const QueueContext = createContext<Queue>({
  items: [],
  openAfter: () => {},
  open: () => {},
});

export const useQueue = (): Queue => useContext(QueueContext);

/** The neighbour to go to when `id` is done with: the next one, else the one before. */
export function neighbour(items: { id: string }[], id: string): string | undefined {
  const at = items.findIndex((item) => item.id === id);
  if (at < 0) return items[0]?.id;
  return (items[at + 1] ?? items[at - 1])?.id;
}

/** The id `by` places from `id`, stopping at the ends; from nothing, the first. */
export function moved(items: { id: string }[], id: string | undefined, by: 1 | -1) {
  const at = items.findIndex((item) => item.id === id);
  if (at < 0) return items[0]?.id;
  return items[Math.min(items.length - 1, Math.max(0, at + by))]?.id;
}
