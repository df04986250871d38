import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { channelName, priorityName, ticketStatusName } from "../api/names";
import type { Priority } from "../api/words";
import { TICKET_STATUSES } from "../parts/Badge";
import { FindBox } from "../parts/FindBox";
import { MoreRows } from "../parts/MoreRows";
import { Pick } from "../parts/Pick";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { colleaguesQuery, mentionsQuery } from "./mentions";
import { type TicketFilter, ticketsQuery } from "./queries";
import { CHANNELS, TicketRow } from "./TicketRow";
import "./tickets.css";

/** The most urgent first. */
const PRIORITIES: readonly Priority[] = ["urgent", "high", "normal", "low"];

type View = "all" | "waiting" | "mine" | "mentioned";

function viewOf({ mentioned, waiting, assignee }: TicketFilter): View {
  if (mentioned) return "mentioned";
  if (waiting) return "waiting";
  return assignee === "me" ? "mine" : "all";
}

/** What is narrowed besides stays; whose tickets they are stays too, unless that was the view itself. */
function seenAs(view: View, before: TicketFilter): TicketFilter {
  const others = viewOf(before) === "mine" ? undefined : before.assignee;
  return {
    ...before,
    waiting: view === "waiting" || undefined,
    mentioned: view === "mentioned" || undefined,
    assignee: view === "mine" ? "me" : view === "all" && others === "me" ? undefined : others,
  };
}

/** Why there is nothing in a view that nothing narrows. */
function nothing(view: View): string {
  switch (view) {
    case "mentioned":
      return t`No note names you. Colleagues name you with @ and your name.`;
    case "waiting":
      return t`Nothing waits for a person.`;
    case "mine":
      return t`No ticket is assigned to you. Whoever opens one can give it to somebody.`;
    case "all":
      return t`They appear here when a customer writes by chat, mail or the API.`;
  }
}

export function TicketsPage() {
  useTitle(t`Tickets`);
  const navigate = useNavigate({ from: "/tickets" });
  const search = useSearch({ from: "/staff/tickets" });
  const { q } = search;
  const { may, userId } = useSession();
  const people = useQuery({ ...colleaguesQuery, enabled: may("read_people") }).data ?? [];
  const mentions = useQuery({ ...mentionsQuery, enabled: userId !== undefined }).data;
  const unseen = mentions?.unseen ?? 0;
  const news = new Set(
    mentions?.items.filter((each) => !each.seen_at).map((each) => each.ticket_id),
  );
  const list = useRows<HTMLUListElement>(t`Tickets`);

  const query = useInfiniteQuery(ticketsQuery(search));
  const tickets = useMemo(
    () => query.data?.pages.flatMap((page) => page.items) ?? [],
    [query.data],
  );
  const view = viewOf(search);
  const narrowed = Boolean(
    search.status || search.channel || search.priority || q || (search.assignee && view !== "mine"),
  );
  const whose = [
    ...(userId ? [["me", t`Me`] as const] : []),
    ["nobody", t`Nobody`] as const,
    ...people.filter(({ id }) => id !== userId).map(({ id, name }) => [id, name] as const),
  ];

  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Tickets</Trans>
        </h1>
        <Segmented
          label={t`View`}
          value={view}
          options={[
            ["all", t`All`],
            ["waiting", t`Needs a person`],
            ...(userId
              ? ([
                  ["mine", t`Mine`],
                  ["mentioned", unseen ? t`Mentions me (${unseen})` : t`Mentions me`],
                ] as const)
              : []),
          ]}
          onPick={(view: View) => void navigate({ search: (before) => seenAs(view, before) })}
        />
        <search className="row tickets-filter">
          <FindBox
            label={t`Search tickets by subject, tag, number or customer`}
            group={t`Tickets, finding`}
            className="tickets-search"
            value={search.q}
            onFind={(q) => void navigate({ search: (before) => ({ ...before, q }), replace: true })}
          />
          <Pick
            label={t`Status`}
            any={t`Any status`}
            value={search.status}
            options={TICKET_STATUSES.map((each) => [each, ticketStatusName(each)])}
            onPick={(status) => void navigate({ search: (before) => ({ ...before, status }) })}
          />
          <Pick
            label={t`Channel`}
            any={t`Any channel`}
            value={search.channel}
            options={CHANNELS.map((each) => [each, channelName(each)])}
            onPick={(channel) => void navigate({ search: (before) => ({ ...before, channel }) })}
          />
          <Pick
            label={t`Priority`}
            any={t`Any priority`}
            value={search.priority}
            options={PRIORITIES.map((each) => [each, priorityName(each)])}
            onPick={(priority) => void navigate({ search: (before) => ({ ...before, priority }) })}
          />
          <Pick
            label={t`Assigned to`}
            any={t`Anybody`}
            value={search.assignee}
            options={whose}
            onPick={(assignee) => void navigate({ search: (before) => ({ ...before, assignee }) })}
          />
        </search>
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && tickets.length === 0 && (
        <Empty title={narrowed || view !== "all" ? t`No ticket fits` : t`No tickets yet`}>
          <p>{narrowed ? t`Try fewer filters or other words.` : nothing(view)}</p>
        </Empty>
      )}
      {tickets.length > 0 && (
        <ul ref={list} className="list">
          {tickets.map((ticket) => (
            <TicketRow key={ticket.id} ticket={ticket} isNamed={news.has(ticket.id)} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </div>
  );
}
