import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

export const customersQuery = (q?: string) =>
  infiniteQueryOptions({
    queryKey: ["customers", { q }],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/customers", {
          params: { query: { q, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const customerQuery = (id: string) =>
  queryOptions({
    queryKey: ["customer", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/customers/{id}", { params: { path: { id } }, signal })),
  });
