// A live picture of the desk: what waits, what agents resolved, what it cost and what it saved.

import { plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { S } from "../api/words";
import { oldestQuery } from "../approvals/queries";
import { RiskBadge } from "../parts/Badge";
import { useNow } from "../parts/now";
import { Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { creditsOf } from "../safety/limits";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { waited } from "../text/format";
import { deskQuery } from "./queries";
import { Trends } from "./Trends";
import { longest, saved } from "./trend";
import "./home.css";

type Desk = S["DeskView"];

export function HomePage() {
  useTitle(t`Home`);
  const session = useSession();
  const desk = useQuery(deskQuery);
  return (
    <div className="page">
      <header className="page-head">
        <h1>{session.workspace.name}</h1>
      </header>
      {desk.isError && <Failure error={desk.error} retry={() => void desk.refetch()} />}
      {desk.isPending && <Loading lines={6} label={t`Loading the desk`} />}
      {desk.data && <Tiles desk={desk.data} />}
      <Oldest />
      {desk.data && <Became desk={desk.data} />}
      {desk.data && <Trends days={desk.data.days} />}
    </div>
  );
}

function Tiles({ desk }: { desk: Desk }) {
  const now = useNow();
  const { spent, today } = desk;
  const { confirmed, assumed, unhelpful, reopened } = today;
  const most = spent.most_a_day ? t`of ${creditsOf(spent.most_a_day)}; ` : "";
  return (
    <ul className="tiles">
      <Tile
        to={
          <Way to="/approvals">
            <Trans>Waiting for a decision</Trans>
          </Way>
        }
        value={`${desk.approvals.n}`}
        note={longest(desk.approvals, now)}
        strong={desk.approvals.n > 0}
      />
      <Tile
        to={
          <Way to="/tickets" search={{ status: "waiting_for_staff" }}>
            <Trans>Tickets waiting for staff</Trans>
          </Way>
        }
        value={`${desk.waiting_for_staff.n}`}
        note={longest(desk.waiting_for_staff, now)}
      />
      <Tile
        to={
          <Way to="/tickets" search={{ status: "open" }}>
            <Trans>Open tickets</Trans>
          </Way>
        }
        value={`${desk.open.n}`}
        note={plural(desk.runs.n, { one: "# run under way", other: "# runs under way" })}
      />
      <Tile
        // No list shows just these.
        to={<Trans>Resolved by agents today</Trans>}
        value={`${confirmed + assumed}`}
        note={t`${confirmed} confirmed, ${assumed} assumed; ${unhelpful} of no help, ${reopened} reopened`}
      />
      <Tile
        to={
          <Way to="/safety/limits">
            <Trans>Credits spent today</Trans>
          </Way>
        }
        value={creditsOf(spent.today)}
        note={t`${most}${creditsOf(spent.month)} this month`}
      />
      <Tile
        to={
          <Way to="/safety">
            <Trans>Stopped</Trans>
          </Way>
        }
        value={`${desk.breakers_open}`}
        note={desk.breakers_open === 0 ? t`every agent and tool works` : t`see why, and what waits`}
        strong={desk.breakers_open > 0}
      />
    </ul>
  );
}

function Tile({
  to,
  value,
  note,
  strong = false,
}: {
  to: ReactNode;
  value: string;
  note?: string;
  strong?: boolean;
}) {
  return (
    <li className="card tile" data-strong={strong}>
      <span className="tile-value">{value}</span>
      <span className="tile-name">{to}</span>
      {note && <span className="muted small">{note}</span>}
    </li>
  );
}

/** What became of what agents resolved; a guess is never shown as more than that. */
function Became({ desk }: { desk: Desk }) {
  const { confirmed, assumed, unhelpful, reopened } = desk.resolved;
  const { minutes, minutes_per_ticket } = desk.time_saved;
  return (
    <section aria-label={t`Resolved by agents`}>
      <h2 className="home-heading">
        <Trans>Resolved by agents in {desk.days.length} days</Trans>
      </h2>
      <dl className="card became">
        <Part
          name={t`Confirmed`}
          series="confirmed"
          value={confirmed}
          words={t`The customer said that it helped.`}
        />
        <Part name={t`Assumed`} series="assumed" value={assumed} words={t`Nobody has objected.`} />
        <Part
          name={t`Unhelpful`}
          series="unhelpful"
          value={unhelpful}
          words={t`The customer said that it did not help.`}
        />
        <Part
          name={t`Reopened`}
          series="reopened"
          value={reopened}
          words={t`Opened again afterwards.`}
        />
        <div className="became-part">
          <dt>
            <Trans>Time saved</Trans>
          </dt>
          <dd>
            <span className="became-value">{saved(minutes)}</span>
            <span className="muted small">
              <Trans>
                An estimate: <Plural value={confirmed + assumed} one="# ticket" other="# tickets" />{" "}
                that stayed resolved, taken to cost a person {minutes_per_ticket} minutes each.
              </Trans>
            </span>
          </dd>
        </div>
      </dl>
    </section>
  );
}

function Part({
  name,
  series,
  value,
  words,
}: {
  name: string;
  series: keyof Desk["resolved"];
  value: number;
  words: string;
}) {
  return (
    <div className="became-part">
      <dt>
        <span className="trend-swatch" data-series={series} aria-hidden="true" />
        {name}
      </dt>
      <dd>
        <span className="became-value">{value}</span>
        <span className="muted small">{words}</span>
      </dd>
    </div>
  );
}

const LISTED = 5;

function Oldest() {
  const now = useNow();
  const enabled = useSession().may("read_approvals");
  const { data } = useQuery({ ...oldestQuery, enabled });
  if (!data) return null;
  const { items } = data;
  return (
    <section className="home-oldest">
      <h2 className="home-heading">
        <Trans>Waiting longest</Trans>
      </h2>
      {items.length === 0 ? (
        <p className="card home-calm muted">
          <Trans>Nothing waits for a person.</Trans>
        </p>
      ) : (
        <ul className="list">
          {items.slice(0, LISTED).map(({ approval, ticket }) => (
            <li key={approval.id}>
              <Link to="/approvals/$id" params={{ id: approval.id }} className="home-row">
                <span className="grow">
                  <span className="home-title">{approval.preview.title}</span>
                  {ticket && (
                    <span className="muted small">
                      {" "}
                      #{ticket.number} {ticket.subject}
                    </span>
                  )}
                </span>
                <RiskBadge risk={approval.risk} />
                <span className="muted small">{waited(approval.requested_at, now)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
