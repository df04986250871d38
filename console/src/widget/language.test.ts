import { describe, expect, it } from "vitest";
import { spokenFor, WORDS } from "./language";
import { en } from "./words/en";
import { counted, LANGUAGES, type Language } from "./words/words";

/** What another language says in the very words of English. */
const LOANS: Partial<Record<Language, string[]>> = {
  de: ["name", "optional"],
  fr: ["conversation", "assistant", "sources.one", "sources.other"],
  nl: ["ai"],
  pt: ["quoted"],
};

/** Every text with where it stands: `title`, `sources.one`. */
function textsOf(value: object, under = ""): [string, string][] {
  return Object.entries(value).flatMap(([key, said]) =>
    typeof said === "string"
      ? [[`${under}${key}`, said] as [string, string]]
      : textsOf(said, `${under}${key}.`),
  );
}

/** A plural's forms are one text that is said in several ways. */
const keysOf = (texts: [string, string][]) => [
  ...new Set(texts.map(([key]) => key.split(".")[0] as string)),
];
const placesOf = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();

const english = new Map(textsOf(en));
const others = LANGUAGES.filter((each) => each !== "en");

describe.each(others)("the words of %s", (language) => {
  const texts = textsOf(WORDS[language]).filter(([key]) => key !== "language");

  it("are all there, and none is empty", () => {
    expect(keysOf(texts).sort()).toEqual(
      keysOf([...english])
        .filter((key) => key !== "language")
        .sort(),
    );
    expect(texts.filter(([, text]) => text.trim() === "" || text !== text.trim())).toEqual([]);
  });

  it("are no English ones but for loans", () => {
    const same = texts.filter(([key, text]) => english.get(key) === text).map(([key]) => key);
    expect(same.sort()).toEqual([...(LOANS[language] ?? [])].sort());
  });

  it("have the values of the English ones", () => {
    for (const [key, text] of texts) {
      const source = english.get(key) ?? english.get(key.replace(/\w+$/, "other")) ?? "";
      expect([key, placesOf(text)]).toEqual([key, placesOf(source)]);
    }
  });

  it("have a form for every number", () => {
    const { pluralCategories } = new Intl.PluralRules(language).resolvedOptions();
    for (const forms of [WORDS[language].sources, WORDS[language].charactersLeft]) {
      expect(pluralCategories).toEqual(expect.arrayContaining(Object.keys(forms)));
    }
    const { sources } = WORDS[language];
    expect(counted(WORDS[language], sources, 1)).toBe(`1 ${sources.one?.split(" ")[1]}`);
    expect(counted(WORDS[language], sources, 7)).toBe(`7 ${sources.other.split(" ")[1]}`);
  });
});

describe("the language of the widget", () => {
  const speaks = (asked: string | undefined, page: string, ...preferred: string[]) => {
    const { words, tag } = spokenFor(asked, page, preferred);
    return [words.language, tag];
  };

  it("is the site's word, else the page's, else the browser's, else English", () => {
    expect(speaks("de", "fr", "es")).toEqual(["de", "de"]);
    expect(speaks(undefined, "fr", "es")).toEqual(["fr", "fr"]);
    expect(speaks(" ", "", "pl", "es-MX", "it")).toEqual(["es", "es-MX"]);
    expect(speaks(undefined, "", "pl")).toEqual(["en", "en"]);
    expect(speaks(undefined, "")).toEqual(["en", "en"]);
  });

  it("goes by the first part of a tag, however it is written", () => {
    expect(speaks("de-AT", "")).toEqual(["de", "de-AT"]);
    expect(speaks("pt_br", "")).toEqual(["pt", "pt-BR"]);
    expect(speaks("NL", "")).toEqual(["nl", "nl"]);
    expect(speaks("fr-", "")).toEqual(["fr", "fr"]);
  });

  it("is English where it is none of ours, and nothing stops the widget", () => {
    expect(speaks("pl", "de", "de")).toEqual(["en", "en"]);
    expect(speaks(undefined, "ja", "de")).toEqual(["en", "en"]);
    expect(speaks("-", "")).toEqual(["en", "en"]);
    expect(speaks("constructor", "")).toEqual(["en", "en"]);
  });
});
