import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { Run, RunStatus } from "../api/words";
import { RUN_STATUSES, RunBadge } from "../parts/Badge";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { count, credits, sentence, words } from "../text/format";
import { runsQuery } from "./queries";
import { outcomeText } from "./story";
import "./runs.css";

export function RunsPage() {
  useTitle("Runs");
  const navigate = useNavigate({ from: "/runs" });
  const search = useSearch({ from: "/staff/runs" });
  const query = useInfiniteQuery(runsQuery(search));
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const list = useRows<HTMLUListElement>("Runs");
  return (
    <div className="page">
      <header className="page-head">
        <h1>Runs</h1>
        {search.ticket_id && (
          <Link to="/runs" search={{ status: search.status }} className="badge">
            Of one ticket ✕
          </Link>
        )}
        <label>
          <span className="sr-only">Status</span>
          <select
            className="select"
            value={search.status ?? ""}
            onChange={(event) =>
              void navigate({
                search: (before) => ({
                  ...before,
                  status: (event.target.value || undefined) as RunStatus | undefined,
                }),
              })
            }
          >
            <option value="">Any status</option>
            {RUN_STATUSES.map((status) => (
              <option key={status} value={status}>
                {words(status)}
              </option>
            ))}
          </select>
        </label>
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && runs.length === 0 && (
        <Empty title={search.status ? "No run has this status" : "No runs yet"}>
          <p>An agent's work on a ticket is one run.</p>
        </Empty>
      )}
      {runs.length > 0 && (
        <ul ref={list} className="list">
          {runs.map((run) => (
            <Row key={run.id} run={run} />
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

function Row({ run }: { run: Run }) {
  const outcome = run.outcome && outcomeText(run.outcome);
  const says =
    run.error ??
    (outcome ? [outcome.title, outcome.detail].filter(Boolean).join(": ") : undefined) ??
    (run.waiting_for ? sentence(`waits for ${run.waiting_for}`) : "");
  return (
    <li>
      <Link to="/runs/$id" params={{ id: run.id }} className="run-row" data-row>
        <span className="run-agent">{words(run.agent)}</span>
        <RunBadge status={run.status} />
        <span className="grow truncate muted">{says}</span>
        <span className="muted small run-numbers">
          {count(run.step_count, "step")} · {credits(run.usage.cost_micros)}
        </span>
        <span className="muted small run-time">
          <Ago at={run.created_at} />
        </span>
      </Link>
    </li>
  );
}
