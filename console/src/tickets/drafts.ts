// What somebody has written on a ticket and not sent: it waits for them while they look at others, in this page's
// memory alone, and for nobody else who signs in after them.
import { useCallback, useSyncExternalStore } from "react";
import { idempotencyKey } from "../api/key";
import type { Visibility } from "../api/words";

type Change = Partial<Omit<Draft, "key">>;

export interface Draft {
  body: string;
  visibility: Visibility;
  /** Colleagues whom it names, of those who share a name. */
  picked: ReadonlySet<string>;
  /** What it is sent under: however often that is tried, it is said once. Another text has another. */
  key: string;
}

const drafts = new Map<string, Draft>();
const listeners = new Set<() => void>();

const place = (userId: string | undefined, ticketId: string) => `${userId ?? ""} ${ticketId}`;

function keep(at: string, draft: Draft): void {
  drafts.set(at, draft);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const begun = (visibility: Visibility): Draft => ({
  body: "",
  visibility,
  picked: new Set(),
  key: idempotencyKey(),
});

/** The draft of a person on a ticket; `visibility` is what one begins with. */
export function useDraft(
  userId: string | undefined,
  ticketId: string,
  visibility: Visibility,
): {
  draft: Draft;
  change: (change: Change) => void;
  /** This text was sent; what was written since stays. */
  sent: (body: string) => void;
} {
  const at = place(userId, ticketId);
  const draft = useSyncExternalStore(subscribe, () => {
    const there = drafts.get(at) ?? begun(visibility);
    drafts.set(at, there);
    return there;
  });
  const change = useCallback(
    (next: Change) => {
      keep(at, { ...(drafts.get(at) ?? begun(visibility)), ...next, key: idempotencyKey() });
    },
    [at, visibility],
  );
  const sent = useCallback(
    (body: string) => {
      const now = drafts.get(at);
      if (now?.body.trim() === body) keep(at, begun(now.visibility));
    },
    [at],
  );
  return { draft, change, sent };
}
