// Dates and times between what a tool takes, RFC 3339, and what a browser's controls hold, which is local and has no
// zone.

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const MOMENT = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/;
const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?$/;

const two = (value: number) => String(value).padStart(2, "0");

/** Whether a text is a day of the calendar: `2026-02-28`, and not the 30th. */
export function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text);
}

export function isMoment(text: string): boolean {
  return MOMENT.test(text) && !Number.isNaN(Date.parse(text));
}

/** The moment as the reader's clock shows it, for `datetime-local`: `2026-11-23T09:30`, with seconds where it has any. */
export function localOf(moment: string): string {
  const at = new Date(moment);
  const date = `${String(at.getFullYear()).padStart(4, "0")}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const seconds = at.getSeconds() === 0 ? "" : `:${two(at.getSeconds())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}${seconds}`;
}

/** The moment that the reader's clock shows so, in UTC: `2026-11-23T08:30:00Z`; nothing for what is no such time. */
export function momentOf(local: string): string | undefined {
  if (!LOCAL.test(local)) return undefined;
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? undefined : at.toISOString().replace(".000Z", "Z");
}
