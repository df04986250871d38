// What the palette offers, and how words find it. Pure; what runs is handed in.
import { kept } from "../parts/store";
import type { IconName } from "../shell/Icon";

export interface Command {
  /** One thing has one id, also among the recent ones. */
  id: string;
  label: string;
  detail?: string;
  icon: IconName;
  keys?: string;
  /** Other words that it is found by. */
  also?: string;
  /** An address of this console, or something to do. */
  act: string | (() => void);
}

export interface CommandGroup {
  value: string;
  items: Command[];
}

const plain = (text: string) =>
  text
    .normalize("NFD")
    // Accents, and signs that are not seen: nobody types them.
    .replaceAll(/[\p{Diacritic}\p{Cf}]/gu, "")
    .toLowerCase();

/** Those in which every word of the query begins a word. */
export function matching(commands: readonly Command[], query: string): Command[] {
  const wanted = plain(query).split(/\s+/).filter(Boolean);
  return commands.filter((command) => {
    const words = plain(`${command.label} ${command.also ?? ""}`).split(/[\s·:/]+/);
    return wanted.every((word) => words.some((each) => each.startsWith(word)));
  });
}

/** An address that was gone to from the palette. */
export interface Recent {
  id: string;
  label: string;
  detail?: string;
  icon: IconName;
  act: string;
}

const MOST = 8;

const isRecents = (value: unknown): value is Recent[] =>
  Array.isArray(value) &&
  value.every(
    (each) =>
      typeof each === "object" &&
      each !== null &&
      typeof each.id === "string" &&
      typeof each.label === "string" &&
      typeof each.icon === "string" &&
      // Only pages of this console: what is stored must not lead people elsewhere.
      typeof each.act === "string" &&
      /^\/(?![/\\])/.test(each.act),
  );

/** Forgotten with the session: labels name tickets and people. */
export const recents = kept<Recent[]>("countersign.recent", [], isRecents);

export function withRecent(list: Recent[], { id, label, detail, icon, act }: Recent): Recent[] {
  const one = { id, label, detail, icon, act };
  return [one, ...list.filter((each) => each.id !== one.id)].slice(0, MOST);
}
