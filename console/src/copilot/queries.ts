import {
  infiniteQueryOptions,
  type QueryClient,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { CopilotThread, CopilotTurn, LookingAt } from "../api/words";

/** The live stream says when something has changed; this is for when it is not there. */
const WATCH_MS = 2000;

export const underWay = (turn: CopilotTurn | undefined): boolean =>
  turn?.state === "answering" || turn?.state === "waiting";

export const threadsQuery = () =>
  infiniteQueryOptions({
    queryKey: ["copilot", "threads"],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/copilot/threads", {
          params: { query: { limit: 20, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const threadQuery = (id: string) =>
  queryOptions({
    queryKey: ["copilot", "thread", id],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/copilot/threads/{id}", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (underWay(query.state.data?.turns.at(-1)) ? WATCH_MS : false),
  });

/** Puts a question, as the service tells it, into the conversation that is shown. */
function put(client: QueryClient, turn: CopilotTurn): void {
  client.setQueryData<CopilotThread>(["copilot", "thread", turn.thread_id], (thread) => {
    const others = (thread?.turns ?? []).filter((each) => each.seq !== turn.seq);
    const turns = [...others, turn].sort((a, b) => a.seq - b.seq);
    return { id: turn.thread_id, turns };
  });
}

export interface Question {
  thread?: string;
  text: string;
  lookingAt?: LookingAt;
  /** The same for every try of one question, so that it is asked once. */
  key: string;
}

export function useAsk(onAsked: (turn: CopilotTurn) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ thread, text, lookingAt, key }: Question) => {
      const header = { "Idempotency-Key": key };
      const body = { text, looking_at: lookingAt ?? null };
      return thread
        ? send(
            api.POST("/v1/copilot/threads/{id}/questions", {
              params: { path: { id: thread }, header },
              body,
            }),
          )
        : send(api.POST("/v1/copilot/threads", { params: { header }, body }));
    },
    onSuccess: (turn) => {
      put(client, turn);
      void client.invalidateQueries({ queryKey: ["copilot", "threads"] });
      onAsked(turn);
    },
  });
}

export function useStop() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: ({ thread_id, seq }: CopilotTurn) =>
      send(
        api.POST("/v1/copilot/threads/{id}/questions/{seq}/stop", {
          params: { path: { id: thread_id, seq } },
        }),
      ),
    onSuccess: (turn) => put(client, turn),
  });
}

export function useForget(onGone: (id: string) => void) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      send(api.DELETE("/v1/copilot/threads/{id}", { params: { path: { id } } })),
    onSuccess: (_, id) => {
      client.removeQueries({ queryKey: ["copilot", "thread", id] });
      void client.invalidateQueries({ queryKey: ["copilot", "threads"] });
      onGone(id);
    },
  });
}
