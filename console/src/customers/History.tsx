// A customer's history over their tickets, read from the tickets' own timelines: the latest few, and more when asked for.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useQueries } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Ticket } from "../api/words";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { Icon } from "../shell/Icon";
import { fullTime, shortDay } from "../text/times";
import { timelineQuery } from "../tickets/queries";
import { byMonth, entriesOf } from "./history";

/** Tickets whose timelines are read at once. */
const AT_ONCE = 10;

export default function History({ tickets }: { tickets: Ticket[] }) {
  const [shown, setShown] = useState(AT_ONCE);
  const read = [...tickets]
    .sort((a, b) => b.created_at.localeCompare(a.created_at))
    .slice(0, shown);
  const queries = useQueries({ queries: read.map(({ id }) => timelineQuery(id)) });
  const months = byMonth(
    read.flatMap((ticket, at) => entriesOf(ticket, queries[at]?.data?.events ?? [])),
  );
  const failed = queries.filter((query) => query.isError && !query.data);
  return (
    <>
      {months.map(({ month, entries }) => (
        <section key={month} aria-label={month}>
          <h3 className="customer-month muted small">{month}</h3>
          <ul className="list">
            {entries.map(({ id, at, ticket, line }) => (
              <li key={id} className="customer-entry" data-strong={line.strong}>
                <Icon name={line.icon} />
                <div className="grow">
                  <div>{line.text}</div>
                  <Link to="/tickets/$id" params={{ id: ticket.id }} className="small" data-row>
                    #{ticket.number} {ticket.subject}
                  </Link>
                </div>
                <time className="muted small" dateTime={at} title={fullTime(at)}>
                  {shortDay(at)}
                </time>
              </li>
            ))}
          </ul>
        </section>
      ))}
      {queries.some((query) => query.isPending) && (
        <Loading lines={4} label={t`Loading the timelines`} />
      )}
      {failed[0] && (
        <Failure
          error={failed[0].error}
          retry={() => {
            for (const query of failed) void query.refetch();
          }}
        />
      )}
      {tickets.length > shown && (
        <div className="row customer-more">
          <span className="muted small">
            <Plural value={shown} one="Of the latest ticket." other="Of the latest # tickets." />
          </span>
          <Button size="small" onClick={() => setShown(shown + AT_ONCE)}>
            <Trans>Earlier tickets, too</Trans>
          </Button>
        </div>
      )}
    </>
  );
}
