// What was between a customer and us, over all of their tickets: of each timeline what says how it went.
import type { Event, Ticket, TicketStatus } from "../api/words";
import { monthName } from "../text/times";
import { type Line, lineOf } from "../tickets/timeline";

export interface Entry {
  id: string;
  at: string;
  ticket: Ticket;
  line: Line;
}

const OVER: readonly TicketStatus[] = ["resolved", "closed"];

/** Opened, handed to a person, done to the outside world, resolved, opened again, rated. */
function tells(body: Event["body"], before: TicketStatus): boolean {
  switch (body.type) {
    case "created":
    case "escalated":
    case "effect_settled":
    case "answer_rated":
      return true;
    case "status_changed":
      return OVER.includes(body.status) !== OVER.includes(before);
    default:
      return false;
  }
}

export function entriesOf(ticket: Ticket, events: readonly Event[]): Entry[] {
  let status: TicketStatus = "open";
  return events.flatMap(({ id, at, actor, body }) => {
    const told = tells(body, status);
    if (body.type === "status_changed") status = body.status;
    const line = told ? lineOf(body, actor) : undefined;
    return line ? [{ id, at, ticket, line }] : [];
  });
}

/** By month, the latest first. */
export function byMonth(entries: readonly Entry[]): { month: string; entries: Entry[] }[] {
  const sorted = [...entries].sort((a, b) => b.at.localeCompare(a.at));
  const months: { month: string; entries: Entry[] }[] = [];
  for (const entry of sorted) {
    const month = monthName(entry.at);
    const last = months.at(-1);
    if (last?.month === month) last.entries.push(entry);
    else months.push({ month, entries: [entry] });
  }
  return months;
}
