// What the settings pages about people read.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

const PAGE = 50;
const paged = {
  initialPageParam: undefined as string | undefined,
  getNextPageParam: (page: { next_cursor?: string | null }) => page.next_cursor ?? undefined,
};

export const peopleQuery = infiniteQueryOptions({
  queryKey: ["people"],
  queryFn: ({ pageParam, signal }) =>
    send(api.GET("/v1/people", { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
  ...paged,
});

export const rolesQuery = queryOptions({
  queryKey: ["roles"],
  queryFn: ({ signal }) => send(api.GET("/v1/roles", { signal })),
});

export const teamsQuery = infiniteQueryOptions({
  queryKey: ["teams"],
  queryFn: ({ pageParam, signal }) =>
    send(api.GET("/v1/teams", { params: { query: { limit: PAGE, cursor: pageParam } }, signal })),
  ...paged,
});

export const teamQuery = (name: string) =>
  queryOptions({
    queryKey: ["teams", name],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/teams/{name}", { params: { path: { name } }, signal })),
  });

export const keysQuery = infiniteQueryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/api-keys", { params: { query: { limit: PAGE, cursor: pageParam } }, signal }),
    ),
  ...paged,
});

export const accountsQuery = infiniteQueryOptions({
  queryKey: ["service-accounts"],
  queryFn: ({ pageParam, signal }) =>
    send(
      api.GET("/v1/service-accounts", {
        params: { query: { limit: PAGE, cursor: pageParam } },
        signal,
      }),
    ),
  ...paged,
});

export const accountQuery = queryOptions({
  queryKey: ["account"],
  queryFn: ({ signal }) => send(api.GET("/v1/account", { signal })),
});

export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: ({ signal }) => send(api.GET("/v1/sessions", { signal })),
});

export const invitationsQuery = queryOptions({
  queryKey: ["invitations"],
  queryFn: ({ signal }) => send(api.GET("/v1/invitations", { signal })),
});

export const providersQuery = queryOptions({
  // Beside the breakers, so that one that opens or closes shows.
  queryKey: ["breakers", "providers"],
  queryFn: ({ signal }) => send(api.GET("/v1/providers", { signal })),
});

export const channelsQuery = queryOptions({
  queryKey: ["channels"],
  queryFn: ({ signal }) => send(api.GET("/v1/channels", { signal })),
  // Polling the mailbox says nothing of itself.
  refetchInterval: 15_000,
});
