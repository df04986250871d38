import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

export const documentsQuery = infiniteQueryOptions({
  queryKey: ["documents"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/knowledge/documents", {
        params: { query: { limit: 100, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const documentQuery = (id: string) =>
  queryOptions({
    queryKey: ["document", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/knowledge/documents/{id}", { params: { path: { id } }, signal })),
  });

export const passagesQuery = (q: string, internal: boolean) =>
  queryOptions({
    queryKey: ["passages", q, internal],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/knowledge/search", {
          params: { query: { q, limit: 10, internal } },
          signal,
        }),
      ),
    enabled: q !== "",
  });
