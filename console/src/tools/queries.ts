import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

export const toolsQuery = (q: string) =>
  queryOptions({
    queryKey: ["tools", q],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/tools", { params: { query: { q: q || undefined } }, signal })),
  });

export const toolQuery = (name: string) =>
  queryOptions({
    queryKey: ["tool", name],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/tools/{name}", { params: { path: { name } }, signal })),
    staleTime: 60_000,
  });
