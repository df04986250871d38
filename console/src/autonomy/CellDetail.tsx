// One tool for one request: what its confidence is worth, what can be promised, and the way up and down.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Failure, Loading } from "../parts/states";
import { tags } from "../text/language";
import { fullTime } from "../text/times";
import { ChangeLevel } from "./ChangeLevel";
import { Coverage, Reliability } from "./Charts";
import { cellQuery, type Promised } from "./queries";
import { type Cell, confidence, intentName, levelName, reachWords, share } from "./words";

export function CellDetail({ cell, promised }: { cell: Cell; promised: Promised }) {
  const query = useQuery(cellQuery(cell.intent, cell.tool, promised));
  const detail = query.data;
  return (
    <section className="card section stack" aria-labelledby="autonomy-cell">
      <h2 id="autonomy-cell">
        {cell.title} · {intentName(cell.intent)}
      </h2>
      {query.isPending && <Loading lines={6} />}
      {query.isError && !detail && (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
      {detail && (
        <>
          <Standing cell={detail.cell} />
          <ChangeLevel detail={detail} />
          <h3>
            <Trans>What can be promised</Trans>
          </h3>
          <p>
            <strong>{reachWords(detail.cell)}.</strong>{" "}
            <Trans>
              Above the threshold at most {share(detail.certificate.promise.ceiling)} are wrong, but
              for a probability of {share(detail.certificate.promise.delta)}, whenever you look.
            </Trans>
          </p>
          <Coverage certificate={detail.certificate} />
          <h3>
            <Trans>What the stated confidence is worth</Trans>
          </h3>
          <Reliability detail={detail} />
          <Heard cell={detail.cell} />
        </>
      )}
    </section>
  );
}

function Standing({ cell: { rung, watch } }: { cell: Cell }) {
  if (!rung) {
    return (
      <p>
        <Trans>It is on no rung: what the policy lets run runs.</Trans>
      </p>
    );
  }
  const by = "name" in rung.by ? String(rung.by.name) : t`the service`;
  return (
    <>
      <p>
        <Trans>
          On the rung “{levelName(rung.level)}” since {fullTime(rung.since)}, by {by}: {rung.why}
        </Trans>
      </p>
      {rung.threshold !== null && rung.threshold !== undefined && (
        <p>
          <Trans>
            Calls of a confidence from {confidence(rung.threshold)} on act by themselves.
          </Trans>
        </p>
      )}
      {watch && (
        <p role="status">
          <Trans>
            Since then {watch.n.toLocaleString(tags())} did, and{" "}
            {watch.wrong.toLocaleString(tags())} of them were wrong as far as anything was heard.
            Bets that the promise is broken stand at {watch.capital.toFixed(1)}; at{" "}
            {watch.needed.toFixed(0)} it goes down. It stands on{" "}
            {watch.judged.toLocaleString(tags())} calls at least so sure of which something was
            heard, of which {watch.judged_wrong.toLocaleString(tags())} were wrong; when they do not
            show any more that the promise is kept, it goes down too.
          </Trans>
        </p>
      )}
      {watch?.drift && (
        <p>
          <Trans>
            The confidence of all calls at least so sure is {watch.drift.stated.toFixed(2)} in the
            mean since then; that of the {watch.drift.before.toLocaleString(tags())} before, which
            speak for it, was {watch.drift.stated_before.toFixed(2)}. Bets that they come otherwise
            stand at {watch.drift.capital.toFixed(1)}; at {watch.drift.needed.toFixed(0)} it goes
            down.
          </Trans>
        </p>
      )}
    </>
  );
}

function Heard({ cell: { heard } }: { cell: Cell }) {
  const rows: [string, number][] = [
    [t`Approved as it was`, heard.approved],
    [t`Approved after an edit`, heard.edited],
    [t`Rejected`, heard.rejected],
    [t`Answered with a message to the agent`, heard.responded],
    [t`Taken over by a person`, heard.taken_over],
    [t`Ran by itself, confirmed by the customer`, heard.confirmed],
    [t`Ran by itself, nothing was heard`, heard.assumed],
    [t`Ran by itself, the ticket was opened again`, heard.reopened],
    [t`Ran by itself, of no help to the customer`, heard.unhelpful],
    [t`On paper, and a person did the same`, heard.matched],
    [t`On paper, and a person did something else`, heard.differed],
    [t`On paper, and nobody compared it`, heard.paper],
  ];
  return (
    <details>
      <summary>
        <Trans>What became of its calls</Trans>
      </summary>
      <table className="autonomy-table">
        <tbody>
          {rows.map(([name, n]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{n.toLocaleString(tags())}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
