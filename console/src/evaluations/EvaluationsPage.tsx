// How well the service does what it should: every suite as it was held last and before, and the cases that decisions
// were made into.
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { permissionName } from "../api/names";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { useRows } from "../parts/rows";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { Scrolled } from "../review/Scrolled";
import { useSession } from "../session/session";
import { fullTime } from "../text/times";
import { DecidedCases } from "./DecidedCases";
import { suitesQuery } from "./queries";
import { ShareTrend } from "./ShareTrend";
import { interval, share } from "./words";
import "../review/review.css";
import "./evaluations.css";

export function EvaluationsPage() {
  useTitle(t`Evaluations`);
  const query = useQuery(suitesQuery);
  const suites = query.data?.suites ?? [];
  const list = useRows<HTMLUListElement>(t`Suites`);
  return (
    <div className="page stack">
      <header className="page-head">
        <h1>
          <Trans>Evaluations</Trans>
        </h1>
      </header>
      {query.isPending && <Loading lines={6} label={t`Loading the evaluations`} />}
      {query.isError && !query.data && (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data && suites.length === 0 && <NothingPublished />}
      {suites.length > 0 && (
        <ul ref={list} className="list" aria-label={t`Suites`}>
          {suites.map((suite) => (
            <Suite key={suite.suite} {...suite} />
          ))}
        </ul>
      )}
      <DecidedCases />
    </div>
  );
}

function NothingPublished() {
  const { may } = useSession();
  if (!may("manage_evaluations")) {
    return (
      <Empty title={t`No evaluation has been published yet`}>
        <p>
          <Trans>Colleagues who manage evaluations publish them here.</Trans>
        </p>
      </Empty>
    );
  }
  return (
    <Empty title={t`No evaluation has been published yet`}>
      <p>
        <Trans>
          Make an API key with the permission “{permissionName("manage_evaluations")}”, put it into
          COUNTERSIGN_API_KEY, and run:
        </Trans>
      </p>
      <p>
        <code className="mono">countersign eval run --publish {window.location.origin}</code>
      </p>
    </Empty>
  );
}

function Suite({ suite, latest, trend }: S["SuiteView"]) {
  return (
    <li className="suite">
      <div className="suite-head">
        <Link
          to="/evaluations/$id"
          params={{ id: latest.id }}
          className="suite-name"
          data-row={latest.id}
        >
          {suite}
        </Link>
        <Holds holds={latest.holds} />
        <ShareTrend trend={trend} />
        <span className="suite-share">
          <strong>{share(latest.share)}</strong>
          <span className="muted small">{interval(latest.interval)}</span>
        </span>
        <span className="suite-when muted small">
          {plural(latest.cases, { one: "# case", other: "# cases" })} ·{" "}
          <Ago at={latest.published_at} />
        </span>
      </div>
      <details>
        <summary className="small">
          <Trans>Numbers of {suite}</Trans>
        </summary>
        <Scrolled label={t`Numbers of ${suite}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">
                  <Trans>Published</Trans>
                </th>
                <th scope="col">
                  <Trans>Version</Trans>
                </th>
                <th scope="col">
                  <Trans>Model</Trans>
                </th>
                <th scope="col">
                  <Trans>Passed</Trans>
                </th>
                <th scope="col">
                  <Trans>95 of 100 times</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {trend.toReversed().map((point) => (
                <tr key={point.id}>
                  <th scope="row">
                    <Link to="/evaluations/$id" params={{ id: point.id }}>
                      {fullTime(point.at)}
                    </Link>
                  </th>
                  <td>{point.version}</td>
                  <td>{point.model}</td>
                  <td>{share(point.share)}</td>
                  <td>{interval(point.interval)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scrolled>
      </details>
    </li>
  );
}

export function Holds({ holds }: { holds: boolean }) {
  return holds ? (
    <Badge tone="green">
      <Trans>Holds</Trans>
    </Badge>
  ) : (
    <Badge tone="red">
      <Trans>Does not hold</Trans>
    </Badge>
  );
}
