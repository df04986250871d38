import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { HelpArticle } from "../api/words";

export const articlesQuery = (workspace: string | undefined, q: string) =>
  queryOptions({
    queryKey: ["help", "articles", workspace ?? "", q],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/help/articles", {
          params: { query: { workspace, q: q === "" ? undefined : q } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

export const articleQuery = (workspace: string | undefined, slug: string) =>
  queryOptions({
    queryKey: ["help", "article", workspace ?? "", slug],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/help/articles/{slug}", {
          params: { path: { slug }, query: { workspace } },
          signal,
        }),
      ),
    staleTime: 60_000,
  });

/** How one's own conversation stands, by its token. */
export const standingQuery = (of: { id: string; token: string }) =>
  queryOptions({
    queryKey: ["help", "conversation", of.id],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/conversations/{id}", {
          params: { path: { id: of.id } },
          headers: { Authorization: `Bearer ${of.token}` },
          signal,
        }),
      ),
  });

/** Articles under their categories, in the order of the alphabet; those of none come last. */
export function byCategory(articles: HelpArticle[]): [string, HelpArticle[]][] {
  const groups = new Map<string, HelpArticle[]>();
  for (const article of articles) {
    groups.set(article.category, [...(groups.get(article.category) ?? []), article]);
  }
  return [...groups].sort(([a], [b]) => +(a === "") - +(b === "") || a.localeCompare(b));
}
