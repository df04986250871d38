import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

/** What is to be promised; undefined: what each rung promises. */
export interface Promised {
  ceiling?: number;
  delta?: number;
}

export const autonomyQuery = ({ ceiling, delta }: Promised) =>
  queryOptions({
    queryKey: ["autonomy", "all", ceiling, delta],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/autonomy", { params: { query: { ceiling, delta } }, signal })),
    // Decisions arrive all the time, and a rung may go down by itself.
    refetchInterval: 10_000,
  });

export const cellQuery = (intent: string, tool: string, { ceiling, delta }: Promised) =>
  queryOptions({
    queryKey: ["autonomy", "cell", intent, tool, ceiling, delta],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/autonomy/cell", {
          params: { query: { intent, tool, ceiling, delta } },
          signal,
        }),
      ),
    refetchInterval: 10_000,
  });
