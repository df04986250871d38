import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

/** Events make it stale. Spending says nothing of itself, and the service counts once a second. */
export const deskQuery = queryOptions({
  queryKey: ["home", "desk"],
  queryFn: ({ signal }) => send(api.GET("/v1/desk", { signal })),
  refetchInterval: 5_000,
});
