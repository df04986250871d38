// What agents did and do, narrowed by agent, state and outcome; what failed is begun anew from here.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { agentsQuery } from "../agents/queries";
import { OUTCOMES, runStatusName } from "../api/names";
import type { OutcomeKind, S } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { RUN_STATUSES, RunBadge } from "../parts/Badge";
import { MoreRows } from "../parts/MoreRows";
import { Pick } from "../parts/Pick";
import { useRows } from "../parts/rows";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { credits, sentence, words } from "../text/format";
import { type RunFilter, runsQuery } from "./queries";
import { RetryBar } from "./RetryBar";
import { isRetryable, outcomeText } from "./story";
import "./runs.css";

const OUTCOME_KINDS = Object.keys(OUTCOMES) as OutcomeKind[];
const NONE: ReadonlySet<string> = new Set();

export function RunsPage() {
  useTitle(t`Runs`);
  const search = useSearch({ from: "/staff/runs" });
  const { may } = useSession();
  const query = useInfiniteQuery(runsQuery(search));
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const list = useRows<HTMLUListElement>(t`Runs`);
  const [picked, setPicked] = useState(NONE);
  const mayRetry = may("retry_runs");
  const retryable = runs.filter(isRetryable);
  const selected = retryable.filter(({ id }) => picked.has(id));
  const pick = (id: string) =>
    setPicked((before) => {
      const after = new Set(before);
      if (!after.delete(id)) after.add(id);
      return after;
    });
  useShortcuts(t`Runs that failed`, [
    {
      keys: "x",
      label: t`Select for several at once`,
      when: mayRetry && retryable.length > 0,
      run: () => {
        const id = document.activeElement?.getAttribute("data-row");
        if (retryable.some((run) => run.id === id) && id) pick(id);
      },
    },
  ]);
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Runs</Trans>
        </h1>
        <Narrowing search={search} />
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && runs.length === 0 && <NoRuns search={search} />}
      {mayRetry && retryable.length > 1 && selected.length === 0 && (
        <p className="row small muted">
          <span>
            <Trans>
              <Plural value={retryable.length} one="# of these runs" other="# of these runs" />{" "}
              failed.
            </Trans>
          </span>
          <button
            type="button"
            className="button"
            data-size="small"
            onClick={() => setPicked(new Set(retryable.map(({ id }) => id)))}
          >
            <Trans>Select them</Trans>
          </button>
        </p>
      )}
      {selected.length > 0 && (
        <RetryBar
          selected={selected}
          onClear={() => setPicked(NONE)}
          onDone={(retried) =>
            setPicked((before) => new Set([...before].filter((id) => !retried.has(id))))
          }
        />
      )}
      {runs.length > 0 && (
        <ul ref={list} className="list">
          {runs.map((run) => (
            <Row
              key={run.id}
              run={run}
              isPicked={picked.has(run.id)}
              onPick={mayRetry && isRetryable(run) ? pick : undefined}
            />
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

function NoRuns({ search }: { search: RunFilter }) {
  const narrowed = Object.values(search).some((value) => value !== undefined);
  return (
    <Empty title={narrowed ? t`No run is like this` : t`No runs yet`}>
      {narrowed ? (
        <Link to="/runs">
          <Trans>All runs</Trans>
        </Link>
      ) : (
        <p>
          <Trans>An agent's work on a ticket shows here as soon as one comes in.</Trans>
        </p>
      )}
    </Empty>
  );
}

function Narrowing({ search }: { search: RunFilter }) {
  const navigate = useNavigate({ from: "/runs" });
  const { may } = useSession();
  const offered = useQuery({ ...agentsQuery, enabled: may("read_tools") }).data ?? [];
  // One that this service does not have any more may still have runs.
  const agents = [...new Set([...offered.map(({ name }) => name), search.agent ?? []].flat())];
  const set = (part: RunFilter) => void navigate({ search: (before) => ({ ...before, ...part }) });
  return (
    <>
      {search.ticket_id && (
        <Link to="/runs" search={{ ...search, ticket_id: undefined }} className="badge">
          <Trans>Of one ticket ✕</Trans>
        </Link>
      )}
      <Pick
        label={t`Agent`}
        any={t`Any agent`}
        value={search.agent}
        options={agents.map((name) => [name, words(name)])}
        onPick={(agent) => set({ agent })}
      />
      <Pick
        label={t`Status`}
        any={t`Any status`}
        value={search.status}
        options={RUN_STATUSES.map((each) => [each, runStatusName(each)])}
        onPick={(status) => set({ status })}
      />
      <Pick
        label={t`Outcome`}
        any={t`Any outcome`}
        value={search.outcome}
        options={OUTCOME_KINDS.map((each) => [each, t(OUTCOMES[each])])}
        onPick={(outcome) => set({ outcome })}
      />
    </>
  );
}

interface RowProps {
  run: S["RunRow"];
  isPicked: boolean;
  onPick?: (id: string) => void;
}

function Row({ run, isPicked, onPick }: RowProps) {
  const outcome = run.outcome && outcomeText(run.outcome);
  const says =
    run.error ??
    (outcome ? [outcome.title, outcome.detail].filter(Boolean).join(": ") : undefined) ??
    (run.waiting_for ? sentence(t`waits for ${run.waiting_for}`) : "");
  return (
    <li className="run-item" data-chosen={isPicked}>
      {onPick && (
        <label className="run-check">
          <input
            type="checkbox"
            checked={isPicked}
            onChange={() => onPick(run.id)}
            aria-label={t`Select the run of ${words(run.agent)}: ${says}`}
          />
        </label>
      )}
      <Link to="/runs/$id" params={{ id: run.id }} className="run-row" data-row={run.id}>
        <span className="run-agent">{words(run.agent)}</span>
        <RunBadge status={run.status} />
        <span className="grow truncate">
          {run.ticket && (
            <span className="run-ticket">
              #{run.ticket.number} {run.ticket.subject}
              {says && " · "}
            </span>
          )}
          <span className="muted">{says}</span>
        </span>
        <span className="muted small run-numbers">
          <Plural value={run.step_count} one="# step" other="# steps" /> ·{" "}
          {credits(run.usage.cost_micros)}
        </span>
        <span className="muted small run-time">
          <Ago at={run.created_at} />
        </span>
      </Link>
    </li>
  );
}
