// A customer's own tickets, as the service tells them.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

const PAGE = 25;
/** How often an open ticket is looked at again: nothing tells a customer's page by itself. */
const LOOK_EVERY = 4_000;

export const ownTicketsQuery = infiniteQueryOptions({
  queryKey: ["portal", "tickets"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/portal/tickets", {
        params: { query: { limit: PAGE, cursor: pageParam } },
        signal,
      }),
    ),
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page) => page.next_cursor ?? undefined,
});

export const ownTicketQuery = (id: string) =>
  queryOptions({
    queryKey: ["portal", "tickets", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/portal/tickets/{id}", { params: { path: { id } }, signal })),
    refetchInterval: LOOK_EVERY,
  });
