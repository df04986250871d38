// The reviewers' inbox: the queue on the left, the approval that is open on the right.
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { agentsQuery } from "../agents/queries";
import { mayActAs } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { APPROVAL_STATUSES, ApprovalBadge, Badge, RiskBadge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { useNow } from "../parts/now";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { count, percent, remaining, urgency, waited, words } from "../text/format";
import { BatchBar } from "./BatchBar";
import { approvalsQuery, type QueueStatus } from "./queries";
import { moved, neighbour, QueueContext, type Queued, queued } from "./queue";
import { BANDS, bandOf } from "./words";
import "./approvals.css";

const isWide = () => matchMedia("(min-width: 861px)").matches;

export function ApprovalsPage() {
  useTitle("Approvals");
  const navigate = useNavigate();
  const { id } = useParams({ strict: false });
  const { status = "pending" } = useSearch({ from: "/staff/approvals" });
  const session = useSession();
  const query = useInfiniteQuery(approvalsQuery(status));
  const items = useMemo(
    () => query.data?.pages.flatMap((page) => page.items.map(queued)) ?? [],
    [query.data],
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<string>();
  const list = useRef<HTMLUListElement>(null);
  const here = id ?? cursor;
  const mayDecide = mayActAs(session.role, "reviewer");

  const open = (next: string, replace: boolean) =>
    void navigate({
      to: "/approvals/$id",
      params: { id: next },
      search: status === "pending" ? {} : { status },
      replace,
    });

  const close = () =>
    void navigate({
      to: "/approvals",
      search: status === "pending" ? {} : { status },
      replace: true,
    });

  const move = (by: 1 | -1) => {
    const next = moved(items, here, by);
    if (!next) return;
    // On a phone only one of the two is on screen: the list keeps a cursor of its own.
    if (id || isWide()) open(next, true);
    else setCursor(next);
    list.current?.querySelector(`[data-id="${next}"]`)?.scrollIntoView({ block: "nearest" });
  };

  const toggle = (each: string) => {
    const next = new Set(chosen);
    if (!next.delete(each)) next.add(each);
    setChosen(next);
  };

  const selected = items.filter((item) => chosen.has(item.id) && item.status === "pending");
  const current = items.find((item) => item.id === here);

  useShortcuts("Approvals", [
    { keys: "j", label: "Next", run: () => move(1) },
    { keys: "k", label: "Previous", run: () => move(-1) },
    {
      keys: "Enter",
      label: "Open",
      run: () => {
        const target = here ?? items[0]?.id;
        if (target && target !== id) open(target, false);
        document.getElementById("approval")?.focus();
      },
    },
    {
      keys: "Space",
      label: "Select for several at once",
      when: mayDecide,
      run: () => current?.status === "pending" && toggle(current.id),
    },
  ]);

  const first = items[0]?.id;
  useEffect(() => {
    if (id || !first || !isWide()) return;
    void navigate({
      to: "/approvals/$id",
      params: { id: first },
      search: status === "pending" ? {} : { status },
      replace: true,
    });
  }, [id, first, status, navigate]);

  return (
    <div className="approvals" data-open={id !== undefined}>
      <section className="queue" aria-label="Queue">
        <header className="queue-head">
          <h1>Approvals</h1>
          <label>
            <span className="sr-only">Which approvals</span>
            <select
              className="select"
              value={status}
              onChange={(event) => {
                setChosen(new Set());
                setCursor(undefined);
                const next = event.target.value as QueueStatus;
                void navigate({
                  to: "/approvals",
                  search: next === "pending" ? {} : { status: next },
                });
              }}
            >
              <option value="pending">Waiting</option>
              {APPROVAL_STATUSES.filter((each) => each !== "pending").map((each) => (
                <option key={each} value={each}>
                  {words(each)}
                </option>
              ))}
              <option value="all">All</option>
            </select>
          </label>
        </header>
        {selected.length > 0 && (
          <BatchBar
            selected={selected}
            onClear={() => setChosen(new Set())}
            onDone={(decided) => {
              setChosen(new Set());
              if (!id || !decided.has(id)) return;
              const rest = items.filter((item) => !decided.has(item.id) || item.id === id);
              const next = neighbour(rest, id);
              if (next) open(next, true);
              else close();
            }}
          />
        )}
        {query.isPending && <Loading lines={6} />}
        {query.isError && !query.data && (
          <Failure error={query.error} retry={() => void query.refetch()} />
        )}
        {query.data && items.length === 0 && (
          <Empty title={status === "pending" ? "Nothing is waiting" : "None"}>
            <p>
              {status === "pending"
                ? "New proposals appear here by themselves."
                : "No approval has this status."}
            </p>
          </Empty>
        )}
        <ul ref={list} className="queue-list">
          {items.map((item) => (
            <QueueRow
              key={item.id}
              item={item}
              isHere={item.id === here}
              chosen={chosen.has(item.id)}
              onChoose={mayDecide ? () => toggle(item.id) : undefined}
              status={status}
            />
          ))}
        </ul>
        {query.hasNextPage && (
          <div className="more">
            <Button
              size="small"
              busy={query.isFetchingNextPage}
              onClick={() => void query.fetchNextPage()}
            >
              Show more
            </Button>
          </div>
        )}
        {items.length > 0 && (
          <p className="sr-only" role="status">
            {count(items.length, "approval")}
          </p>
        )}
      </section>
      <QueueContext.Provider
        value={{
          items,
          openAfter: (from) => {
            const next = neighbour(items, from);
            if (next) open(next, true);
            else close();
          },
        }}
      >
        <Outlet />
      </QueueContext.Provider>
    </div>
  );
}

function QueueRow({
  item,
  isHere,
  chosen,
  onChoose,
  status,
}: {
  item: Queued;
  isHere: boolean;
  chosen: boolean;
  onChoose?: () => void;
  status: QueueStatus;
}) {
  const now = useNow();
  const agents = useQuery(agentsQuery);
  const agent = agents.data?.find((each) => each.name === item.agent);
  const band = agent && BANDS[bandOf(item.confidence, agent.settings.thresholds)];
  const pending = item.status === "pending";
  const pressing = urgency(item.expires_at, now);
  const left = remaining(item.expires_at, now);
  return (
    <li className="queue-row" data-id={item.id} data-here={isHere} data-chosen={chosen}>
      {onChoose && pending && (
        <label className="queue-check">
          <input
            type="checkbox"
            checked={chosen}
            onChange={onChoose}
            aria-label={`Select: ${item.preview.title}`}
          />
        </label>
      )}
      <Link
        to="/approvals/$id"
        params={{ id: item.id }}
        search={status === "pending" ? {} : { status }}
        className="queue-link"
        aria-current={isHere ? "true" : undefined}
      >
        <span className="queue-title">{item.preview.title}</span>
        <span className="queue-sub">
          {item.ticket && `#${item.ticket.number} ${item.ticket.subject}`}
        </span>
        <span className="queue-marks">
          {pending ? <RiskBadge risk={item.risk} /> : <ApprovalBadge status={item.status} />}
          <Badge tone={band?.tone} title={band?.meaning}>
            {percent(item.confidence.score)}
            <span className="sr-only"> confidence</span>
          </Badge>
          <span className="muted small">{words(item.agent)}</span>
        </span>
        <span className="queue-times">
          <span title="Waiting since it was proposed">
            {pending ? waited(item.requested_at, now) : null}
          </span>
          {pending && (
            <span className="queue-expiry" data-urgency={pressing}>
              {left === "expired" ? left : `expires ${left}`}
            </span>
          )}
        </span>
      </Link>
    </li>
  );
}

export function NoApproval() {
  const { items } = useQueueItems();
  return (
    <section className="approval approval-none" aria-label="Approval">
      {items === 0 ? (
        <Empty title="All caught up">
          <p>Everything that needed a person has been decided.</p>
        </Empty>
      ) : (
        <Empty title="Choose an approval" />
      )}
    </section>
  );
}

function useQueueItems(): { items: number | undefined } {
  const { status = "pending" } = useSearch({ from: "/staff/approvals" });
  const { data } = useInfiniteQuery(approvalsQuery(status));
  return { items: data?.pages[0]?.items.length };
}
