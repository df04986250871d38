import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { channelName, ticketStatusName } from "../api/names";
import { TICKET_STATUSES } from "../parts/Badge";
import { FindBox } from "../parts/FindBox";
import { MoreRows } from "../parts/MoreRows";
import { Pick } from "../parts/Pick";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { mentionsQuery } from "./mentions";
import { ticketsQuery } from "./queries";
import { CHANNELS, TicketRow } from "./TicketRow";
import "./tickets.css";

export function TicketsPage() {
  useTitle(t`Tickets`);
  const navigate = useNavigate({ from: "/tickets" });
  const search = useSearch({ from: "/staff/tickets" });
  const { q } = search;
  const { userId } = useSession();
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
  const filtered = Boolean(
    search.status || search.channel || search.waiting || search.mentioned || q,
  );

  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Tickets</Trans>
        </h1>
        <Segmented
          label={t`View`}
          value={search.mentioned ? "mentioned" : search.waiting ? "waiting" : "all"}
          options={[
            ["all", t`All`],
            ["waiting", t`Needs a person`],
            ...(userId
              ? [["mentioned", unseen ? t`Mentions me (${unseen})` : t`Mentions me`] as const]
              : []),
          ]}
          onPick={(view) =>
            void navigate({
              search: (before) => ({
                ...before,
                waiting: view === "waiting" || undefined,
                mentioned: view === "mentioned" || undefined,
              }),
            })
          }
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
        </search>
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && tickets.length === 0 && (
        <Empty title={filtered ? t`No ticket fits` : t`No tickets yet`}>
          <p>
            {search.mentioned && !search.status && !search.channel && !q
              ? t`No note names you. Colleagues name you with @ and your name.`
              : search.waiting && !search.status && !search.channel && !q
                ? t`Nothing waits for a person.`
                : filtered
                  ? t`Try fewer filters or other words.`
                  : t`They appear here when a customer writes by chat, mail or the API.`}
          </p>
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
