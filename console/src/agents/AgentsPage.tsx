// What each agent may do, what it did, what it has left of its limits, and the switch that stops it.

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { AgentView, LimitUse, ToolSpec } from "../api/words";
import { Badge, RiskBadge } from "../parts/Badge";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { breakerKey, breakerWords, reaches } from "../safety/breakers";
import { LetGoOn } from "../safety/LetGoOn";
import { amountWords, isFull, shareOf, useWords } from "../safety/limits";
import { breakersQuery, creditsQuery } from "../safety/queries";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { percent, upperFirst, words } from "../text/format";
import { toolsQuery } from "../tools/queries";
import { Figures } from "./Figures";
import { Pause } from "./Pause";
import { agentFiguresQuery, agentsQuery } from "./queries";
import { byWork } from "./work";
import "../safety/safety.css";
import "./agents.css";
import { tags } from "../text/language";

export function AgentsPage() {
  useTitle(t`Agents`);
  const { may } = useSession();
  const query = useQuery(agentsQuery);
  const tools = useQuery(toolsQuery(""));
  const sees = may("read_system");
  const figures = useQuery({ ...agentFiguresQuery, enabled: sees }).data?.items;
  const agents = query.data && (figures ? byWork(query.data, figures) : query.data);
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Agents</Trans>
        </h1>
      </header>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {agents?.length === 0 && <Empty title={t`No agents`} />}
      {tools.isError && <Failure error={tools.error} retry={() => void tools.refetch()} />}
      <ul className="stack">
        {agents?.map((agent) => (
          <li key={agent.name}>
            <AgentCard
              agent={agent}
              sees={sees}
              specOf={(name) => tools.data?.items.find(({ tool }) => tool.name === name)?.tool}
            />
          </li>
        ))}
      </ul>
    </div>
  );
}

interface CardProps {
  agent: AgentView;
  /** Whether they may see what is stopped, spent and done. */
  sees: boolean;
  specOf: (tool: string) => ToolSpec | undefined;
}

function AgentCard({ agent, sees, specOf }: CardProps) {
  const { name, description, tools } = agent;
  return (
    <article className="card section stack" aria-labelledby={`agent-${name}`}>
      <header className="agent-head">
        <h2 id={`agent-${name}`}>{words(name)}</h2>
        {sees && <Standing name={name} />}
        <span className="grow" />
        <Way only to="/runs" search={{ agent: name }} className="button" data-size="small">
          <Trans>Its runs</Trans>
        </Way>
      </header>
      <p>{description}</p>
      {sees && <Switch name={name} />}
      {sees && <Figures name={name} />}
      <Thresholds agent={agent} />
      <Limits agent={agent} sees={sees} />
      <section>
        <h3 className="agent-part">
          <Trans>May call</Trans>
        </h3>
        <ul className="agent-tool-list">
          {tools.map((tool) => {
            const spec = specOf(tool);
            return (
              <li key={tool}>
                <span>{spec?.title ?? words(tool)}</span>
                {spec && <RiskBadge risk={spec.risk} />}
              </li>
            );
          })}
        </ul>
        {tools.length === 0 && (
          <p className="muted">
            <Trans>Nothing.</Trans>
          </p>
        )}
      </section>
    </article>
  );
}

/** What keeps the agent from working: somebody's switch, or itself because it keeps failing. */
function useStopped(name: string) {
  const query = useQuery(breakersQuery);
  const reached = ({ of }: { of: Parameters<typeof reaches>[0] }) => reaches(of, name, "");
  const byPeople = query.data?.items.filter(reached) ?? [];
  return { query, byPeople, byItself: query.data?.automatic.find(reached) };
}

function Standing({ name }: { name: string }) {
  const { query, byPeople, byItself } = useStopped(name);
  if (!query.data) return null;
  if (byPeople.length > 0)
    return (
      <Badge tone="red">
        <Trans>Paused</Trans>
      </Badge>
    );
  if (byItself)
    return (
      <Badge tone="amber">
        <Trans>Left alone for now</Trans>
      </Badge>
    );
  return (
    <Badge tone="green">
      <Trans>Works</Trans>
    </Badge>
  );
}

function Switch({ name }: { name: string }) {
  const { may } = useSession();
  const { query, byPeople, byItself } = useStopped(name);
  if (query.isPending) return <Loading lines={1} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const own = byPeople.find(({ of }) => of.kind === "agent");
  return (
    <>
      {byPeople.map(({ of, reason }) => (
        <div key={breakerKey(of)} className="notice" data-tone="red">
          <div className="grow stack">
            <p>
              <strong>
                <Trans>{upperFirst(breakerWords(of))} is stopped.</Trans>
              </strong>{" "}
              {reason}
            </p>
            {of.kind === "agent" ? (
              <LetGoOn of={of} />
            ) : (
              <p>
                <Link to="/safety">
                  <Trans>Let it go on under Safety</Trans>
                </Link>
              </p>
            )}
          </div>
        </div>
      ))}
      {byItself && (
        <div className="notice" data-tone="amber">
          <div className="grow stack">
            <p>
              <Trans>
                <strong>It keeps failing and is left alone:</strong> it {byItself.reason}. Last
                failure: {byItself.last_error}
              </Trans>
            </p>
            <LetGoOn of={byItself.of} />
          </div>
        </div>
      )}
      {!own && may("stop") && <Pause name={name} />}
    </>
  );
}

function Thresholds({ agent: { settings } }: { agent: AgentView }) {
  const { auto, floor } = settings.thresholds;
  return (
    <section>
      <h3 className="agent-part">
        <Trans>By how sure it is</Trans>
      </h3>
      <dl className="facts">
        <dt>
          <Trans>By itself</Trans>
        </dt>
        <dd>
          <Trans>at {percent(auto)} confidence and above, where a rule allows</Trans>
        </dd>
        <dt>
          <Trans>Asks a person</Trans>
        </dt>
        <dd>
          <Trans>
            from {percent(floor)} to {percent(auto)}
          </Trans>
        </dd>
        <dt>
          <Trans>Hands over</Trans>
        </dt>
        <dd>
          <Trans>below {percent(floor)}</Trans>
        </dd>
      </dl>
    </section>
  );
}

const WINDOWS: Record<LimitUse["window"], MessageDescriptor> = {
  minute: msg`this minute`,
  day: msg`today`,
  month: msg`this month`,
};

function Limits({ agent: { name, settings }, sees }: { agent: AgentView; sees: boolean }) {
  const query = useQuery({ ...creditsQuery, enabled: sees });
  const own = query.data?.items.filter(
    ({ scope }) => scope.kind === "agent" && scope.name === name,
  );
  return (
    <section>
      <h3 className="agent-part">
        <Trans>Limits</Trans>
      </h3>
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      <dl className="facts">
        {own?.map((item) => (
          <LimitFact key={`${item.unit} ${item.window}`} item={item} />
        ))}
        <dt>
          <Trans>In a run</Trans>
        </dt>
        <dd>
          {settings.max_model_calls === 0 ? (
            <Trans>no model is called</Trans>
          ) : (
            <Trans>
              {settings.max_model_calls} model calls, and{" "}
              {settings.max_output_tokens.toLocaleString(tags())} tokens in an answer
            </Trans>
          )}
        </dd>
        <dt>
          <Trans>Without news</Trans>
        </dt>
        <dd>
          <Trans>
            {settings.limits.steps} steps, {settings.limits.work_seconds} seconds of work, the same
            call {settings.limits.identical_calls} times
          </Trans>
        </dd>
      </dl>
    </section>
  );
}

const UNITS: Record<LimitUse["unit"], MessageDescriptor> = {
  credits: msg`Credits`,
  runs: msg`Runs`,
  emails: msg`Mails`,
};

function LimitFact({ item }: { item: LimitUse }) {
  const bounded = item.most !== null && item.most !== undefined;
  return (
    <>
      <dt>
        {t(UNITS[item.unit])} {t(WINDOWS[item.window])}
      </dt>
      <dd className="limit-use agent-limit">
        <span>
          {useWords(item)}
          {!bounded && t`, without a ceiling`}
          {item.reserved > 0 && t`, ${amountWords(item.unit, item.reserved)} set aside`}
          {isFull(item) && (
            <strong>
              {" "}
              <Trans>Used up: what comes now waits.</Trans>
            </strong>
          )}
          {item.standing === "warning" && (
            <strong>
              {" "}
              <Trans>Nearly used up.</Trans>
            </strong>
          )}
        </span>
        {bounded && (
          <span className="limit-bar" data-standing={item.standing} aria-hidden="true">
            <span style={{ inlineSize: `${shareOf(item)}%` }} />
          </span>
        )}
      </dd>
    </>
  );
}
