// In which language the console speaks. English stands in the code; every other language is a
// catalogue beside this file, loaded when somebody speaks it. Importing this speaks English.
import { i18n, type Messages } from "@lingui/core";
import { kept } from "../parts/store";
import { SOURCE, speak as setLanguage, tags } from "../text/language";

const CATALOGUES = import.meta.glob<{ messages: Messages }>(["./*.po", "!./en.po"]);

/** English with an accent on every letter: whatever has none in it is not ready for another language. */
const PSEUDO = "pseudo";
/** English with marks around all that is said, which programs find and nobody sees: for browser tests. */
const MARKED = "marked";

/** What can be chosen, as BCP 47 writes it. */
export const LOCALES: readonly string[] = [
  SOURCE,
  ...Object.keys(CATALOGUES).map((path) => path.slice("./".length, -".po".length)),
];

const isLocale = (value: unknown): value is string =>
  LOCALES.some((each) => each === value) || value === "" || value === MARKED;

/** What was chosen for this browser; empty for what the browser itself asks for. */
export const locale = kept<string>("countersign.locale", "", isLocale);

/** What `?language=` asks for on this visit, else what was chosen, else what the browser prefers. */
export function wanted(search: string, preferred: readonly string[]): string {
  const asked = new URLSearchParams(search).get("language");
  if (asked === PSEUDO) return PSEUDO;
  if (locale.get() === MARKED) return MARKED;
  for (const each of [asked, locale.get(), ...preferred]) {
    const found = LOCALES.find((one) => one === each || one === each?.split("-")[0]);
    if (found) return found;
  }
  return SOURCE;
}

/** Speaks a language from here on. A catalogue that cannot be had leaves the page in English. */
export async function speak(wanted: string): Promise<void> {
  if (wanted === PSEUDO || wanted === MARKED) {
    const { pseudo } = await import("./pseudo");
    pseudo(i18n, wanted === PSEUDO);
    return;
  }
  const load = CATALOGUES[`./${wanted}.po`];
  if (!load) return use(SOURCE, {});
  try {
    const { messages } = await load();
    use(wanted, messages);
  } catch {
    use(SOURCE, {});
  }
}

function use(language: string, messages: Messages): void {
  setLanguage(language);
  i18n.loadAndActivate({ locale: language, locales: tags(), messages });
}

// Messages were compiled when the console was built; a string is what is to be said.
i18n.setMessagesCompiler((message) => [message]);
use(SOURCE, {});
