// Colleagues named in a note: whom one is naming now, and whom a finished note names.
import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { S } from "../api/words";

export interface Colleague {
  id: string;
  name: string;
}

/** A page of colleagues, and how many are read in all. */
const PAGE = 100;
const MOST = 1000;
/** Suggestions at once. */
const OFFERED = 6;

/** Whoever may read tickets here and was not kept out. */
export const colleaguesQuery = queryOptions({
  queryKey: ["people", "colleagues"],
  queryFn: async ({ signal }): Promise<Colleague[]> => {
    const all: S["User"][] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: PAGE, cursor };
      const page = await send(api.GET("/v1/people", { params: { query }, signal }));
      all.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor && all.length < MOST);
    return all.filter((person) => !person.deactivated_at).map(({ id, name }) => ({ id, name }));
  },
  staleTime: 5 * 60_000,
});

export const mentionsQuery = queryOptions({
  queryKey: ["mentions"],
  queryFn: ({ signal }) => send(api.GET("/v1/mentions", { signal })),
});

/** A name that is being written: where its `@` stands and what follows up to the caret. */
export interface Naming {
  start: number;
  said: string;
}

/** What stands before the caret from an `@` on, when somebody is being named there. */
export function namingAt(text: string, caret: number): Naming | undefined {
  const before = text.slice(0, caret);
  const start = before.lastIndexOf("@");
  if (start < 0 || (start > 0 && !/[\s(]/.test(before.charAt(start - 1)))) return undefined;
  const said = before.slice(start + 1);
  // A first and a last name, and no more than that.
  return /^[^\n@]{0,40}$/.test(said) && said.split(" ").length <= 3 ? { start, said } : undefined;
}

/** Whom the beginning of a name, or of a part of it, may mean. */
export function offered(people: Colleague[], said: string): Colleague[] {
  const start = said.toLocaleLowerCase();
  const fits = ({ name }: Colleague) => {
    const lower = name.toLocaleLowerCase();
    // A name that is complete needs no suggestion.
    return (
      lower !== start.trimEnd() &&
      (lower.startsWith(start) || lower.split(" ").some((part) => part.startsWith(start)))
    );
  };
  return people.filter(fits).slice(0, OFFERED);
}

const LETTER = /[\p{L}\p{N}_]/u;

/** Whom a note names. Of several of one name those who were picked, or else all. */
export function namedIn(text: string, people: Colleague[], picked: ReadonlySet<string>): string[] {
  const named = people.filter(({ name }) => {
    const mark = `@${name}`;
    for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + 1)) {
      if (!LETTER.test(text.charAt(at + mark.length))) return true;
    }
    return false;
  });
  return named
    .filter(({ id, name }) => {
      const alike = named.filter((each) => each.name === name);
      return picked.has(id) || !alike.some((each) => picked.has(each.id));
    })
    .map(({ id }) => id);
}
