// Two runs beside each other: how they ended, what they cost, and where their journals part.
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Run, S, Step } from "../api/words";
import { RunBadge } from "../parts/Badge";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { credits, lowerFirst, took, words } from "../text/format";
import { fullTime } from "../text/times";
import { pairs } from "./compare";
import { runQuery, runsOfTicketQuery, runsQuery } from "./queries";
import { outcomeText, sentenceOf } from "./story";
import "./runs.css";
import { runStatusName } from "../api/names";
import { tags } from "../text/language";

type Side = "left" | "right";

export function CompareRunsPage() {
  useTitle(t`Compare runs`);
  const { left, right } = useSearch({ from: "/staff/runs/compare" });
  const one = useQuery({ ...runQuery(left ?? ""), enabled: Boolean(left) });
  const other = useQuery({ ...runQuery(right ?? ""), enabled: Boolean(right) });
  const near = one.data?.run ?? other.data?.run;
  return (
    <div className="page">
      <header className="stack">
        <Link to="/runs" className="muted small">
          <Trans>Runs</Trans>
        </Link>
        <h1>
          <Trans>Compare runs</Trans>
        </h1>
      </header>
      <div className="compare-heads">
        <Pick side="left" id={left} near={near} />
        <Pick side="right" id={right} near={near} />
      </div>
      {[one, other].map(
        (query, n) =>
          query.isError && (
            <Failure
              key={n === 0 ? "left" : "right"}
              error={query.error}
              retry={() => void query.refetch()}
            />
          ),
      )}
      {(one.isLoading || other.isLoading) && <Loading lines={6} />}
      {!(left && right) && (
        <Empty title={t`Choose two runs`}>
          <p>
            <Trans>Their outcomes, costs and steps stand beside each other.</Trans>
          </p>
        </Empty>
      )}
      {one.data && other.data && (
        <>
          <Figures left={one.data} right={other.data} />
          <Steps left={one.data.steps} right={other.data.steps} />
        </>
      )}
    </div>
  );
}

/** Which run stands on this side: of the same ticket first, then the latest. */
function Pick({ side, id, near }: { side: Side; id?: string; near?: Run }) {
  const navigate = useNavigate({ from: "/runs/compare" });
  const ticketId = near?.ticket_id ?? undefined;
  const ofTicket = useQuery({ ...runsOfTicketQuery(ticketId ?? ""), enabled: Boolean(ticketId) });
  const latest = useInfiniteQuery(runsQuery({}));
  const known = new Map<string, S["RunRow"]>();
  for (const run of [...(ofTicket.data?.items ?? []), ...(latest.data?.pages[0]?.items ?? [])])
    known.set(run.id, run);
  const label = side === "left" ? t`First run` : t`Second run`;
  return (
    <label className="stack">
      <span className="small">{label}</span>
      <select
        className="select"
        value={id ?? ""}
        onChange={(event) =>
          void navigate({
            search: (before) => ({ ...before, [side]: event.target.value || undefined }),
            replace: true,
          })
        }
      >
        <option value="">{t`Choose`}</option>
        {id && !known.has(id) && <option value={id}>{id}</option>}
        {[...known.values()].map((run) => (
          <option key={run.id} value={run.id}>
            {run.ticket_id && run.ticket_id === ticketId ? t`This ticket: ` : ""}
            {[
              run.ticket && `#${run.ticket.number} ${run.ticket.subject}`,
              words(run.agent),
              lowerFirst(runStatusName(run.status)),
              fullTime(run.created_at),
            ]
              .filter(Boolean)
              .join(", ")}
          </option>
        ))}
      </select>
    </label>
  );
}

interface Whole {
  run: Run;
  steps: Step[];
}

function Figures({ left, right }: { left: Whole; right: Whole }) {
  const rows: [string, (one: Whole) => ReactNode][] = [
    [t`Status`, ({ run }) => <RunBadge status={run.status} />],
    [t`Outcome`, ({ run }) => (run.outcome ? outcomeText(run.outcome).title : t`None yet`)],
    [t`Steps`, ({ run }) => plural(run.step_count, { one: "# step", other: "# steps" })],
    [t`Tokens`, ({ run }) => (run.usage.tokens_in + run.usage.tokens_out).toLocaleString(tags())],
    [t`Cost`, ({ run }) => credits(run.usage.cost_micros)],
    [t`Time`, ({ steps }) => timeOf(steps)],
    [t`Models`, ({ steps }) => modelsOf(steps)],
    [t`Prompts`, ({ steps }) => promptsOf(steps)],
  ];
  return (
    <table className="compare-figures">
      <thead>
        <tr>
          <th scope="col">
            <span className="sr-only">
              <Trans>What</Trans>
            </span>
          </th>
          <th scope="col">
            <Link to="/runs/$id" params={{ id: left.run.id }}>
              <Trans>First</Trans>
            </Link>
          </th>
          <th scope="col">
            <Link to="/runs/$id" params={{ id: right.run.id }}>
              <Trans>Second</Trans>
            </Link>
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(([name, show]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{show(left)}</td>
            <td>{show(right)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function timeOf(steps: readonly Step[]): string {
  const [first, last] = [steps[0], steps.at(-1)];
  return first && last ? took(first.started_at, last.finished_at) : t`None`;
}

function modelsOf(steps: readonly Step[]): string {
  const names = new Set(steps.flatMap((step) => step.model ?? []));
  return [...names].join(", ") || t`None`;
}

function promptsOf(steps: readonly Step[]): string {
  const names = new Set(steps.flatMap((step) => step.prompt ?? []));
  return [...names].join(", ") || t`None`;
}

function Steps({ left, right }: { left: Step[]; right: Step[] }) {
  const lines = pairs(left, right);
  const different = lines.filter((line) => !line.same).length;
  return (
    <section aria-labelledby="compare-steps">
      <h2 id="compare-steps" className="run-heading">
        {different === 0
          ? t`Both did the same`
          : t`${plural(different, { one: "# step", other: "# steps" })} differ`}
      </h2>
      <ol className="compare-steps">
        {lines.map(({ left: one, right: other, same }) => (
          <li key={`${one?.seq ?? "-"} ${other?.seq ?? "-"}`} data-same={same}>
            <Cell step={one} side={t`First`} />
            <Cell step={other} side={t`Second`} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function Cell({ step, side }: { step?: Step; side: string }) {
  if (!step) {
    return (
      <div className="compare-cell muted small">
        <Trans>
          <span className="sr-only">{side}: </span>Not done
        </Trans>
      </div>
    );
  }
  const { title, detail } = sentenceOf(step.body);
  return (
    <div className="compare-cell">
      <div>
        <span className="sr-only">{side}: </span>
        {title}
      </div>
      {detail && <p className="step-detail">{detail}</p>}
      <div className="muted small">
        {took(step.started_at, step.finished_at)}
        {step.usage.cost_micros > 0 && ` · ${credits(step.usage.cost_micros)}`}
      </div>
    </div>
  );
}
