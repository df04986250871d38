// What a customer's tickets say when they are looked at together.
import { plural, t } from "@lingui/core/macro";
import type { Ticket } from "../api/words";
import { monthName } from "../text/times";

const OVER: readonly Ticket["status"][] = ["resolved", "closed"];
/** How many are open, of how many. */
export function opensOf(tickets: readonly Ticket[]): string {
  const open = tickets.filter((ticket) => !OVER.includes(ticket.status)).length;
  const all = plural(tickets.length, { one: "# ticket", other: "# tickets" });
  return open === 0 ? t`${all}, none open` : t`${all}, ${open} open`;
}

/** By the month in which each was opened, the latest first. */
export function monthOf(tickets: readonly Ticket[]): { month: string; tickets: Ticket[] }[] {
  const sorted = [...tickets].sort((a, b) => b.created_at.localeCompare(a.created_at));
  const months: { month: string; tickets: Ticket[] }[] = [];
  for (const ticket of sorted) {
    const month = monthName(ticket.created_at);
    const last = months.at(-1);
    if (last?.month === month) last.tickets.push(ticket);
    else months.push({ month, tickets: [ticket] });
  }
  return months;
}
