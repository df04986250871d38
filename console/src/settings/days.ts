// Days as date fields have them, in the time zone of whoever looks.

const two = (n: number) => String(n).padStart(2, "0");

/** The day `days` after that of `from`: `2026-01-31`. */
export function dayAfter(from: Date, days: number): string {
  const at = new Date(from.getFullYear(), from.getMonth(), from.getDate() + days);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

/** The last second of a day. */
export function endOf(day: string): Date {
  return new Date(`${day}T23:59:59`);
}
