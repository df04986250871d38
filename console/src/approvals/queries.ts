import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { ApprovalStatus, Narrowed } from "../api/words";

/** As an address has it: what is not said is left out. */
type Asked = { [Name in keyof Narrowed]?: NonNullable<Narrowed[Name]> };

export type QueueStatus = ApprovalStatus | "all";

const PAGE = 100;

/** What the list shows: live events change its rows in place and never its order (`news.ts`). */
export const approvalsQuery = (status: QueueStatus, narrowed: Narrowed = {}) =>
  infiniteQueryOptions({
    queryKey: ["approvals", "list", status, narrowed],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/approvals", {
          params: {
            query: {
              ...(narrowed as Asked),
              status: status === "all" ? undefined : status,
              limit: PAGE,
              cursor: pageParam,
            },
          },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

const OLDEST = 50;

/** What has waited longest; kept fresh by every event about an approval. */
export const oldestQuery = queryOptions({
  queryKey: ["approvals", "oldest"],
  queryFn: ({ signal }) =>
    send(
      api.GET("/v1/approvals", {
        params: { query: { status: "pending", order: "age", limit: OLDEST } },
        signal,
      }),
    ),
});

export const countsQuery = queryOptions({
  queryKey: ["approvals", "counts"],
  queryFn: ({ signal }) => send(api.GET("/v1/approvals/counts", { signal })),
});

export const viewsQuery = queryOptions({
  queryKey: ["approvals", "views"],
  queryFn: ({ signal }) =>
    send(api.GET("/v1/approvals/views", { signal })).then((list) => list.items),
  staleTime: 60_000,
});

export const deskQuery = queryOptions({
  queryKey: ["approvals", "desk"],
  queryFn: ({ signal }) => send(api.GET("/v1/approvals/desk", { signal })),
  staleTime: 60_000,
});

/** Who looks at what. Other processes' claims are not told by the stream, so it is asked now and then. */
export const claimsQuery = queryOptions({
  queryKey: ["approvals", "claims"],
  queryFn: ({ signal }) =>
    send(api.GET("/v1/approvals/claims", { signal })).then((list) => list.items),
  refetchInterval: 20_000,
});

export const similarQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id, "similar"],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/approvals/{id}/similar", { params: { path: { id } }, signal })).then(
        (list) => list.items,
      ),
    staleTime: 5 * 60_000,
  });

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/approvals/{id}", { params: { path: { id } }, signal })),
  });
