import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

export const agentsQuery = queryOptions({
  queryKey: ["agents"],
  queryFn: ({ signal }) => send(api.GET("/v1/agents", { signal })).then((page) => page.items),
  staleTime: 60_000,
});

export const agentFiguresQuery = queryOptions({
  // By the clock alone: on a busy desk runs end many times a second.
  queryKey: ["agents", "figures"],
  queryFn: ({ signal }) => send(api.GET("/v1/agents/figures", { signal })),
  refetchInterval: 15_000,
});
