// One question and its answer: statements with the records they rest on.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useRouter } from "@tanstack/react-router";
import { useState } from "react";
import type { CopilotTurn, ReadSource } from "../api/words";
import { Button } from "../parts/Button";
import { tell } from "../parts/toasts";
import { saidSoFar } from "./partial";
import { placeOf } from "./place";
import { underWay } from "./queries";
import { useWriting } from "./writing";

const KINDS: Record<ReadSource["kind"], MessageDescriptor> = {
  ticket: msg`Ticket`,
  customer: msg`Customer`,
  run: msg`Run`,
  approval: msg`Approval`,
  document: msg`Article`,
  figures: msg`Figures`,
  list: msg`List`,
};

/** What a tool looks at, in words for people. */
const LOOKS: Record<string, MessageDescriptor> = {
  find_tickets: msg`tickets`,
  read_ticket: msg`a ticket`,
  find_customers: msg`customers`,
  read_customer: msg`a customer`,
  find_runs: msg`runs`,
  read_run: msg`a run`,
  find_approvals: msg`approvals`,
  read_approval: msg`an approval`,
  read_figures: msg`the figures`,
  search_all_knowledge: msg`the knowledge base`,
};

export const lookedUp = (tools: readonly string[]): string =>
  [...new Set(tools.map((tool) => (LOOKS[tool] ? t(LOOKS[tool]) : t`records`)))].join(", ");

interface LinkProps {
  source: ReadSource;
  onGo: () => void;
  children: React.ReactNode;
  className?: string;
  label?: string;
}

/** A link to a record, within the console. */
function SourceLink({ source, onGo, children, className, label }: LinkProps) {
  const router = useRouter();
  const to = placeOf(source);
  if (!to) return <span className={className}>{children}</span>;
  return (
    <a
      href={to}
      className={className}
      aria-label={label}
      title={label}
      onClick={(event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
        event.preventDefault();
        onGo();
        router.history.push(to);
      }}
    >
      {children}
    </a>
  );
}

function Sources({ sources, onGo }: { sources: ReadSource[]; onGo: () => void }) {
  const [open, setOpen] = useState(false);
  if (sources.length === 0) return null;
  const word = sources.length === 1 ? t`1 source` : t`${sources.length} sources`;
  return (
    <div className="copilot-sources">
      <Button size="small" tone="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
        {word}
      </Button>
      {open && (
        <ol>
          {sources.map((source) => (
            <li key={source.ref}>
              <SourceLink source={source} onGo={onGo}>
                {source.label}
              </SourceLink>{" "}
              <span className="muted small">{t(KINDS[source.kind])}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

interface Props {
  turn: CopilotTurn;
  last: boolean;
  onGo: () => void;
  onAsk: (text: string) => void;
}

export function Answer({ turn, last, onGo, onAsk }: Props) {
  return (
    <article className="copilot-turn">
      <p className="copilot-question">
        <span className="sr-only">
          <Trans>You asked:</Trans>{" "}
        </span>
        {turn.question}
      </p>
      {underWay(turn) ? (
        <Under turn={turn} />
      ) : turn.answer ? (
        <Said turn={turn} last={last} onGo={onGo} onAsk={onAsk} />
      ) : (
        <div className="notice" data-tone={turn.state === "stopped" ? "grey" : "amber"}>
          <div className="grow">
            {turn.state === "stopped" ? t`Stopped.` : (turn.why ?? t`There is no answer.`)}
          </div>
          {last && (
            <Button size="small" onClick={() => onAsk(turn.question)}>
              <Trans>Ask again</Trans>
            </Button>
          )}
        </div>
      )}
    </article>
  );
}

function Under({ turn }: { turn: CopilotTurn }) {
  const { text, looks } = useWriting(turn.run_id);
  const said = saidSoFar(text);
  const tools = looks.length > 0 ? looks : turn.looked_up;
  if (turn.state === "waiting") {
    return (
      <p className="muted">
        <Trans>Waiting: {turn.why ?? t`it goes on by itself`}</Trans>
      </p>
    );
  }
  if (said.length === 0) {
    return (
      <p className="muted copilot-busy">
        {tools.length > 0 ? t`Looked at ${lookedUp(tools)}…` : t`Looking…`}
      </p>
    );
  }
  return (
    <div className="copilot-answer" aria-hidden="true" data-writing="">
      {said.map((each, at) => {
        const key = `${at}`;
        return <p key={key}>{each}</p>;
      })}
    </div>
  );
}

function Said({ turn, last, onGo, onAsk }: Props) {
  const answer = turn.answer;
  if (!answer) return null;
  const copy = () =>
    navigator.clipboard.writeText(answer.statements.map((each) => each.text).join("\n")).then(
      () => tell(t`Copied`, "good"),
      () => tell(t`It could not be copied`, "error", t`Select it and copy it by hand.`),
    );
  return (
    <>
      <div className="copilot-answer">
        {answer.statements.map((statement, at) => {
          const key = `${at}`;
          return (
            <p key={key}>
              {statement.text}
              {statement.sources.map((place) => {
                const source = answer.sources[place];
                if (!source) return null;
                const label = `${t(KINDS[source.kind])}: ${source.label}`;
                return (
                  <SourceLink
                    key={source.ref}
                    source={source}
                    onGo={onGo}
                    className="copilot-mark"
                    label={label}
                  >
                    {place + 1}
                  </SourceLink>
                );
              })}
              {statement.doubt && (
                <span className="copilot-doubt">
                  {" "}
                  <Trans>Check this: {statement.doubt}.</Trans>
                </span>
              )}
            </p>
          );
        })}
      </div>
      <div className="copilot-foot">
        <Sources sources={answer.sources} onGo={onGo} />
        <Button size="small" tone="quiet" onClick={() => void copy()}>
          <Trans>Copy</Trans>
        </Button>
        {turn.looked_up.length > 0 && (
          <span className="muted small">
            <Trans>Looked at {lookedUp(turn.looked_up)}</Trans>
          </span>
        )}
      </div>
      {last && answer.follow_ups.length > 0 && (
        <ul className="copilot-next" aria-label={t`Ask next`}>
          {answer.follow_ups.map((text) => (
            <li key={text}>
              <Button size="small" onClick={() => onAsk(text)}>
                {text}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
