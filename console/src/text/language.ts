// The one place that knows in which language, and with whose dates and numbers, the page speaks.

/** The language the strings in the code are written in. */
export const SOURCE = "en";

let current = SOURCE;
let spoken: readonly string[] = regional(SOURCE);

/** The language with the regions the reader's browser prefers of it: British dates for a Briton. */
function regional(language: string): readonly string[] {
  const preferred = typeof navigator === "undefined" ? [] : (navigator.languages ?? []);
  const own = preferred.filter((each) => each.split("-")[0] === language.split("-")[0]);
  return [...own, language];
}

/** The language that is spoken now. */
export const language = (): string => current;

/** What `Intl` is asked with, best first. */
export const tags = (): string[] => [...spoken];

/** From here on dates, numbers and lists read as in `language`. */
export function formatIn(language: string): void {
  current = language;
  spoken = regional(language);
}

/** The same, and the document says so: for pages that are ours. */
export function speak(language: string): void {
  formatIn(language);
  document.documentElement.lang = language;
  document.documentElement.dir = directionOf(language);
}

function directionOf(language: string): "ltr" | "rtl" {
  const script = new Intl.Locale(language).maximize().script ?? "Latn";
  return ["Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm"].includes(script) ? "rtl" : "ltr";
}

/** A language by its name, and its code where the browser knows no name. */
export function languageOf(locale: string): string {
  try {
    return new Intl.DisplayNames(tags(), { type: "language" }).of(locale) ?? locale;
  } catch {
    return locale;
  }
}
