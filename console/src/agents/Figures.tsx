// What an agent did today and in a week, as a table: a figure of runs leads to them.
import { useQuery } from "@tanstack/react-query";
import type { S } from "../api/words";
import { Failure, Loading } from "../parts/states";
import { creditsOf } from "../safety/limits";
import { count, percent } from "../text/format";
import { agentFiguresQuery } from "./queries";

type Period = S["AgentPeriod"];

const ROWS: [string, (of: Period) => string][] = [
  ["Runs that ended", ({ runs }) => runs.toLocaleString()],
  [
    "Tickets resolved",
    ({ resolved, reopened }) =>
      reopened > 0 ? `${resolved.toLocaleString()}, ${reopened} reopened` : `${resolved}`,
  ],
  ["Asked the customer", ({ asked }) => asked.toLocaleString()],
  ["Handed to a person", ({ handed_off }) => handed_off.toLocaleString()],
  ["Failed", ({ failed }) => failed.toLocaleString()],
  ["Credits", ({ cost_micros }) => creditsOf(cost_micros)],
  [
    "Confidence of its calls",
    ({ calls, confidence }) =>
      confidence === null || confidence === undefined
        ? "no calls"
        : `${percent(confidence)} in ${count(calls, "call")}`,
  ],
];

export function Figures({ name }: { name: string }) {
  const query = useQuery(agentFiguresQuery);
  if (query.isPending) return <Loading lines={3} label="Counting" />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const figures = query.data.items.find(({ agent }) => agent === name);
  if (!figures) return null;
  return (
    <section>
      <h3 className="agent-part">What it did</h3>
      <p className="small">
        {count(figures.at_work, "run")} at work or in the queue, {figures.waiting.toLocaleString()}{" "}
        waiting for somebody or something.
      </p>
      <table className="agent-figures">
        <thead>
          <tr>
            <td />
            <th scope="col">Today (UTC)</th>
            <th scope="col">7 days</th>
          </tr>
        </thead>
        <tbody>
          {ROWS.map(([label, figure]) => (
            <tr key={label}>
              <th scope="row">{label}</th>
              <td>{figure(figures.today)}</td>
              <td>{figure(figures.week)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
