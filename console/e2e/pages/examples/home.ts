// The desk at a glance.
import { at, minute, type S } from "./base";

const DAY = 24 * 60 * minute;

const dayOf = (ago: number): S["DeskDay"] => ({
  starts_at: new Date(Math.floor(Date.now() / DAY) * DAY - ago * DAY).toISOString(),
  opened: 20 + (ago % 7) * 3,
  resolved: {
    confirmed: 4 + (ago % 3),
    assumed: 9 + (ago % 5),
    unhelpful: ago % 3,
    reopened: ago % 4,
  },
  spent: 120_000 + (ago % 6) * 45_000,
});

/** A desk with figures for each of these days, the oldest first. */
export function deskOf(days: S["DeskDay"][], over: Partial<S["DeskView"]> = {}): S["DeskView"] {
  const sum = (of: (day: S["DeskDay"]) => number) => days.reduce((all, day) => all + of(day), 0);
  const confirmed = sum((day) => day.resolved.confirmed);
  const assumed = sum((day) => day.resolved.assumed);
  return {
    at: at(0),
    open: { n: 12, oldest: at(300) },
    waiting_for_staff: { n: 3, oldest: at(95) },
    waiting_for_customer: { n: 8, oldest: at(2000) },
    approvals: { n: 4, oldest: at(41) },
    runs: { n: 2, oldest: at(1) },
    breakers_open: 0,
    today: days.at(-1)?.resolved ?? { confirmed: 0, assumed: 0, unhelpful: 0, reopened: 0 },
    resolved: {
      confirmed,
      assumed,
      unhelpful: sum((day) => day.resolved.unhelpful),
      reopened: sum((day) => day.resolved.reopened),
    },
    time_saved: { minutes: (confirmed + assumed) * 8, minutes_per_ticket: 8 },
    spent: {
      today: days.at(-1)?.spent ?? 0,
      most_a_day: 10_000_000,
      month: sum((day) => day.spent),
      most_a_month: null,
    },
    days,
    ...over,
  };
}

export const desk = deskOf(Array.from({ length: 30 }, (_, index) => dayOf(29 - index)));

/** Nobody has written yet. */
export const newDesk = deskOf(
  desk.days.map((day) => ({
    ...day,
    opened: 0,
    resolved: { confirmed: 0, assumed: 0, unhelpful: 0, reopened: 0 },
    spent: 0,
  })),
  {
    open: { n: 0, oldest: null },
    waiting_for_staff: { n: 0, oldest: null },
    waiting_for_customer: { n: 0, oldest: null },
    approvals: { n: 0, oldest: null },
    runs: { n: 0, oldest: null },
  },
);
