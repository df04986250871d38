// What the newest judged calls would have become under the text in the editor.

import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { PolicyDryRunItem } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { Ago } from "../parts/Time";
import { Way } from "../shell/Way";

const LAST = 200;

export function DryRun({ text }: { text: string }) {
  const run = useMutation({
    mutationFn: (body: { text: string; last: number }) =>
      send(api.POST("/v1/policy/dry-run", { body })),
  });
  const found = run.data;
  // A result of another text would mislead.
  const current = run.variables?.text === text;
  return (
    <section className="card section stack" aria-label={t`Dry run`}>
      <div className="row">
        <div className="grow">
          <h2>
            <Trans>Dry run</Trans>
          </h2>
          <p className="muted small">
            <Trans>What the last {LAST} judged calls would have become. Nothing is done.</Trans>
          </p>
        </div>
        <Button busy={run.isPending} onClick={() => run.mutate({ text, last: LAST })}>
          {run.isPending ? t`Running…` : t`Try it on past calls`}
        </Button>
      </div>
      {current && run.isError && <Failure error={run.error} />}
      {current && found && (
        <p role="status">
          {found.calls === 0
            ? t`No call was judged yet.`
            : t`Of ${plural(found.calls, { one: "# call", other: "# calls" })}, ${found.changes} would change` +
              (found.unknown > 0 ? t`; of ${found.unknown} it cannot be told.` : ".")}
        </p>
      )}
      {current && found && found.items.length > 0 && (
        <div className="policy-scroll">
          <table className="policy-table">
            <thead>
              <tr>
                <th scope="col">
                  <Trans>When</Trans>
                </th>
                <th scope="col">
                  <Trans>Call</Trans>
                </th>
                <th scope="col">
                  <Trans>Was</Trans>
                </th>
                <th scope="col">
                  <Trans>Would be</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.items.map((item) => (
                <Row key={`${item.run_id}-${item.at}-${item.tool}`} item={item} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function Row({ item }: { item: PolicyDryRunItem }) {
  const { written } = item;
  return (
    <tr>
      <td className="policy-when">
        <Ago at={item.at} />
      </td>
      <td>
        <div className="mono small">{item.tool}</div>
        {written.kind === "approval" ? (
          <Way to="/approvals/$id" params={{ id: written.id }}>
            {item.title}
          </Way>
        ) : (
          <Way to="/runs/$id" params={{ id: item.run_id }}>
            {item.title}
          </Way>
        )}
      </td>
      <td>
        <Said what={item.was} by={item.was_by} />
      </td>
      <td>
        <Said what={item.would_be} by={item.would_be_by} />
        {item.why && <div className="muted small">{item.why}</div>}
      </td>
    </tr>
  );
}

const ANSWERS: Record<string, MessageDescriptor> = {
  run: msg`run`,
  ask: msg`ask`,
  refuse: msg`refuse`,
  unknown: msg`unknown`,
};

function Said({ what, by }: { what: string; by: string | null }) {
  const tone =
    what === "run" ? "green" : what === "refuse" ? "red" : what === "unknown" ? "grey" : "amber";
  const known = Object.hasOwn(ANSWERS, what) ? ANSWERS[what] : undefined;
  return (
    <>
      <Badge tone={tone}>{known ? t(known) : what}</Badge>{" "}
      {by && <span className="mono small">{by}</span>}
    </>
  );
}
