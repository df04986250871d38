import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import { type AuditSearch, between } from "./audit";

export const breakersQuery = queryOptions({
  queryKey: ["breakers"],
  queryFn: ({ signal }) => send(api.GET("/v1/breakers", { signal })),
});

export const creditsQuery = queryOptions({
  queryKey: ["credits"],
  queryFn: ({ signal }) => send(api.GET("/v1/credits", { signal })),
  // Spending says nothing of itself.
  refetchInterval: 5_000,
});

const PAGE = 50;

/** The last scan for personal data; asked again while it is under way. */
export const scansQuery = queryOptions({
  queryKey: ["scans"],
  queryFn: ({ signal }) =>
    send(api.GET("/v1/guards/scans", { params: { query: { limit: 1 } }, signal })),
  refetchInterval: ({ state }) => (state.data?.items[0]?.status === "running" ? 1_000 : false),
});

/** What scans found and nobody has decided. */
export const suggestionsQuery = infiniteQueryOptions({
  queryKey: ["suggestions"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/guards/suggestions", {
        params: { query: { status: "open", limit: PAGE, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const auditQuery = ({ action, from, until }: AuditSearch) =>
  infiniteQueryOptions({
    queryKey: ["audit", action ?? "all", from ?? "", until ?? ""],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/audit", {
          params: {
            query: { action, ...between(from, until), limit: PAGE, cursor: pageParam },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
