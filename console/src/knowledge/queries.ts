import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { operations } from "../api/schema.gen";
import type { GapStatus, PageStatus } from "../api/words";
import { isUnderWay } from "./sources";

export const documentsQuery = infiniteQueryOptions({
  queryKey: ["knowledge", "documents"],
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
    queryKey: ["knowledge", "document", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/knowledge/documents/{id}", { params: { path: { id } }, signal })),
  });

export const versionsQuery = (id: string) =>
  queryOptions({
    queryKey: ["knowledge", "versions", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/knowledge/documents/{id}/versions", { params: { path: { id } }, signal })),
  });

export const versionQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ["knowledge", "version", id, version],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/knowledge/documents/{id}/versions/{version}", {
          params: { path: { id, version } },
          signal,
        }),
      ),
    // What a document said does not change.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const differenceQuery = (id: string, version: number, from?: number) =>
  queryOptions({
    queryKey: ["knowledge", "difference", id, version, from],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/knowledge/documents/{id}/versions/{version}/difference", {
          params: { path: { id, version }, query: { from } },
          signal,
        }),
      ),
    staleTime: Number.POSITIVE_INFINITY,
  });

export const sectionQuery = (chunkId: string) =>
  queryOptions({
    queryKey: ["knowledge", "section", chunkId],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/knowledge/chunks/{id}/section", { params: { path: { id: chunkId } }, signal }),
      ),
  });

export const templatesQuery = queryOptions({
  queryKey: ["knowledge", "templates"],
  queryFn: ({ signal }) => send(api.GET("/v1/knowledge/templates", { signal })),
});

export type Search = NonNullable<operations["searchKnowledge"]["parameters"]["query"]>;

export const passagesQuery = (search: Search) =>
  queryOptions({
    queryKey: ["knowledge", "passages", search],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/knowledge/search", { params: { query: search }, signal })),
    enabled: search.q !== "",
  });

export const customersQuery = (q: string) =>
  queryOptions({
    queryKey: ["customers", q],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/customers", { params: { query: { q: q || undefined, limit: 50 } }, signal }),
      ),
  });

export const customerQuery = (id: string) =>
  queryOptions({
    queryKey: ["customer", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/customers/{id}", { params: { path: { id } }, signal })),
    staleTime: 60_000,
  });

/** After documents were added, changed or removed. */
export const refreshKnowledge = (client: QueryClient): Promise<void> =>
  client.invalidateQueries({ queryKey: ["knowledge"] });

export const gapsQuery = (status: GapStatus) =>
  infiniteQueryOptions({
    queryKey: ["knowledge", "gaps", status],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/knowledge/gaps", {
          params: { query: { status, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const recallQuery = infiniteQueryOptions({
  queryKey: ["knowledge", "recall"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/knowledge/recall", {
        params: { query: { limit: 50, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const usesQuery = (id: string) =>
  infiniteQueryOptions({
    queryKey: ["knowledge", "uses", id],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/knowledge/documents/{id}/uses", {
          params: { path: { id }, query: { limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const feedbackQuery = (id: string) =>
  queryOptions({
    queryKey: ["knowledge", "feedback", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/knowledge/documents/{id}/feedback", { params: { path: { id } }, signal })),
  });

export const flaggedQuery = queryOptions({
  queryKey: ["knowledge", "flagged"],
  queryFn: ({ signal }) => send(api.GET("/v1/knowledge/flagged", { signal })),
});

/** How often a source that is on its way is looked at, in milliseconds. */
const LOOK = 2_000;

export const sourcesQuery = infiniteQueryOptions({
  queryKey: ["knowledge", "sources"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/knowledge/sources", {
        params: { query: { limit: 50, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
  refetchInterval: ({ state }) =>
    state.data?.pages.some((page) => page.items.some(isUnderWay)) ? LOOK : false,
});

export const sourceQuery = (id: string, status: PageStatus | undefined, underWay: boolean) =>
  infiniteQueryOptions({
    queryKey: ["knowledge", "source", id, status],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/knowledge/sources/{id}", {
          params: { path: { id }, query: { status, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.pages.next_cursor ?? undefined,
    refetchInterval: underWay ? LOOK : false,
  });
