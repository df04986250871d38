// The conversations that this browser holds: which one is open, and those before it. A token opens
// its own conversation and nothing else, and only until it runs out.
import { kept } from "../parts/store";

export interface Held {
  id: string;
  token: string;
  /** When the token runs out. */
  until?: string;
}

/** A conversation as it is listed to whoever had it. */
export interface Had extends Held {
  number: number;
  /** Its first words. */
  subject: string;
  startedAt: string;
}

/** Conversations that are remembered. */
const MOST = 50;
const SUBJECT = 120;

const isHeld = (value: unknown): value is Held =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Held).id === "string" &&
  typeof (value as Held).token === "string";

const isHad = (value: unknown): value is Had =>
  isHeld(value) &&
  typeof (value as Had).number === "number" &&
  typeof (value as Had).subject === "string" &&
  typeof (value as Had).startedAt === "string";

export const lasts = (one: Held, now: number): boolean =>
  one.until === undefined || Date.parse(one.until) > now;

/** The conversation this tab is in, if any. */
export const held = kept<Held | null>(
  "countersign.conversation",
  null,
  (value): value is Held | null => value === null || (isHeld(value) && lasts(value, Date.now())),
  { ofTab: true },
);

/** All that it may still open, newest first. */
export const had = kept<Had[]>(
  "countersign.conversations",
  [],
  (value): value is Had[] => Array.isArray(value) && value.every(isHad),
);

interface Started {
  conversation_id: string;
  token: string;
  token_expires_at: string;
  ticket_number: number;
}

/** The list with one more, without what has run out. */
export function withStarted(list: Had[], started: Started, words: string, now: number): Had[] {
  const one: Had = {
    id: started.conversation_id,
    token: started.token,
    until: started.token_expires_at,
    number: started.ticket_number,
    subject: (words.trim().split("\n")[0] ?? "").slice(0, SUBJECT),
    startedAt: new Date(now).toISOString(),
  };
  return [one, ...list.filter((each) => each.id !== one.id && lasts(each, now))].slice(0, MOST);
}

/** Keeps a conversation that was just started and goes into it. */
export function keep(started: Started, words: string): void {
  had.set(withStarted(had.get(), started, words, Date.now()));
  held.set({
    id: started.conversation_id,
    token: started.token,
    until: started.token_expires_at,
  });
}

/** Forgets a conversation that its token no longer opens. */
export function forget(id: string): void {
  if (had.get().some((each) => each.id === id)) {
    had.set(had.get().filter((each) => each.id !== id));
  }
  if (held.get()?.id === id) held.set(null);
}
