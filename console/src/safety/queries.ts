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
