import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { OutcomeKind, RunStatus } from "../api/words";

export interface RunFilter {
  status?: RunStatus;
  ticket_id?: string;
  agent?: string;
  outcome?: OutcomeKind;
}

export const runsQuery = (filter: RunFilter) =>
  infiniteQueryOptions({
    queryKey: ["runs", filter],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/runs", {
          params: { query: { ...filter, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const runsOfTicketQuery = (ticketId: string) =>
  queryOptions({
    queryKey: ["runs", "of", ticketId],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/runs", { params: { query: { ticket_id: ticketId, limit: 20 } }, signal })),
  });

const WATCH_MS = 2000;
const WAITING_MS = 4000;

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => send(api.GET("/v1/runs/{id}", { params: { path: { id } }, signal })),
    // Neither steps nor what a run waits for are ticket events, so one that has not ended is looked at again by
    // itself: a decision may be followed by another wait.
    refetchInterval: (query) => {
      const status = query.state.data?.run.status;
      if (status === "waiting") return WAITING_MS;
      return status === "queued" || status === "running" ? WATCH_MS : false;
    },
  });
