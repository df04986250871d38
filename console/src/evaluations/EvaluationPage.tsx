// One evaluation: what it comes to, what it gained and lost, and what came of its cases.

import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { credits } from "../text/format";
import { Holds } from "./EvaluationsPage";
import { evaluationQuery, resultsQuery } from "./queries";
import { SHOWN, type Shown } from "./shown";
import { changeWords, interval, share } from "./words";
import "./evaluations.css";

const LABELS: Record<Shown, MessageDescriptor> = {
  changed: msg`Changed`,
  failed: msg`Failed`,
  critical: msg`Critical`,
  passed: msg`Passed`,
  all: msg`All`,
};

export function EvaluationPage() {
  useTitle(t`Evaluation`);
  const { id } = useParams({ from: "/staff/evaluations/$id" });
  const query = useQuery(evaluationQuery(id));
  return (
    <div className="page stack">
      <Link to="/evaluations" className="small">
        <Trans>← All suites</Trans>
      </Link>
      {query.isPending && <Loading lines={8} label={t`Loading the evaluation`} />}
      {query.isError &&
        !query.data &&
        ("status" in query.error && query.error.status === 404 ? (
          <Empty title={t`This evaluation does not exist`}>
            <p>
              <Trans>Of each suite the last hundred are kept.</Trans>
            </p>
          </Empty>
        ) : (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ))}
      {query.data && <Loaded evaluation={query.data} />}
    </div>
  );
}

function Loaded({ evaluation }: { evaluation: S["Evaluation"] }) {
  return (
    <>
      <header className="page-head">
        <h1>{evaluation.suite}</h1>
        <Holds holds={evaluation.holds} />
      </header>
      {evaluation.about && <p className="muted">{evaluation.about}</p>}
      <Facts evaluation={evaluation} />
      {evaluation.since && <SinceBefore since={evaluation.since} now={evaluation.share} />}
      {evaluation.below.length > 0 && (
        <div className="notice" data-tone="red">
          <ul className="grow">
            {evaluation.below.map((text) => (
              <li key={text}>{text}</li>
            ))}
          </ul>
        </div>
      )}
      <Results evaluation={evaluation} />
    </>
  );
}

function Facts({ evaluation }: { evaluation: S["Evaluation"] }) {
  const { published_by: by } = evaluation;
  const who = "name" in by ? by.name : t`the service`;
  const measures = Object.entries(evaluation.measures);
  return (
    <section className="card section" aria-label={t`What it comes to`}>
      <dl className="facts">
        <dt>
          <Trans>Passed</Trans>
        </dt>
        <dd>
          <strong>{share(evaluation.share)}</strong>{" "}
          <span className="muted small">
            <Trans>
              {evaluation.passed} of {evaluation.attempts}; 95 of 100 times{" "}
              {interval(evaluation.interval)}; at least {share(evaluation.cutoff)} is wanted
            </Trans>
          </span>
        </dd>
        <dt>
          <Trans>Critical</Trans>
        </dt>
        <dd>{plural(evaluation.critical, { one: "# case", other: "# cases" })}</dd>
        {evaluation.pass_hat.length > 1 && (
          <>
            <dt>
              <Trans>So many times in a row</Trans>
            </dt>
            <dd>
              {evaluation.pass_hat.map((likely, index) => {
                const times = index + 1;
                return (
                  <span key={times} className="pass-hat">
                    <Trans>
                      pass^{times} {share(likely)}
                    </Trans>
                  </span>
                );
              })}
            </dd>
          </>
        )}
        {measures.map(([name, value]) => (
          <div key={name} className="facts-row">
            <dt>{name}</dt>
            <dd>{value.toFixed(4)}</dd>
          </div>
        ))}
        <dt>
          <Trans>Tried</Trans>
        </dt>
        <dd className="break">
          <Trans>
            version {evaluation.version}, model {evaluation.model}, seed {evaluation.seed}
          </Trans>
        </dd>
        <dt>
          <Trans>Cost</Trans>
        </dt>
        <dd>{credits(evaluation.cost_micros)}</dd>
        <dt>
          <Trans>Published</Trans>
        </dt>
        <dd>
          <Trans>
            <Ago at={evaluation.published_at} /> by {who}
          </Trans>
        </dd>
      </dl>
    </section>
  );
}

function SinceBefore({ since, now }: { since: S["Since"]; now: number }) {
  const tone = since.lost > 0 ? "amber" : since.gained > 0 ? "green" : undefined;
  return (
    <div className="notice" data-tone={tone}>
      <div className="grow">
        <strong>
          <Trans>
            {since.gained} gained, {since.lost} lost
          </Trans>
        </strong>
        <div className="small break">
          <Trans>
            since{" "}
            <Link to="/evaluations/$id" params={{ id: since.id }}>
              version {since.version} on {since.model}
            </Link>
            : {share(since.share)} then, {share(now)} now; {since.added} new, {since.gone} gone
          </Trans>
        </div>
      </div>
    </div>
  );
}

function Results({ evaluation }: { evaluation: S["Evaluation"] }) {
  const search = useSearch({ from: "/staff/evaluations/$id" });
  const navigate = useNavigate({ from: "/evaluations/$id" });
  const shown = search.show ?? "failed";
  const query = useInfiniteQuery(resultsQuery(evaluation.id, shown));
  const results = query.data?.pages.flatMap((page) => page.items) ?? [];
  const list = useRows<HTMLUListElement>(t`Cases`);
  return (
    <section className="stack" aria-labelledby="evaluation-cases">
      <div className="row">
        <h2 id="evaluation-cases" className="grow">
          <Trans>Cases</Trans>
        </h2>
        <Segmented
          label={t`Which cases`}
          value={shown}
          options={SHOWN.map((each) => [each, t(LABELS[each])])}
          onPick={(show) => void navigate({ search: { show }, replace: true })}
        />
      </div>
      {query.isPending && <Loading lines={6} label={t`Loading the cases`} />}
      {query.isError && !query.data && (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data && results.length === 0 && (
        <p className="muted" role="status">
          <Trans>No case is like this.</Trans>
        </p>
      )}
      {results.length > 0 && (
        <ul ref={list} className="list" aria-label={t`Cases`}>
          {results.map((result) => (
            <Row key={result.seq} evaluation={evaluation.id} result={result} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </section>
  );
}

function Row({ evaluation, result }: { evaluation: string; result: S["CaseResult"] }) {
  return (
    <li>
      <Link
        to="/evaluations/$id/$seq"
        params={{ id: evaluation, seq: `${result.seq}` }}
        className="result-row"
        data-row={result.seq}
      >
        <Came result={result} />
        <span className="grow">
          {result.name}
          {result.findings[0] && <span className="muted small"> · {result.findings[0].text}</span>}
        </span>
      </Link>
    </li>
  );
}

/** How a case came out, in badges. */
export function Came({ result }: { result: S["CaseResult"] }) {
  const passed = result.passed === result.attempts;
  const change = result.change ? changeWords(result.change) : undefined;
  return (
    <span className="row">
      <Badge tone={passed ? "green" : "red"}>
        {passed ? t`Passed` : result.critical ? t`Critical` : t`Failed`}
        {result.attempts > 1 && ` ${result.passed}/${result.attempts}`}
      </Badge>
      {change && <Badge tone={change.tone}>{change.text}</Badge>}
    </span>
  );
}
