// One run: its journal as a story, what it did to the outside world, and checks.

import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useState } from "react";
import { api, send } from "../api/client";
import type { Effect, Run, Step } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { ModelName } from "../messages/MessageItem";
import { Badge, EffectBadge, RunBadge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Json } from "../parts/Json";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { Way } from "../shell/Way";
import { credits, sentence, took, words } from "../text/format";
import { fullTime } from "../text/times";
import { runQuery } from "./queries";
import { asksModel, isRetryable, outcomeText, sentenceOf } from "./story";
import "./runs.css";
import { tags } from "../text/language";

const Given = lazy(() => import("./Given"));

export function RunPage() {
  const { id } = useParams({ from: "/staff/runs/$id" });
  const query = useQuery(runQuery(id));
  useTitle(query.data ? t`Run of ${query.data.run.agent}` : t`Run`);
  if (query.isPending) return <Loading lines={8} />;
  if (query.isError && !query.data) {
    return (
      <div className="page">
        {"status" in query.error && query.error.status === 404 ? (
          <Empty title={t`This run does not exist`}>
            <Link to="/runs">
              <Trans>All runs</Trans>
            </Link>
          </Empty>
        ) : (
          <Failure error={query.error} retry={() => void query.refetch()} />
        )}
      </div>
    );
  }
  const { run, steps, effects } = query.data;
  return (
    <div className="page run">
      <Header run={run} steps={steps} />
      {run.error && (
        <div className="notice" data-tone="red">
          <Icon name="warn" />
          <div className="grow">
            <strong>
              {run.status === "quarantined"
                ? t`The journal cannot be continued from`
                : t`The last attempt failed`}
            </strong>
            <div>{run.error}</div>
          </div>
        </div>
      )}
      {run.outcome && (
        <div className="notice" data-tone="green">
          <Icon name="flag" />
          <div className="grow">
            <strong>{outcomeText(run.outcome).title}</strong>
            <div>{outcomeText(run.outcome).detail}</div>
          </div>
        </div>
      )}
      {run.status === "waiting" && run.waiting_for && (
        <div className="notice" data-tone="amber">
          <Icon name="clock" />
          <div className="grow">{sentence(t`waits for ${run.waiting_for}`)}</div>
        </div>
      )}
      {effects.length > 0 && <Effects effects={effects} />}
      <section>
        <h2 className="run-heading">
          <Trans>Journal</Trans>
        </h2>
        <ol className="journal">
          {steps.map((step) => (
            <StepItem key={step.seq} run={run.id} step={step} />
          ))}
        </ol>
      </section>
    </div>
  );
}

function Header({ run, steps }: { run: Run; steps: Step[] }) {
  const client = useQueryClient();
  const session = useSession();
  const path = { path: { id: run.id } };
  const retry = useMutation({
    mutationFn: () => send(api.POST("/v1/runs/{id}/retry", { params: path })),
    onSuccess: async () => {
      tell(t`The run is in the queue again`, "good");
      await client.invalidateQueries({ queryKey: ["run", run.id] });
      await client.invalidateQueries({ queryKey: ["runs"] });
    },
    onError: (error) => tell(t`The run was not retried`, "error", error.message),
  });
  const replay = useMutation({
    mutationFn: () => send(api.GET("/v1/runs/{id}/replay", { params: path })),
  });
  const difference = replay.data?.first_difference;
  const first = steps[0];
  const last = steps.at(-1);
  const mayRetry = isRetryable(run) && session.may("retry_runs");
  useShortcuts(t`Run`, [
    { keys: "r", label: t`Retry`, when: mayRetry && !retry.isPending, run: () => retry.mutate() },
  ]);
  return (
    <header className="stack">
      <Link to="/runs" className="muted small">
        <Trans>Runs</Trans>
      </Link>
      <div className="row">
        <h1 className="grow">
          <Trans>{words(run.agent)} agent</Trans> <RunBadge status={run.status} />
        </h1>
        {mayRetry && (
          <Button tone="primary" keys="R" busy={retry.isPending} onClick={() => retry.mutate()}>
            <Trans>Retry</Trans>
          </Button>
        )}
        <Link to="/runs/compare" search={{ left: run.id }} className="button">
          <Trans>Compare</Trans>
        </Link>
        <Button
          busy={replay.isPending}
          onClick={() => replay.mutate()}
          title={t`Recomputes what each step was asked from the journal; calls nothing and changes nothing`}
        >
          {replay.isPending ? t`Checking…` : t`Check replay`}
        </Button>
      </div>
      <div className="row muted small">
        {run.ticket_id && (
          <Way only to="/tickets/$id" params={{ id: run.ticket_id }}>
            <Trans>Ticket</Trans>
          </Way>
        )}
        <span>
          <Trans>
            started <Ago at={run.created_at} />
          </Trans>
        </span>
        {first && last && (
          <span>
            <Trans>{took(first.started_at, last.finished_at)} from first to last</Trans>
          </span>
        )}
        <span>
          <Plural value={run.step_count} one="# step" other="# steps" />
        </span>
        <span>
          <Trans>
            {(run.usage.tokens_in + run.usage.tokens_out).toLocaleString(tags())} tokens,{" "}
            {credits(run.usage.cost_micros)}
          </Trans>
        </span>
        {run.attempts > 0 && (
          <span>
            <Plural value={run.attempts} one="# failed attempt" other="# failed attempts" />
          </span>
        )}
      </div>
      <div aria-live="polite">
        {replay.isError && <Failure error={replay.error} />}
        {replay.data && (
          <div
            className="notice"
            data-tone={replay.data.ok ? "green" : replay.data.redacted_at ? "amber" : "red"}
          >
            <div className="grow">
              {replay.data.ok ? (
                <Trans>
                  <strong>The journal replays exactly.</strong>{" "}
                  <Plural value={replay.data.steps_checked} one="# step was" other="# steps were" />{" "}
                  checked.
                </Trans>
              ) : replay.data.redacted_at ? (
                <Trans>
                  <strong>Personal data was taken out of this journal.</strong> Since{" "}
                  {fullTime(replay.data.redacted_at)} it no longer reproduces its run.
                </Trans>
              ) : (
                <>
                  <strong>
                    <Trans>
                      The agent would ask for something else today
                      {difference ? t`, first at step ${difference.step}` : ""}.
                    </Trans>
                  </strong>{" "}
                  {difference && (
                    <>
                      <Trans>
                        {words(difference.kind)}:{" "}
                        <span className="mono">{difference.journalled}</span> in the journal,{" "}
                        <span className="mono">{difference.now}</span> now.
                      </Trans>{" "}
                    </>
                  )}
                  {replay.data.missing.length > 0 && (
                    <Trans>
                      The service lacks what the run was made with: {replay.data.missing.join(", ")}
                      .
                    </Trans>
                  )}
                </>
              )}
            </div>
          </div>
        )}
      </div>
    </header>
  );
}

function Effects({ effects }: { effects: Effect[] }) {
  return (
    <section>
      <h2 className="run-heading">
        <Trans>Done to the outside world</Trans>
      </h2>
      <ul className="list">
        {effects.map((effect) => (
          <li key={effect.id} className="effect">
            <EffectBadge status={effect.status} />
            <span className="grow">
              {effect.summary || words(effect.call.tool)}
              {effect.error && <span className="field-error"> {effect.error}</span>}
            </span>
            <span className="muted small">
              <Plural value={effect.attempts} one="# attempt" other="# attempts" /> ·{" "}
              <Ago at={effect.updated_at} />
            </span>
            {effect.approval_id && (
              <Way only to="/approvals/$id" params={{ id: effect.approval_id }} className="small">
                <Trans>Approval</Trans>
              </Way>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What the model was given, which is asked for when somebody wants to read it. */
function GivenOnOpening({ run, step }: { run: string; step: Step }) {
  const [open, setOpen] = useState(false);
  return (
    <details onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary className="muted small step-more">
        <Trans>What the model was given</Trans>
      </summary>
      {open && (
        <Suspense fallback={<Loading lines={5} />}>
          <Given run={run} step={step} />
        </Suspense>
      )}
    </details>
  );
}

function StepItem({ run, step }: { run: string; step: Step }) {
  const sentence = sentenceOf(step.body);
  const approval =
    step.body.type === "proposed" || step.body.type === "tool" ? step.body.approval_id : undefined;
  const tokens = step.usage.tokens_in + step.usage.tokens_out;
  return (
    <li className="step" data-tone={sentence.tone}>
      <span className="step-icon">
        <Icon name={sentence.icon} />
      </span>
      <div className="step-body">
        <div className="row">
          <h3 className="grow">{sentence.title}</h3>
          <span className="muted small" title={fullTime(step.started_at)}>
            {took(step.started_at, step.finished_at)}
          </span>
        </div>
        {sentence.detail && <p className="step-detail">{sentence.detail}</p>}
        <div className="row step-facts muted small">
          {step.model && <ModelName model={step.model} />}
          {tokens > 0 && (
            <span>
              <Trans>
                {step.usage.tokens_in.toLocaleString(tags())} in,{" "}
                {step.usage.tokens_out.toLocaleString(tags())} out
              </Trans>
            </span>
          )}
          {step.usage.cost_micros > 0 && <span>{credits(step.usage.cost_micros)}</span>}
          {step.prompt && <span className="mono">{step.prompt}</span>}
          {approval && (
            <Way only to="/approvals/$id" params={{ id: approval }}>
              <Trans>Approval</Trans>
            </Way>
          )}
          {step.body.type === "tool" && step.body.edited && (
            <Badge tone="blue">
              <Trans>Edited</Trans>
            </Badge>
          )}
        </div>
        {asksModel(step) && <GivenOnOpening run={run} step={step} />}
        <details>
          <summary className="muted small step-more">
            <Trans>Step {step.seq} as journalled</Trans>
          </summary>
          <Json value={step} label={t`Step ${step.seq} as journalled`} />
        </details>
      </div>
    </li>
  );
}
