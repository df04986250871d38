import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

export const policyQuery = queryOptions({
  queryKey: ["policy"],
  queryFn: ({ signal }) => send(api.GET("/v1/policy", { signal })),
});

const PAGE = 20;

export const versionsQuery = infiniteQueryOptions({
  queryKey: ["policy", "versions"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/policy/versions", {
        params: { query: { limit: PAGE, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const versionQuery = (version: number) =>
  queryOptions({
    queryKey: ["policy", "version", version],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/policy/versions/{version}", { params: { path: { version } }, signal })),
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });

export const checkQuery = (text: string) =>
  queryOptions({
    queryKey: ["policy", "check", text],
    queryFn: ({ signal }) => send(api.POST("/v1/policy/check", { body: { text }, signal })),
    gcTime: 60_000,
  });

/** How far a replay is, asked while it is under way. */
export const replayQuery = (id: string) =>
  queryOptions({
    queryKey: ["policy", "replay", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/replays/{id}", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) =>
      state.data?.state === "queued" || state.data?.state === "running" ? 1_000 : false,
  });
