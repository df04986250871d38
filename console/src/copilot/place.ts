// What the page in front is about, and where the records lie that answers name.
import type { LookingAt, ReadSource } from "../api/words";

const PAGES: Record<string, LookingAt["kind"]> = {
  tickets: "ticket",
  customers: "customer",
  runs: "run",
  approvals: "approval",
};

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The record that a page of this address is about. */
export function lookingAt(pathname: string): LookingAt | undefined {
  const [, page = "", id = ""] = pathname.split("/");
  const kind = PAGES[page];
  return kind && ID.test(id) ? { kind, id } : undefined;
}

const LISTS: Record<string, string[]> = {
  tickets: ["status", "q"],
  customers: ["q"],
  runs: ["status"],
  approvals: [],
};

/** The address of what an answer cites; nothing for what no page shows. */
export function placeOf({ kind, id, filter }: ReadSource): string | undefined {
  switch (kind) {
    case "ticket":
      return `/tickets/${id}`;
    case "customer":
      return `/customers/${id}`;
    case "run":
      return `/runs/${id}`;
    case "approval":
      return `/approvals/${id}`;
    case "document":
      return `/knowledge/documents/${id}`;
    case "figures":
      return "/";
    case "list": {
      const known = LISTS[id];
      if (!known) return undefined;
      const search = new URLSearchParams();
      for (const name of known) if (filter?.[name]) search.set(name, filter[name]);
      return search.size > 0 ? `/${id}?${search}` : `/${id}`;
    }
    default:
      return undefined;
  }
}
