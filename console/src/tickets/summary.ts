// A long ticket in short, out of its own words: what was asked, what was done, where it stands. No model writes
// it, so that it is there offline as well and says nothing that the timeline does not.
import type { Event, Message } from "../api/words";
import { tags } from "../text/language";

/** Messages from which on a ticket is long. */
export const LONG = 8;
const SENTENCES = 2;
const LONGEST = 280;
/** Of what was done, the latest. */
const DEEDS = 5;

export interface Summary {
  /** The customer's first words. */
  asked: string;
  /** And their latest, where those are others. */
  latest?: string;
  /** What tools did, oldest first. */
  done: string[];
  /** What the last run of an agent says of itself. */
  agent?: string;
  /** Proposals that nobody has decided. */
  waits: string[];
}

/** The first sentences of a text, cut between words where even they are long. */
export function opening(text: string): string {
  const clean = text.replaceAll(/\s+/g, " ").trim();
  const sentences = [...new Intl.Segmenter(tags(), { granularity: "sentence" }).segment(clean)];
  const said = sentences
    .slice(0, SENTENCES)
    .map(({ segment }) => segment)
    .join("")
    .trim();
  if (said.length <= LONGEST) return said.length < clean.length ? `${said} …` : said;
  const cut = said.slice(0, LONGEST);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), LONGEST / 2))} …`;
}

/** Nothing for a ticket that is read as fast as its summary. */
export function summaryOf(events: Event[]): Summary | undefined {
  const messages: Message[] = [];
  const done: string[] = [];
  const waits = new Map<string, string>();
  let agent: string | undefined;
  for (const { body } of events) {
    if (body.type === "message_added") messages.push(body.message);
    if (body.type === "effect_settled" && body.status === "succeeded" && body.summary) {
      done.push(body.summary);
    }
    if (body.type === "run_ended" && body.summary) agent = body.summary;
    if (body.type === "approval_requested") waits.set(body.approval_id, body.title);
    if (body.type === "approval_decided") waits.delete(body.approval_id);
  }
  const customer = messages.filter(({ author }) => author.kind === "customer");
  const [first] = customer;
  const last = customer.at(-1);
  if (messages.length < LONG || !first) return undefined;
  return {
    asked: opening(first.body),
    latest: last && last !== first ? opening(last.body) : undefined,
    done: [...new Set(done)].slice(-DEEDS),
    agent: agent && opening(agent),
    waits: [...waits.values()],
  };
}
