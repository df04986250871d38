import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { Shown } from "./shown";

export const suitesQuery = queryOptions({
  queryKey: ["evaluations"],
  queryFn: ({ signal }) => send(api.GET("/v1/evaluations", { signal })),
});

export const evaluationQuery = (id: string) =>
  queryOptions({
    queryKey: ["evaluation", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/evaluations/{id}", { params: { path: { id } }, signal })),
  });

const FILTERS: Record<Shown, { passed?: boolean; critical?: boolean; changed?: boolean }> = {
  changed: { changed: true },
  failed: { passed: false },
  critical: { critical: true },
  passed: { passed: true },
  all: {},
};

export const resultsQuery = (id: string, shown: Shown) =>
  infiniteQueryOptions({
    queryKey: ["evaluation", id, "results", shown],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/evaluations/{id}/results", {
          params: { path: { id }, query: { ...FILTERS[shown], limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const resultQuery = (id: string, seq: number) =>
  queryOptions({
    queryKey: ["evaluation", id, "result", seq],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/evaluations/{id}/results/{seq}", { params: { path: { id, seq } }, signal }),
      ),
  });

export const casesQuery = infiniteQueryOptions({
  queryKey: ["evaluation-cases"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/evaluations/cases", {
        params: { query: { limit: 50, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});
