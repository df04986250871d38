import { expect, it } from "vitest";
import type { HelpArticle } from "../api/words";
import { byCategory } from "./queries";

const article = (slug: string, category: string): HelpArticle => ({
  slug,
  category,
  title: slug,
  locale: "en",
  excerpt: "",
  updated_at: "2026-01-31T09:30:00Z",
});

it("articles stand under their categories, those of none last", () => {
  const groups = byCategory([
    article("a", ""),
    article("b", "Returns"),
    article("c", "Orders"),
    article("d", "Returns"),
  ]);
  expect(groups.map(([name, items]) => [name, items.map((each) => each.slug)])).toEqual([
    ["Orders", ["c"]],
    ["Returns", ["b", "d"]],
    ["", ["a"]],
  ]);
});
