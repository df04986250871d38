import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Channel, TicketStatus } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { TICKET_STATUSES } from "../parts/Badge";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { words } from "../text/format";
import { mentionsQuery } from "./mentions";
import { ticketsQuery } from "./queries";
import { CHANNELS, TicketRow } from "./TicketRow";
import "./tickets.css";

export function TicketsPage() {
  useTitle(t`Tickets`);
  const navigate = useNavigate({ from: "/tickets" });
  const search = useSearch({ from: "/staff/tickets" });
  const [typed, setTyped] = useState(search.q ?? "");
  const q = useSettled(typed.trim());
  const box = useRef<HTMLInputElement>(null);
  const { userId } = useSession();
  const mentions = useQuery({ ...mentionsQuery, enabled: userId !== undefined }).data;
  const unseen = mentions?.unseen ?? 0;
  const news = new Set(
    mentions?.items.filter((each) => !each.seen_at).map((each) => each.ticket_id),
  );
  const list = useRows<HTMLUListElement>(t`Tickets`);
  useShortcuts(t`Tickets, finding`, [
    { keys: "/", label: t`Search`, run: () => box.current?.focus() },
  ]);

  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true });
  }, [q, navigate]);

  const query = useInfiniteQuery(ticketsQuery({ ...search, q: q || undefined }));
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
          <input
            ref={box}
            className="input tickets-search"
            type="search"
            placeholder={t`Search`}
            aria-label={t`Search tickets by subject, tag, number or customer`}
            maxLength={200}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
          <label>
            <span className="sr-only">
              <Trans>Status</Trans>
            </span>
            <select
              className="select"
              value={search.status ?? ""}
              onChange={(event) =>
                void navigate({
                  search: (before) => ({
                    ...before,
                    status: (event.target.value || undefined) as TicketStatus | undefined,
                  }),
                })
              }
            >
              <option value="">{t`Any status`}</option>
              {TICKET_STATUSES.map((status) => (
                <option key={status} value={status}>
                  {words(status)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span className="sr-only">
              <Trans>Channel</Trans>
            </span>
            <select
              className="select"
              value={search.channel ?? ""}
              onChange={(event) =>
                void navigate({
                  search: (before) => ({
                    ...before,
                    channel: (event.target.value || undefined) as Channel | undefined,
                  }),
                })
              }
            >
              <option value="">{t`Any channel`}</option>
              {CHANNELS.map((channel) => (
                <option key={channel} value={channel}>
                  {words(channel)}
                </option>
              ))}
            </select>
          </label>
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
