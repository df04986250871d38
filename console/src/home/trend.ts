// What the charts of Home draw, and their numbers in words.
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import type { S } from "../api/words";
import { credits, duration } from "../text/format";
import { countedDay } from "../text/times";

export type Day = S["DeskDay"];
export type Trend = "resolved" | "spent";

export interface Series {
  key: string;
  name: MessageDescriptor;
  of: (day: Day) => number;
}

/** From the ground up. */
export const SERIES: Record<Trend, readonly Series[]> = {
  resolved: [
    { key: "confirmed", name: msg`Confirmed`, of: (day) => day.resolved.confirmed },
    { key: "assumed", name: msg`Assumed`, of: (day) => day.resolved.assumed },
    { key: "unhelpful", name: msg`Unhelpful`, of: (day) => day.resolved.unhelpful },
    { key: "reopened", name: msg`Reopened`, of: (day) => day.resolved.reopened },
  ],
  spent: [{ key: "spent", name: msg`Spent`, of: (day) => day.spent }],
};

/** A day of a chart: its parts one on the other. */
export interface Bar {
  at: string;
  parts: { key: string; from: number; to: number }[];
  total: number;
}

export function barsOf(days: readonly Day[], trend: Trend): Bar[] {
  return days.map((day) => {
    let total = 0;
    const parts = SERIES[trend].map(({ key, of }) => {
      const from = total;
      total += of(day);
      return { key, from, to: total };
    });
    return { at: day.starts_at, parts: parts.filter(({ from, to }) => to > from), total };
  });
}

export function amount(trend: Trend, value: number): string {
  if (trend === "resolved") return `${value}`;
  return value === 0 ? "0" : credits(value);
}

/** What a chart shows, for those who do not see it. */
export function summary(days: readonly Day[], trend: Trend): string {
  const parts = SERIES[trend].map(({ name, of }) => {
    const all = days.reduce((sum, day) => sum + of(day), 0);
    return `${amount(trend, all)} ${t(name).toLowerCase()}`;
  });
  const highest = barsOf(days, trend).reduce<Bar | undefined>(
    (most, bar) => (bar.total > (most?.total ?? 0) ? bar : most),
    undefined,
  );
  const most = highest
    ? t`; most on ${countedDay(highest.at)}: ${amount(trend, highest.total)}`
    : "";
  return `${plural(days.length, { one: "# day", other: "# days" })}: ${parts.join(", ")}${most}`;
}

/** Minutes as people say them: `3 h 20 min`, from two days of eight hours on `21 h`. */
export function saved(minutes: number): string {
  if (minutes < 60) return t`${minutes} min`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return hours >= 16 || rest === 0 ? `${hours} h` : t`${hours} h ${rest} min`;
}

/** `for 3 h`, where something waits. */
export function longest(waiting: S["DeskCount"], now: number): string | undefined {
  if (waiting.n === 0 || !waiting.oldest) return undefined;
  return t`longest for ${duration(Math.max(0, now - new Date(waiting.oldest).getTime()))}`;
}
