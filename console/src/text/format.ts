// How times, amounts and names read to people. Pure functions; `now` is always handed in.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `just now`, `4 min`, `3 h`, `2 d`: how long something has lasted. Never negative. */
export function duration(ms: number): string {
  if (ms < MINUTE) return ms < 5 * SECOND ? "just now" : `${Math.floor(ms / SECOND)} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return `${Math.floor(ms / DAY)} d`;
}

/** `4 min ago`; `just now` stays as it is. */
export function ago(at: string, now: number): string {
  const text = duration(Math.max(0, now - Date.parse(at)));
  return text === "just now" ? text : `${text} ago`;
}

/** How long something has waited: `4 min`, and `a moment` under five seconds. */
export function waited(since: string, now: number): string {
  const text = duration(Math.max(0, now - Date.parse(since)));
  return text === "just now" ? "a moment" : text;
}

/** `in 3 h`, or `expired`. */
export function remaining(until: string, now: number): string {
  const left = Date.parse(until) - now;
  if (left <= 0) return "expired";
  return left < MINUTE ? "in under 1 min" : `in ${duration(left)}`;
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
  if (ms < SECOND) return `${Math.round(ms)} ms`;
  if (ms < MINUTE) return `${(ms / SECOND).toFixed(1)} s`;
  return duration(ms);
}

/** A full date and time in the reader's locale, for titles and details. */
export function fullTime(at: string): string {
  return new Date(at).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** The time of day, for conversations. */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit" });
}

/** Millionths of a credit as credits: `0.0125 credits`; `free` for nothing. */
export function credits(micros: number): string {
  if (micros === 0) return "free";
  const value = micros / 1_000_000;
  const digits = value >= 100 ? 0 : value >= 1 ? 2 : 4;
  return value < 0.0001
    ? "< 0.0001 credits"
    : `${Number(value.toFixed(digits)).toString()} credits`;
}

/** A share from 0 to 1 as `87 %`. */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return "0 %";
  return `${Math.round(Math.min(1, Math.max(0, share)) * 100)} %`;
}

/** `waiting_for_staff` and `shop__refund_order` as words: `Waiting for staff`, `Refund order`. */
export function words(name: string): string {
  const own = name.includes("__") ? name.slice(name.lastIndexOf("__") + 2) : name;
  const spaced = own.replaceAll(/[_-]+/g, " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** A remark of the service as a sentence: tools by their words, a capital letter first. */
export function sentence(text: string): string {
  const named = text.replaceAll(/\b[a-z0-9]+__[a-z0-9_]+\b/g, (name) => words(name).toLowerCase());
  return upperFirst(named);
}

export function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `1 ticket`, `3 tickets`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}

/** A value of an argument or field as one line of text. */
export function plain(value: unknown): string {
  if (value === null || value === undefined || value === "") return "nothing";
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "number" ? String(value) : JSON.stringify(value);
}

/** The first letters of a name, for an avatar. */
export function initials(name: string): string {
  const parts = name.trim().split(/\s+/).filter(Boolean);
  const first = parts[0]?.[0] ?? "?";
  const last = parts.length > 1 ? (parts.at(-1)?.[0] ?? "") : "";
  return (first + last).toUpperCase();
}
