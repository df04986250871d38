import { useQuery } from "@tanstack/react-query";
import { RiskBadge } from "../parts/Badge";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { count, percent, words } from "../text/format";
import { toolsQuery } from "../tools/queries";
import { agentsQuery } from "./queries";
import "./agents.css";

export function AgentsPage() {
  useTitle("Agents");
  const query = useQuery(agentsQuery);
  const tools = useQuery(toolsQuery(""));
  const specOf = (name: string) => tools.data?.items.find((view) => view.tool.name === name)?.tool;
  return (
    <div className="page">
      <header className="page-head">
        <h1>Agents</h1>
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data?.length === 0 && <Empty title="No agents" />}
      <ul className="stack">
        {query.data?.map(({ name, description, settings, tools: granted }) => (
          <li key={name} className="card section">
            <h2>{words(name)}</h2>
            <p>{description}</p>
            <dl className="facts">
              <dt>By itself</dt>
              <dd>
                at {percent(settings.thresholds.auto)} confidence and above, where a rule allows
              </dd>
              <dt>Asks a person</dt>
              <dd>
                from {percent(settings.thresholds.floor)} to {percent(settings.thresholds.auto)}
              </dd>
              <dt>Hands over</dt>
              <dd>below {percent(settings.thresholds.floor)}</dd>
              <dt>Limits</dt>
              <dd>
                {settings.max_model_calls} model calls in a run,{" "}
                {settings.max_output_tokens.toLocaleString()} tokens in an answer; without hearing
                anything new {settings.limits.steps} steps, {settings.limits.work_seconds} seconds
                of work, the same call {settings.limits.identical_calls} times; in all{" "}
                {atMost(settings.limits.runs_a_minute, "run")} a minute,{" "}
                {atMost(settings.limits.runs_a_day, "run")} and{" "}
                {atMost(settings.limits.emails_a_day, "mail")} a day
              </dd>
            </dl>
            <div>
              <h3 className="agent-tools">May call</h3>
              <ul className="agent-tool-list">
                {granted.map((tool) => {
                  const spec = specOf(tool);
                  return (
                    <li key={tool}>
                      <span>{spec?.title ?? words(tool)}</span>
                      {spec && <RiskBadge risk={spec.risk} />}
                    </li>
                  );
                })}
              </ul>
              {granted.length === 0 && <p className="muted">Nothing.</p>}
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Of a limit that lets all pass when it is 0. */
function atMost(most: number, one: string): string {
  return most === 0 ? `any number of ${one}s` : count(most, one);
}
