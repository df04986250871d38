import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { Channel, Event, Priority, TicketStatus } from "../api/words";

export interface TicketFilter {
  status?: TicketStatus;
  channel?: Channel;
  q?: string;
  /** Only those on which a person has to act. */
  waiting?: true;
  /** Only those in which a note names whoever looks. */
  mentioned?: true;
  /** Whose they are: `me`, `nobody`, or a person's id. */
  assignee?: string;
  priority?: Priority;
}

export const ticketsQuery = (filter: TicketFilter) =>
  infiniteQueryOptions({
    queryKey: ["tickets", filter],
    queryFn: ({ pageParam, signal }) =>
      send(
        api.GET("/v1/tickets", {
          params: { query: { ...filter, limit: 50, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
  });

export const ticketQuery = (id: string) =>
  queryOptions({
    queryKey: ["ticket", id, "self"],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/tickets/{id}", { params: { path: { id } }, signal })),
  });

/** How far the last article of the ticket has come; asked again while it is being drafted. */
export const articleQuery = (id: string) =>
  queryOptions({
    queryKey: ["ticket", id, "article"],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/tickets/{id}/article", { params: { path: { id } }, signal })),
    refetchInterval: ({ state }) => {
      const drafting =
        state.data?.run &&
        ["queued", "running"].includes(state.data.run.status) &&
        !state.data.approval_id;
      return drafting ? 1_500 : false;
    },
  });

/** What agents would have done on it, beside what people did. */
export const paperQuery = (id: string) =>
  queryOptions({
    queryKey: ["ticket", id, "paper"],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/tickets/{id}/paper-calls", { params: { path: { id } }, signal })),
  });

const PAGE = 100;
/** What is drawn of a timeline. */
export const MOST_EVENTS = 2_000;

export interface Timeline {
  events: Event[];
  /** The timeline is longer than what is shown. */
  cut: boolean;
}

interface Part {
  items: Event[];
  next_cursor?: string | null;
}

/** The end of a list that is read from its beginning: the last `most`, and whether there were more. */
export async function endOf(
  read: (cursor: string | undefined) => Promise<Part>,
  most: number,
): Promise<Timeline> {
  let events: Event[] = [];
  let cut = false;
  let cursor: string | undefined;
  do {
    const part = await read(cursor);
    events.push(...part.items);
    if (events.length > most) {
      events = events.slice(-most);
      cut = true;
    }
    cursor = part.next_cursor ?? undefined;
  } while (cursor);
  return { events, cut };
}

/** The timeline, oldest first; of a very long one its end, where the news are. */
export const timelineQuery = (id: string) =>
  queryOptions({
    queryKey: ["ticket", id, "events"],
    queryFn: ({ signal }) =>
      endOf(
        (cursor) =>
          send(
            api.GET("/v1/tickets/{id}/events", {
              params: { path: { id }, query: { limit: PAGE, cursor } },
              signal,
            }),
          ),
        MOST_EVENTS,
      ),
  });
