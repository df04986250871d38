// Live changes to the queue that leave the reader where they are: rows change in place, what is new is
// counted until they ask for it, and what they decided themselves leaves.
import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { Approval, ApprovalStatus, EventBody, S } from "../api/words";

type Pages = InfiniteData<S["PageOfApprovalItem"], string | undefined>;

let fresh: ReadonlySet<string> = new Set();
let own: ReadonlySet<string> = new Set();
const listeners = new Set<() => void>();

function publish(): void {
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The approvals that were asked for since the list was read, or while it was on its way. */
export const useFresh = (): ReadonlySet<string> => useSyncExternalStore(subscribe, () => fresh);

/** What this person decided, which the list lets go of. */
export const useOwn = (): ReadonlySet<string> => useSyncExternalStore(subscribe, () => own);

/** The list is read anew. */
export function caughtUp(): void {
  fresh = new Set();
  own = new Set();
  publish();
}

export function decidedHere(id: string, yes = true): void {
  const next = new Set(own);
  if (yes) next.add(id);
  else next.delete(id);
  own = next;
  publish();
}

/** Changes an approval wherever a list holds it; false when none does. */
export function patch(client: QueryClient, id: string, change: Partial<Approval>): boolean {
  let found = false;
  client.setQueriesData<Pages>({ queryKey: ["approvals", "list"] }, (data) => {
    if (!data?.pages.some((page) => page.items.some((item) => item.approval.id === id))) {
      return data;
    }
    found = true;
    return {
      ...data,
      pages: data.pages.map((page) => ({
        ...page,
        items: page.items.map((item) =>
          item.approval.id === id ? { ...item, approval: { ...item.approval, ...change } } : item,
        ),
      })),
    };
  });
  return found;
}

function appeared(client: QueryClient, id: string): void {
  if (patch(client, id, { status: "pending", undo_until: null, decided_at: null })) return;
  const next = new Set(fresh);
  next.add(id);
  fresh = next;
  publish();
}

function settled(client: QueryClient, id: string, status: ApprovalStatus): void {
  patch(client, id, { status });
  if (!fresh.has(id)) return;
  const next = new Set(fresh);
  next.delete(id);
  fresh = next;
  publish();
}

/** A list that is on its way may have been read before the event: it is asked for again. */
function askAgain(client: QueryClient): void {
  void client.invalidateQueries({
    queryKey: ["approvals", "list"],
    predicate: ({ state }) => state.data === undefined && state.fetchStatus === "fetching",
  });
}

/** Takes an event about an approval into the lists. */
export function hear(client: QueryClient, body: EventBody): void {
  if (body.type.startsWith("approval_")) askAgain(client);
  switch (body.type) {
    case "approval_requested":
    case "approval_reopened":
      appeared(client, body.approval_id);
      break;
    case "approval_decided":
      settled(client, body.approval_id, body.status as ApprovalStatus);
      break;
    case "approval_assigned":
      patch(client, body.approval_id, { assignee: body.to });
      break;
    case "approval_snoozed":
      patch(client, body.approval_id, { snoozed_until: body.until });
      break;
    case "approval_passed_on":
      patch(client, body.approval_id, { role: body.role });
      break;
  }
}

/** The same for one that belongs to no ticket. */
export function hearOf(client: QueryClient, id: string, status: ApprovalStatus): void {
  askAgain(client);
  if (status === "pending") appeared(client, id);
  else settled(client, id, status);
}
