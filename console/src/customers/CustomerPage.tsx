// One customer: who they are, who writes for them, and what was between us.

import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import type { Customer, Ticket } from "../api/words";
import { Badge } from "../parts/Badge";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { words } from "../text/format";
import { TicketRow } from "../tickets/TicketRow";
import { AddContact } from "./AddContact";
import { customerQuery } from "./queries";
import { monthOf, opensOf } from "./tickets";
import "./customers.css";
import { languageOf } from "../text/language";
import { dayName } from "../text/times";

/** Read when it is asked for: it takes the timelines of many tickets. */
const History = lazy(() => import("./History"));

/** What one answer holds at most. */
const MOST_TICKETS = 50;

export function CustomerPage() {
  const { id } = useParams({ from: "/staff/customers/$id" });
  const query = useQuery(customerQuery(id));
  const session = useSession();
  useTitle(query.data?.customer.name ?? t`Customer`);
  if (query.isPending) return <Loading lines={8} />;
  if (query.isError && !query.data) {
    return (
      <div className="page">
        {"status" in query.error && query.error.status === 404 ? (
          <Empty title={t`This customer does not exist`}>
            <Link to="/customers">
              <Trans>All customers</Trans>
            </Link>
          </Empty>
        ) : (
          <Failure error={query.error} retry={() => void query.refetch()} />
        )}
      </div>
    );
  }
  const { customer, contacts, tickets } = query.data;
  const masked = !session.may("see_personal_data");
  const fields = Object.entries(customer.fields);
  return (
    <div className="page customer">
      <header className="stack">
        <Link to="/customers" className="muted small">
          <Trans>Customers</Trans>
        </Link>
        <h1>
          {customer.name}{" "}
          {customer.tier !== "standard" && <Badge tone="blue">{words(customer.tier)}</Badge>}
        </h1>
        <p className="muted small">
          {tickets && `${opensOf(tickets)} · `}
          <Trans>
            known since <time dateTime={customer.created_at}>{dayName(customer.created_at)}</time>
          </Trans>
        </p>
      </header>
      <div className="customer-columns">
        {tickets && <Tickets tickets={tickets} customer={customer} />}
        <aside className="stack">
          <section className="card section" aria-labelledby="customer-contacts">
            <h2 id="customer-contacts" className="customer-heading">
              <Plural value={contacts.length} one="# contact" other="# contacts" />
            </h2>
            <ul className="customer-contacts">
              {contacts.map((contact) => (
                <li key={contact.id}>
                  <div>{contact.name}</div>
                  <div className="muted small">
                    {masked ? (
                      contact.email
                    ) : (
                      <a href={`mailto:${contact.email}`}>{contact.email}</a>
                    )}
                  </div>
                </li>
              ))}
            </ul>
            {session.may("edit_tickets") && <AddContact customerId={customer.id} />}
          </section>
          <section className="card section" aria-labelledby="customer-facts">
            <h2 id="customer-facts" className="customer-heading">
              <Trans>Record</Trans>
            </h2>
            <dl className="facts small">
              <dt>
                <Trans>Tier</Trans>
              </dt>
              <dd>{words(customer.tier)}</dd>
              <dt>
                <Trans>Language</Trans>
              </dt>
              <dd>{languageOf(customer.locale)}</dd>
              {fields.map(([name, value]) => (
                <div key={name} className="facts-row">
                  <dt>{words(name)}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
              <dt>
                <Trans>Changed</Trans>
              </dt>
              <dd>
                <Ago at={customer.updated_at} />
              </dd>
            </dl>
          </section>
        </aside>
      </div>
    </div>
  );
}

function Tickets({ tickets, customer }: { tickets: Ticket[]; customer: Customer }) {
  const list = useRows<HTMLDivElement>(t`Tickets of the customer`);
  const [view, setView] = useState<"tickets" | "timeline">("tickets");
  return (
    <section aria-labelledby="customer-tickets">
      <div className="row">
        <h2 id="customer-tickets" className="customer-heading grow">
          <Trans>Tickets</Trans>
        </h2>
        {tickets.length > 0 && (
          <Segmented
            label={t`How to show them`}
            value={view}
            options={[
              ["tickets", t`Tickets`],
              ["timeline", t`Timeline`],
            ]}
            onPick={setView}
          />
        )}
      </div>
      {tickets.length === 0 ? (
        <Empty title={t`No tickets yet`} />
      ) : view === "timeline" ? (
        <div ref={list}>
          <Suspense fallback={<Loading lines={6} />}>
            <History tickets={tickets} />
          </Suspense>
        </div>
      ) : (
        <div ref={list}>
          {monthOf(tickets).map(({ month, tickets: those }) => (
            <section key={month} aria-label={month}>
              <h3 className="customer-month muted small">{month}</h3>
              <ul className="list">
                {those.map((ticket) => (
                  <TicketRow key={ticket.id} ticket={ticket} />
                ))}
              </ul>
            </section>
          ))}
          {tickets.length >= MOST_TICKETS && (
            <p className="muted small">
              <Trans>
                The latest {MOST_TICKETS} are shown.{" "}
                <Way to="/tickets" search={{ q: customer.name }}>
                  Find older ones
                </Way>
              </Trans>
            </p>
          )}
        </div>
      )}
    </section>
  );
}
