// What an agent did today and in a week, as a table: a figure of runs leads to them.
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import type { S } from "../api/words";
import { Failure, Loading } from "../parts/states";
import { creditsOf } from "../safety/limits";
import { percent } from "../text/format";
import { tags } from "../text/language";
import { agentFiguresQuery } from "./queries";
import { isIdle } from "./work";

type Period = S["AgentPeriod"];

const ROWS: [MessageDescriptor, (of: Period) => string][] = [
  [msg`Runs that ended`, ({ runs }) => runs.toLocaleString(tags())],
  [
    msg`Tickets resolved`,
    ({ resolved, reopened }) =>
      reopened > 0
        ? t`${resolved.toLocaleString(tags())}, ${reopened} reopened`
        : resolved.toLocaleString(tags()),
  ],
  [msg`Asked the customer`, ({ asked }) => asked.toLocaleString(tags())],
  [msg`Handed to a person`, ({ handed_off }) => handed_off.toLocaleString(tags())],
  [msg`Failed`, ({ failed }) => failed.toLocaleString(tags())],
  [msg`Credits`, ({ cost_micros }) => creditsOf(cost_micros)],
  [
    msg`Confidence of its calls`,
    ({ calls, confidence }) =>
      confidence === null || confidence === undefined
        ? t`no calls`
        : t`${percent(confidence)} in ${plural(calls, { one: "# call", other: "# calls" })}`,
  ],
];

export function Figures({ name }: { name: string }) {
  const query = useQuery(agentFiguresQuery);
  if (query.isPending) return <Loading lines={3} label={t`Counting`} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const figures = query.data.items.find(({ agent }) => agent === name);
  if (!figures) return null;
  return (
    <section>
      <h3 className="agent-part">
        <Trans>What it did</Trans>
      </h3>
      {isIdle(figures) ? (
        <p className="muted">
          <Trans>Nothing in seven days, and nothing waits for it.</Trans>
        </p>
      ) : (
        <Worked figures={figures} />
      )}
    </section>
  );
}

function Worked({ figures }: { figures: S["AgentFigures"] }) {
  return (
    <>
      <p className="small">
        <Trans>
          <Plural value={figures.at_work} one="# run" other="# runs" /> at work or in the queue,{" "}
          {figures.waiting.toLocaleString(tags())} waiting for somebody or something.
        </Trans>
      </p>
      <table className="agent-figures">
        <thead>
          <tr>
            <td />
            <th scope="col">
              <Trans>Today (UTC)</Trans>
            </th>
            <th scope="col">
              <Trans>7 days</Trans>
            </th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([label, figure]) => (
            <tr key={t(label)}>
              <th scope="row">{t(label)}</th>
              <td>{figure(figures.today)}</td>
              <td>{figure(figures.week)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
