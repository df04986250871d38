// How times, amounts and names read to people. Pure functions; `now` is always handed in.
import { t } from "@lingui/core/macro";
import { language, tags } from "./language";

export { initials, lowerFirst, sentence, upperFirst, words } from "./names";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** What is shorter has no length that anybody would name. */
const JUST = 5 * SECOND;

/** `just now`, `4 min`, `3 h`, `2 d`: how long something has lasted. Never negative. */
export function duration(ms: number): string {
  if (ms < JUST) return t`just now`;
  if (ms < MINUTE) return t`${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return t`${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return t`${Math.floor(ms / HOUR)} h`;
  return t`${Math.floor(ms / DAY)} d`;
}

/** `4 min ago`; `just now` stays as it is. */
export function ago(at: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(at));
  return ms < JUST ? duration(ms) : t`${duration(ms)} ago`;
}

/** How long something has waited: `4 min`, and `a moment` under five seconds. */
export function waited(since: string, now: number): string {
  const ms = Math.max(0, now - Date.parse(since));
  return ms < JUST ? t`a moment` : duration(ms);
}

/** `in 3 h`, or `expired`. */
export function remaining(until: string, now: number): string {
  const left = Date.parse(until) - now;
  if (left <= 0) return t`expired`;
  return left < MINUTE ? t`in under 1 min` : t`in ${duration(left)}`;
}

export type Urgency = "calm" | "soon" | "now";

/** `now` within ten minutes or past, `soon` within the hour. */
export function urgency(until: string, now: number): Urgency {
  const left = Date.parse(until) - now;
  if (left <= 10 * MINUTE) return "now";
  return left <= HOUR ? "soon" : "calm";
}

/** The time a step took: `12 ms`, `1.4 s`, `3 min`. */
export function took(startedAt: string, finishedAt: string): string {
  const ms = Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt));
  if (ms < SECOND) return t`${Math.round(ms)} ms`;
  if (ms < MINUTE) return t`${tenths(ms / SECOND)} s`;
  return duration(ms);
}

const tenths = (value: number) =>
  value.toLocaleString(tags(), { minimumFractionDigits: 1, maximumFractionDigits: 1 });

const plainNumber = (value: number, digits: number) =>
  value.toLocaleString(tags(), { maximumFractionDigits: digits, useGrouping: false });

/** Names one after the other: `Ann, Ben and Cleo`. */
export function listed(names: readonly string[]): string {
  // The console's own English is British: no comma before the last.
  return new Intl.ListFormat(language() === "en" ? "en-GB" : language()).format(names);
}

/** Millionths of a credit as credits: `0.0125 credits`; `free` for nothing. */
export function credits(micros: number): string {
  if (micros === 0) return t`free`;
  const value = micros / 1_000_000;
  const digits = value >= 100 ? 0 : value >= 1 ? 2 : 4;
  if (value < 0.0001) return t`< 0.0001 credits`;
  return t`${plainNumber(value, digits)} credits`;
}

/** A share from 0 to 1 as `87 %`. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return t`0 %`;
  return t`${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;
}

/** A value of an argument or field as one line of text. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return t`nothing`;
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? t`yes` : t`no`;
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}
