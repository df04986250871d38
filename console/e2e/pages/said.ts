// Whether a page says a word that no catalogue could change. Pages under test speak marked English
// (`src/locales/pseudo.ts`): what came through a catalogue has marks around it that nobody sees and
// that Playwright leaves out of every comparison, so the same specs that click and read find what
// has none. What is left must be data, that is: what the service answered or was sent, as it was
// written there or, for a name, with spaces; what `Intl` writes; and what stands in code or in an
// element with `translate="no"`. A word of one of the API's enumerations is never data.
import { readFileSync } from "node:fs";
import { expect, type Page } from "@playwright/test";
import { sentence, upperFirst, words } from "../../src/text/names";
import { en } from "../../src/widget/words/en";

const WORD = /\p{L}{2,}/u;
/** What the service, its configuration or a workspace calls things. */
const NAME = /^[a-z0-9]+([_.:-]+[a-z0-9]+)*$/;

/** Objects whose keys are names that somebody gave. */
const NAMED = new Set(["fields", "args", "attributes", "properties", "by_name", "inputs"]);

const description: unknown = JSON.parse(
  readFileSync(new URL("../../../openapi.json", import.meta.url), "utf8"),
);

function* enumerated(schema: unknown): Generator<string> {
  if (typeof schema !== "object" || schema === null) return;
  for (const [key, value] of Object.entries(schema)) {
    if (key === "enum" || key === "const") yield* leaves(value);
    else yield* enumerated(value);
  }
}

/** What a workspace names as it likes, also like a word of an enumeration. */
const FREE = new Set(["tags", "tags_add", "tier", "labels", "scorer"]);

/** Every word of an enumeration of the API. */
const ENUMERATED = new Set(enumerated(description));

/** What `Intl` writes by itself. */
const FORMATTED = new Set(
  [
    ...Array.from({ length: 12 }, (_, month) => new Date(2026, month, 1)),
    ...Array.from({ length: 7 }, (_, day) => new Date(2026, 0, day + 1)),
  ]
    .flatMap((date) => [
      date.toLocaleDateString("en-GB", { month: "long", weekday: "long" }),
      date.toLocaleDateString("en-GB", { month: "short", weekday: "short" }),
      date.toLocaleTimeString("en", { timeZoneName: "short" }),
    ])
    .concat(
      ["en", "de", "es", "fr", "it", "nl", "pt"].map(
        (each) => new Intl.DisplayNames("en", { type: "language" }).of(each) ?? each,
      ),
      "at",
      "and",
    )
    .flatMap((text) => text.match(/\p{L}+/gu) ?? []),
);

/** What the chat says comes from the widget's files of words, in seven languages. */
const CHAT = Object.values(en)
  .flatMap((words) => (typeof words === "string" ? words : Object.values<string>(words)))
  .flatMap((words: string) => words.split(/\{\w+\}/));

const data = new WeakMap<Page, Set<string>>();

/** The texts in a value; with a space before it what is nobody's enumeration whatever it says. */
function* leaves(value: unknown, of = ""): Generator<string> {
  if (typeof value === "string") yield FREE.has(of) ? ` ${value}` : value;
  else if (typeof value === "object" && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      if (NAMED.has(of)) yield ` ${key}`;
      yield* leaves(each, Array.isArray(value) ? of : key);
    }
  }
}

/** A value as it may be shown: as it is, and a name with spaces. */
function shown(value: string): string[] {
  const name = value.trim();
  if (!NAME.test(name)) return [value, upperFirst(value.trim()), sentence(value)];
  if (ENUMERATED.has(value)) return [];
  const spaced = words(name);
  return [name, spaced, spaced.toLowerCase()];
}

function read(text: string): string[] {
  const bodies = text.startsWith("retry:") ? text.split(/^data: ?/m) : [text];
  return bodies.flatMap((body) => {
    try {
      return [...leaves(JSON.parse(body))];
    } catch {
      return [body];
    }
  });
}

/** What the page is answered or sends, as text. */
export function hear(page: Page, text: string | null): void {
  for (const each of read(text ?? "")) data.get(page)?.add(each);
}

/** From here on the page speaks marked English, and what it sends is kept. */
export async function listen(page: Page): Promise<void> {
  data.set(page, new Set());
  page.on("request", (request) => hear(page, request.postData()));
  await page.addInitScript(() => {
    try {
      localStorage.getItem("countersign.locale") ??
        localStorage.setItem("countersign.locale", '"marked"');
    } catch {
      // A frame without storage of its own.
    }
  });
}

interface Found {
  where: string;
  text: string;
}

/** All that a page has to say that is not marked, not code and not to be left as it is. */
function unmarked(): Found[] {
  const ATTRIBUTES = ["aria-label", "aria-description", "aria-roledescription", "aria-valuetext"];
  ATTRIBUTES.push("title", "placeholder", "alt", "label");
  const found: Found[] = [];
  // Pages of other sites, which hold the widget, say what they like.
  if (!document.getElementById("root")) return [];
  const look = (text: string | null, element: Element | null, as: string) => {
    const rest = (text ?? "").replaceAll(/\u200b[^\u200b]+\u200b\u200b/g, "\0");
    if (!/\p{L}{2,}/u.test(rest)) return;
    const where = element ? `${element.localName}.${element.className}` : "";
    for (const each of rest.split("\0")) found.push({ where: where + as, text: each });
  };
  const left = "[translate=no], code, pre, kbd, script, style, noscript, textarea";
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!element?.closest(left)) look(node.nodeValue, element, "");
  }
  for (const name of ATTRIBUTES) {
    for (const element of document.querySelectorAll(`[${name}]`)) {
      if (!element.closest("[translate=no]")) {
        look(element.getAttribute(name), element, ` ${name}`);
      }
    }
  }
  look(document.title, null, "the title");
  return found;
}

const plain = (text: string) => text.replaceAll(/\s+/g, " ").trim();
const edges = /^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu;

/** What a field shows of a name or an address to be written there. */
const isExample = (text: string, where: string) =>
  where.endsWith(" placeholder") && (NAME.test(text) || URL.canParse(text));

/** A text without a value in it, where that is not a part of a longer word. */
function without(text: string, value: string): string {
  const [first = "", ...rest] = text.split(value);
  return rest.reduce(
    (left, right) =>
      left + (/[\p{L}\p{N}]$/u.test(left) || /^[\p{L}\p{N}]/u.test(right) ? value : "\0") + right,
    first,
  );
}

/** Fails for words that are neither said through a catalogue nor data. */
export async function everythingSaid(page: Page): Promise<void> {
  const heard = data.get(page);
  if (!heard) return;
  const unsaid = await page.evaluate(unmarked);
  const url = decodeURIComponent(page.url());
  const values = new Set([...CHAT, url].map(plain));
  for (const each of [...heard].flatMap(shown)) values.add(plain(each));
  const longestFirst = [...values]
    .filter((value) => value.length > 1)
    .sort((left, right) => right.length - left.length);
  const isData = (text: string) => {
    let rest = plain(text);
    const core = rest.replaceAll(edges, "");
    if (longestFirst.some((value) => value.includes(core))) return true;
    for (const value of longestFirst) rest = without(rest, value);
    return !(rest.match(/\p{L}{2,}/gu) ?? []).some((word) => !FORMATTED.has(word));
  };
  const found = unsaid
    .filter(({ text, where }) => WORD.test(text) && !isData(text) && !isExample(text, where))
    .map(({ where, text }) => `“${plain(text)}” in ${where}`);
  expect([...new Set(found)], "words that no catalogue could change").toEqual([]);
}
