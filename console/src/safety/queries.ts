import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { AuditAction } from "../api/words";

export const breakersQuery = queryOptions({
  queryKey: ["breakers"],
  queryFn: ({ signal }) => send(api.GET("/v1/breakers", { signal })),
});

const PAGE = 50;

export const auditQuery = (action: AuditAction | undefined) =>
  infiniteQueryOptions({
    queryKey: ["audit", action ?? "all"],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/audit", {
          params: { query: { action, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });
