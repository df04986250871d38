import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { ApprovalStatus } from "../api/words";

export type QueueStatus = ApprovalStatus | "all";

const PAGE = 50;

export const approvalsQuery = (status: QueueStatus) =>
  infiniteQueryOptions({
    queryKey: ["approvals", status],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/approvals", {
          params: {
            query: {
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

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/approvals/{id}", { params: { path: { id } }, signal })),
  });
