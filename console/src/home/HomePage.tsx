// Where things stand, in four numbers, and what has waited longest.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { api, send } from "../api/client";
import { approvalsQuery } from "../approvals/queries";
import { RiskBadge } from "../parts/Badge";
import { useNow } from "../parts/now";
import { Failure } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { waited } from "../text/format";
import "./home.css";

const MOST = 100;

interface Tally {
  n: number;
  /** There are more than were counted. */
  more: boolean;
}

const tally = (page: { items: unknown[]; next_cursor?: string | null }): Tally => ({
  n: page.items.length,
  more: Boolean(page.next_cursor),
});

const shown = ({ n, more }: Tally) => (more ? `${n}+` : `${n}`);

function useTickets(status: "open" | "waiting_for_staff") {
  return useQuery({
    queryKey: ["home", "tickets", status],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/tickets", { params: { query: { status, limit: MOST } }, signal })).then(
        tally,
      ),
  });
}

function useResolved() {
  return useQuery({
    queryKey: ["home", "resolved"],
    queryFn: async ({ signal }) => {
      const page = await send(
        api.GET("/v1/runs", { params: { query: { status: "done", limit: MOST } }, signal }),
      );
      const n = page.items.filter(
        (run) => run.outcome?.type === "answered" && run.outcome.resolved,
      ).length;
      return { n, of: page.items.length };
    },
  });
}

export function HomePage() {
  useTitle("Home");
  const session = useSession();
  const approvals = useInfiniteQuery(approvalsQuery("pending"));
  const open = useTickets("open");
  const staff = useTickets("waiting_for_staff");
  const resolved = useResolved();
  const failed = [approvals, open, staff, resolved].find((query) => query.isError && !query.data);
  const waiting = approvals.data?.pages[0];
  return (
    <div className="page">
      <header className="page-head">
        <h1>{session.workspace.name}</h1>
      </header>
      {failed?.error && (
        <Failure
          error={failed.error}
          retry={() => {
            for (const query of [approvals, open, staff, resolved]) void query.refetch();
          }}
        />
      )}
      <ul className="tiles">
        <Tile
          to={<Link to="/approvals">Waiting for a decision</Link>}
          value={waiting && shown(tally(waiting))}
          strong={(waiting?.items.length ?? 0) > 0}
        />
        <Tile
          to={
            <Link to="/tickets" search={{ status: "waiting_for_staff" }}>
              Tickets waiting for staff
            </Link>
          }
          value={staff.data && shown(staff.data)}
        />
        <Tile
          to={
            <Link to="/tickets" search={{ status: "open" }}>
              Open tickets
            </Link>
          }
          value={open.data && shown(open.data)}
        />
        <Tile
          to={
            <Link to="/runs" search={{ status: "done" }}>
              Resolved by agents
            </Link>
          }
          value={resolved.data && `${resolved.data.n}`}
          note={resolved.data && `of the last ${resolved.data.of} finished runs`}
        />
      </ul>
      <Oldest />
    </div>
  );
}

function Tile({
  to,
  value,
  note,
  strong = false,
}: {
  to: ReactNode;
  value?: string;
  note?: string;
  strong?: boolean;
}) {
  return (
    <li className="card tile" data-strong={strong}>
      <span className="tile-value">{value ?? "–"}</span>
      <span className="tile-name">{to}</span>
      {note && <span className="muted small">{note}</span>}
    </li>
  );
}

const LISTED = 5;

function Oldest() {
  const now = useNow();
  const { data } = useInfiniteQuery(approvalsQuery("pending"));
  if (!data) return null;
  const items = data.pages
    .flatMap((page) => page.items)
    .sort((a, b) => a.approval.requested_at.localeCompare(b.approval.requested_at));
  return (
    <section>
      <h2 className="home-heading">Waiting longest</h2>
      {items.length === 0 ? (
        <p className="card home-calm muted">Nothing waits for a person.</p>
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
