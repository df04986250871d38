// A customer's own tickets, of every channel; for who has not signed in, the way to do it.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { MoreRows } from "../parts/MoreRows";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { fullTime } from "../text/times";
import { AskForLink } from "./AskForLink";
import { ownTicketsQuery } from "./queries";
import { type Customer, customerQuery, of } from "./session";
import { standingOf } from "./standing";
import "./portal.css";

export function OwnTicketsPage() {
  useTitle(t`My tickets`);
  const { workspace } = useSearch({ from: "/help" });
  const session = useQuery(customerQuery);
  const customer = of(session.data, true, workspace);
  if (session.isPending) return <Loading lines={6} />;
  if (session.isError) {
    return <Failure error={session.error} retry={() => void session.refetch()} />;
  }
  return (
    <>
      <h1>
        <Trans>My tickets</Trans>
      </h1>
      {customer ? <List customer={customer} /> : <AskForLink workspace={workspace} />}
    </>
  );
}

function List({ customer }: { customer: Customer }) {
  const { workspace } = useSearch({ from: "/help" });
  const search = workspace ? { workspace } : {};
  const query = useInfiniteQuery(ownTicketsQuery);
  const tickets = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <p className="muted">
        <Trans>
          What you asked {customer.workspace.name} as {customer.email}, by mail, chat or form.
        </Trans>{" "}
        {customer.company_tickets && (
          <Trans>What your colleagues asked is here to read as well.</Trans>
        )}
      </p>
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && tickets.length === 0 && (
        <Empty title={t`None yet`}>
          <p>
            <Link to="/help/ask" search={search}>
              <Trans>Write to us</Trans>
            </Link>
          </p>
        </Empty>
      )}
      {tickets.length > 0 && (
        <ul className="help-list">
          {tickets.map((ticket) => (
            <Row key={ticket.id} ticket={ticket} search={search} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </>
  );
}

function Row({ ticket, search }: { ticket: S["OwnTicket"]; search: { workspace?: string } }) {
  const { words, tone } = standingOf(ticket.standing);
  const asker = ticket.asked_by ?? t`a colleague`;
  return (
    <li>
      <Link
        to="/help/tickets/$id"
        params={{ id: ticket.id }}
        search={search}
        className="help-article"
      >
        <span className="row">
          <strong className="grow truncate">{ticket.subject}</strong>
          <Badge tone={tone}>{words}</Badge>
        </span>
        <span className="muted">
          #{ticket.number}, {fullTime(ticket.created_at)}
          {!ticket.mine && <Trans>, asked by {asker}</Trans>}
        </span>
      </Link>
    </li>
  );
}
