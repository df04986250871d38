// What the newest runs would have come to under the text in the editor: driven once more in a world made of what
// was recorded, watched while that goes on.

import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { ReplayAccount, ReplayClass, ReplayFindings, ReplayRow } from "../api/words";
import { Badge, type BadgeTone } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { callCame } from "../runs/story";
import { Way } from "../shell/Way";
import { credits } from "../text/format";
import { replayQuery } from "./queries";

const LAST = 500;

/** What came of a call. */
function cameWords(came: string): string {
  if (came === "waits") return t`waits`;
  if (came === "unknown") return t`unknown`;
  return callCame(came);
}

/** What the policy said: `run`, `refuse`, or `ask` with whom. */
function saidWords(said: string): string {
  if (said === "run") return t`runs`;
  if (said === "refuse") return t`refused`;
  const whom = said.startsWith("ask ") ? said.slice("ask ".length) : said;
  return t`asks ${whom}`;
}

const CLASS: Record<ReplayClass, [BadgeTone, MessageDescriptor]> = {
  lost: ["red", msg`Lost`],
  unknown: ["grey", msg`Unknown`],
  gained: ["green", msg`Gained`],
  changed: ["amber", msg`Changed`],
  same: ["grey", msg`Same`],
};
const ORDER: ReplayClass[] = ["lost", "gained", "changed", "unknown", "same"];

export function Replay({ text }: { text: string }) {
  const [tried, setTried] = useState<{ id: string; text: string }>();
  const query = useQuery({ ...replayQuery(tried?.id ?? ""), enabled: tried !== undefined });
  const begin = useMutation({
    mutationFn: (policy: string) => send(api.POST("/v1/replays", { body: { policy, last: LAST } })),
    onSuccess: ({ id }, policy) => setTried({ id, text: policy }),
  });
  const stop = useMutation({
    mutationFn: (id: string) =>
      send(api.POST("/v1/replays/{id}/stop", { params: { path: { id } } })),
    onSettled: () => query.refetch(),
  });
  const job = query.data;
  const running = job?.state === "queued" || job?.state === "running";
  // What was found of another text would mislead.
  const current = tried?.text === text;
  return (
    <section className="card section stack" aria-label={t`Past tickets`}>
      <div className="row">
        <div className="grow">
          <h2>
            <Trans>Past tickets</Trans>
          </h2>
          <p className="muted small">
            <Trans>
              What the last {LAST} runs would have come to. Tools give back what they gave, people
              decide what they decided, and what nobody can know stays unknown. Nothing is done.
            </Trans>
          </p>
        </div>
        {tried && running ? (
          <Button busy={stop.isPending} onClick={() => stop.mutate(tried.id)}>
            <Trans>Stop</Trans>
          </Button>
        ) : (
          <Button busy={begin.isPending} onClick={() => begin.mutate(text)}>
            {begin.isPending ? t`Beginning…` : t`Try it on past tickets`}
          </Button>
        )}
      </div>
      {begin.isError && <Failure error={begin.error} />}
      {stop.isError && <Failure error={stop.error} />}
      {tried && query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {job && running && (
        <div className="stack-tight" role="status">
          <progress aria-label={t`Runs driven again`} max={Math.max(job.of, 1)} value={job.done} />
          <p className="muted small">
            {job.state === "queued"
              ? t`Others come first…`
              : t`${job.done} of ${plural(job.of, { one: "# run", other: "# runs" })}`}
          </p>
        </div>
      )}
      {job?.error && (
        <p className="notice" data-tone="red" role="alert">
          {job.error}
        </p>
      )}
      {tried && !current && !running && job?.findings && (
        <p className="muted small">
          <Trans>What was found is of another text; try this one.</Trans>
        </p>
      )}
      {tried && current && !running && job?.findings && (
        <Found id={tried.id} findings={job.findings} stopped={job.state === "stopped"} />
      )}
    </section>
  );
}

function Found({
  id,
  findings,
  stopped,
}: {
  id: string;
  findings: ReplayFindings;
  stopped: boolean;
}) {
  const { totals, rows } = findings;
  const sorted = [...rows].sort((a, b) => ORDER.indexOf(a.class) - ORDER.indexOf(b.class));
  return (
    <>
      <div className="row">
        <div className="grow stack-tight" role="status">
          <p>
            {totals.runs === 0
              ? t`No run has ended yet.`
              : t`Of ${plural(totals.runs, { one: "# run", other: "# runs" })}, ${totals.same} stay the same, ${totals.changed} change, ${totals.gained} are gained and ${totals.lost} lost; of ${totals.unknown} it cannot be told.`}
            {stopped && ` ${t`It was stopped before the end.`}`}
          </p>
          <p className="muted small">
            <Trans>
              Approvals {totals.approvals_were} → {totals.approvals_would_be}, cost{" "}
              {credits(totals.cost_was_micros)} → {credits(totals.cost_would_be_micros)}, tickets
              affected: {totals.tickets_affected}.
            </Trans>
          </p>
        </div>
        <a className="button" href={`/v1/replays/${id}`} download="replay.json">
          <Trans>Export</Trans>
        </a>
      </div>
      {sorted.length > 0 && (
        <ul className="replay-rows">
          {sorted.map((row) => (
            <Row key={row.run_id} row={row} />
          ))}
        </ul>
      )}
    </>
  );
}

function Row({ row }: { row: ReplayRow }) {
  const [tone, label] = CLASS[row.class];
  return (
    <li>
      <details>
        <summary>
          <Badge tone={tone}>{t(label)}</Badge>{" "}
          {row.ticket_number != null && <span className="mono small">#{row.ticket_number}</span>}{" "}
          <strong>{row.customer || row.subject}</strong>{" "}
          <span className="muted">{row.why[0] ?? ""}</span>
        </summary>
        <div className="stack replay-more">
          {row.why.length > 1 && (
            <ul>
              {row.why.slice(1).map((why) => (
                <li key={why}>{why}</li>
              ))}
            </ul>
          )}
          <div className="replay-sides">
            <Side title={t`Was`} account={row.was} />
            <Side title={t`Would be`} account={row.would_be} />
          </div>
          <p className="row small">
            <Way only to="/runs/$id" params={{ id: row.run_id }}>
              <Trans>The run</Trans>
            </Way>
            {row.ticket_id && (
              <Way only to="/tickets/$id" params={{ id: row.ticket_id }}>
                <Trans>The ticket</Trans>
              </Way>
            )}
          </p>
        </div>
      </details>
    </li>
  );
}

const ENDS: Record<string, MessageDescriptor> = {
  answered: msg`Answered`,
  asked: msg`Asked back`,
  handed_off: msg`Handed over`,
  done: msg`Done`,
  nothing: msg`Nothing to do`,
  waits: msg`Waits for a person`,
  failed: msg`Failed`,
  unknown: msg`Unknown`,
};

function Side({ title, account }: { title: string; account: ReplayAccount }) {
  const ends = ENDS[account.ends];
  return (
    <div className="stack-tight">
      <h3>{title}</h3>
      <p>
        {ends ? t(ends) : account.ends}
        <span className="muted small">
          {" "}
          · {plural(account.approvals, { one: "# approval", other: "# approvals" })} ·{" "}
          {credits(account.cost_micros)}
        </span>
      </p>
      {account.told.map((told, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what was told has an order and no name.
        <blockquote key={at} className="replay-told">
          {told}
        </blockquote>
      ))}
      {account.calls.length > 0 && (
        <ul className="small">
          {account.calls.map((call, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: calls have an order, and may be alike.
            <li key={at}>
              {call.title}: {saidWords(call.said)} → {cameWords(call.came)}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
