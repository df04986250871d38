import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";

export const ownReviewQuery = queryOptions({
  queryKey: ["review-quality", "own"],
  queryFn: ({ signal }) => send(api.GET("/v1/me/review-quality", { signal })),
});

export const reviewQuery = (team: string | undefined) =>
  queryOptions({
    queryKey: ["review-quality", "all", team],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/review-quality", { params: { query: { team } }, signal })),
  });

export const exercisesQuery = queryOptions({
  queryKey: ["review-quality", "exercises"],
  queryFn: ({ signal }) => send(api.GET("/v1/review-quality/exercises", { signal })),
});
