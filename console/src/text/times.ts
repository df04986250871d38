// How points in time read: by the browser's own formatting, in the language that is spoken.
import { tags } from "./language";

/** Times in one format. Making a format takes longer than using it hundreds of times, so it is kept. */
function timesAs(options: Intl.DateTimeFormatOptions): (at: string) => string {
  let spoken = "";
  let format: Intl.DateTimeFormat | undefined;
  return (at) => {
    const now = tags();
    if (!format || spoken !== now.join()) {
      spoken = now.join();
      format = new Intl.DateTimeFormat(now, options);
    }
    const date = new Date(at);
    return Number.isNaN(date.valueOf()) ? at : format.format(date);
  };
}

/** A full date and time in the reader's locale, for titles and details. */
export const fullTime = timesAs({ dateStyle: "medium", timeStyle: "short" });

/** The time of day, for conversations. */
export const clockTime = timesAs({ hour: "2-digit", minute: "2-digit" });

/** The day alone, for what is long ago. */
export const dayName = timesAs({ dateStyle: "medium" });

/** The day with its weekday, above what happened on it. */
export const weekdayName = timesAs({ dateStyle: "full" });

/** A day near today, where there is little room. */
export const shortDay = timesAs({ day: "numeric", month: "short" });

/** The same of a day or a week that was counted, which begins at midnight UTC for everybody. */
export const countedDay = timesAs({ day: "numeric", month: "short", timeZone: "UTC" });

/** The month, above what happened in it. */
export const monthName = timesAs({ month: "long", year: "numeric", timeZone: "UTC" });
