// How points in time read: by the browser's own formatting, in the language that is spoken.
import { tags } from "./language";

/** A full date and time in the reader's locale, for titles and details. */
export function fullTime(at: string): string {
  return new Date(at).toLocaleString(tags(), { dateStyle: "medium", timeStyle: "short" });
}

/** The time of day, for conversations. */
export function clockTime(at: string): string {
  return new Date(at).toLocaleTimeString(tags(), { hour: "2-digit", minute: "2-digit" });
}

/** The day alone, for what is long ago. */
export function dayName(at: string): string {
  return new Date(at).toLocaleDateString(tags(), { dateStyle: "medium" });
}
