// In which language the widget speaks: the site's word, else the page's, else the browser's, else
// English.
import { de } from "./words/de";
import { en } from "./words/en";
import { es } from "./words/es";
import { fr } from "./words/fr";
import { it } from "./words/it";
import { nl } from "./words/nl";
import { pt } from "./words/pt";
import type { Language, Words } from "./words/words";

/** Together they are small enough to come with the script; the check of sizes watches over it. */
export const WORDS: Record<Language, Words> = { en, de, es, fr, it, nl, pt };

export interface Spoken {
  words: Words;
  /** The language with its region where one was named, for dates and `lang`. */
  tag: string;
}

/** The language of a BCP 47 tag, by its first part; nothing where it is none of ours. */
function known(tag: string): Spoken | undefined {
  const first = tag.split(/[-_]/)[0]?.toLowerCase() ?? "";
  const words = Object.values(WORDS).find((each) => each.language === first);
  return words && { words, tag: canonical(tag) ?? first };
}

/** Sites write `de_AT` too; what `Intl` cannot read must not stop the widget. */
function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag.replaceAll("_", "-"))[0];
  } catch {
    return undefined;
  }
}

/** `asked` is `data-language`, `page` the document's `lang`; a language that is none of ours is
 * English, and what the browser prefers is then not asked. */
export function spokenFor(
  asked: string | undefined,
  page: string,
  preferred: readonly string[],
): Spoken {
  const english = { words: en, tag: en.language };
  for (const tag of [asked, page]) {
    const said = tag?.trim();
    if (said) return known(said) ?? english;
  }
  for (const tag of preferred) {
    const found = known(tag);
    if (found) return found;
  }
  return english;
}
