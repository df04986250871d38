import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import type { Channel, Ticket, TicketStatus } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { Badge, PriorityBadge, TICKET_STATUSES, TicketBadge } from "../parts/Badge";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { Icon, type IconName } from "../shell/Icon";
import { words } from "../text/format";
import { ticketsQuery } from "./queries";
import "./tickets.css";

const CHANNELS: Record<Channel, IconName> = { chat: "chat", email: "mail", api: "code" };

export function TicketsPage() {
  useTitle("Tickets");
  const navigate = useNavigate({ from: "/tickets" });
  const search = useSearch({ from: "/staff/tickets" });
  const [typed, setTyped] = useState(search.q ?? "");
  const q = useSettled(typed.trim());
  const box = useRef<HTMLInputElement>(null);
  const list = useRows<HTMLUListElement>("Tickets");
  useShortcuts("Tickets, finding", [
    { keys: "/", label: "Search", run: () => box.current?.focus() },
  ]);

  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true });
  }, [q, navigate]);

  const query = useInfiniteQuery(ticketsQuery({ ...search, q: q || undefined }));
  const tickets = useMemo(
    () => query.data?.pages.flatMap((page) => page.items) ?? [],
    [query.data],
  );
  const filtered = Boolean(search.status || search.channel || q);

  return (
    <div className="page">
      <header className="page-head">
        <h1>Tickets</h1>
        <search className="row tickets-filter">
          <input
            ref={box}
            className="input tickets-search"
            type="search"
            placeholder="Search"
            aria-label="Search tickets by subject, tag, number or customer"
            maxLength={200}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
          <label>
            <span className="sr-only">Status</span>
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
              <option value="">Any status</option>
              {TICKET_STATUSES.map((status) => (
                <option key={status} value={status}>
                  {words(status)}
                </option>
              ))}
            </select>
          </label>
          <label>
            <span className="sr-only">Channel</span>
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
              <option value="">Any channel</option>
              {Object.keys(CHANNELS).map((channel) => (
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
        <Empty title={filtered ? "No ticket fits" : "No tickets yet"}>
          <p>
            {filtered
              ? "Try fewer filters or other words."
              : "They appear here when a customer writes by chat, mail or the API."}
          </p>
        </Empty>
      )}
      {tickets.length > 0 && (
        <ul ref={list} className="list">
          {tickets.map((ticket) => (
            <Row key={ticket.id} ticket={ticket} />
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

function Row({ ticket }: { ticket: Ticket }) {
  return (
    <li>
      <Link to="/tickets/$id" params={{ id: ticket.id }} className="ticket-row" data-row>
        <Icon name={CHANNELS[ticket.channel]} label={words(ticket.channel)} />
        <span className="ticket-number">#{ticket.number}</span>
        <span className="ticket-subject truncate">{ticket.subject}</span>
        <span className="ticket-marks">
          {ticket.tags.slice(0, 3).map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
          <PriorityBadge priority={ticket.priority} />
          <TicketBadge status={ticket.status} />
        </span>
        <span className="ticket-time muted small">
          <Ago at={ticket.updated_at} />
        </span>
      </Link>
    </li>
  );
}
