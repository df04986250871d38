// How far agents go by themselves: the ladder as a table, and all that is known of one of its cells.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { percent } from "../text/format";
import { CellDetail } from "./CellDetail";
import { autonomyQuery, type Promised } from "./queries";
import { type Cell, intentName, levelName, levelTone, reachWords } from "./words";
import "./autonomy.css";
import { tags } from "../text/language";

const keyOf = ({ intent, tool }: Cell) => `${intent} ${tool}`;

export function AutonomyPage() {
  useTitle(t`Autonomy`);
  const [promised, setPromised] = useState<Promised>({});
  const [open, setOpen] = useState<string>();
  const query = useQuery(autonomyQuery(promised));
  const cells = query.data?.cells;
  const shown = cells?.find((cell) => keyOf(cell) === open);
  return (
    <div className="stack">
      <p className="muted">
        <Trans>
          Where each tool stands, by what the customer asks for. A rung makes things stricter than
          the policy and never looser. Upwards a person goes, with evidence; downwards the service
          goes by itself, as soon as what acts breaks its promise or what was heard does not show
          any more that it keeps it.
        </Trans>
      </p>
      <PromiseForm promised={promised} onPromise={setPromised} />
      {query.isPending && <Loading lines={6} />}
      {query.isError && !cells && (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
      {cells?.length === 0 && (
        <Empty title={t`Nothing is known yet`}>
          <p>
            <Trans>
              Each decision on an approval counts, each reply that went out by itself, and each call
              on paper that was compared with what a person did.
            </Trans>
          </p>
        </Empty>
      )}
      {cells && cells.length > 0 && <Ladder cells={cells} open={open} onOpen={setOpen} />}
      {shown && <CellDetail key={open} cell={shown} promised={promised} />}
      <Resolutions />
    </div>
  );
}

function PromiseForm({
  promised,
  onPromise,
}: {
  promised: Promised;
  onPromise: (promised: Promised) => void;
}) {
  const [ceiling, setCeiling] = useState("5");
  const [delta, setDelta] = useState("10");
  const own = promised.ceiling !== undefined;
  return (
    <form
      className="autonomy-promise"
      aria-label={t`What is to be promised`}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        onPromise({ ceiling: Number(ceiling) / 100, delta: Number(delta) / 100 });
      }}
    >
      <label className="field">
        <span className="field-label">
          <Trans>At most so many wrong, in per cent</Trans>
        </span>
        <input
          className="input"
          type="number"
          required
          min={0.1}
          max={50}
          step={0.1}
          value={ceiling}
          onChange={(event) => setCeiling(event.target.value)}
        />
      </label>
      <label className="field">
        <span className="field-label">
          <Trans>Probability that this fails, in per cent</Trans>
        </span>
        <input
          className="input"
          type="number"
          required
          min={0.1}
          max={50}
          step={0.1}
          value={delta}
          onChange={(event) => setDelta(event.target.value)}
        />
      </label>
      <Button type="submit">
        <Trans>Show what that takes</Trans>
      </Button>
      {own && (
        <Button tone="quiet" onClick={() => onPromise({})}>
          <Trans>Back to what is promised now</Trans>
        </Button>
      )}
    </form>
  );
}

function Ladder({
  cells,
  open,
  onOpen,
}: {
  cells: Cell[];
  open: string | undefined;
  onOpen: (key: string | undefined) => void;
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="card section autonomy-scroll" aria-label={t`The ladder`} tabIndex={0}>
      <table className="autonomy-table">
        <thead>
          <tr>
            <th scope="col">
              <Trans>Tool and request</Trans>
            </th>
            <th scope="col">
              <Trans>Rung</Trans>
            </th>
            <th scope="col">
              <Trans>Right, of those judged</Trans>
            </th>
            <th scope="col">
              <Trans>Assumed</Trans>
            </th>
            <th scope="col">
              <Trans>On paper, not compared</Trans>
            </th>
            <th scope="col">
              <Trans>What can be promised</Trans>
            </th>
            <th scope="col">
              <span className="sr-only">
                <Trans>More</Trans>
              </span>
            </th>
          </tr>
        </thead>
        <tbody>
          {cells.map((cell) => {
            const key = keyOf(cell);
            const name = t`${cell.title}, ${intentName(cell.intent)}`;
            return (
              <tr key={key}>
                <th scope="row">
                  {cell.title}
                  <div className="muted small">{intentName(cell.intent)}</div>
                </th>
                <td>
                  {cell.rung ? (
                    <Badge tone={levelTone(cell.rung.level)}>{levelName(cell.rung.level)}</Badge>
                  ) : (
                    <span className="muted">{levelName(null)}</span>
                  )}
                </td>
                <td>
                  {cell.n === 0
                    ? "—"
                    : t`${percent((cell.n - cell.wrong) / cell.n)} of ${cell.n.toLocaleString(tags())}`}
                </td>
                <td>{cell.heard.assumed.toLocaleString(tags())}</td>
                <td>{cell.heard.paper.toLocaleString(tags())}</td>
                <td>{reachWords(cell)}</td>
                <td>
                  <Button
                    size="small"
                    aria-expanded={open === key}
                    aria-label={t`Details of ${name}`}
                    onClick={() => onOpen(open === key ? undefined : key)}
                  >
                    <Trans>Details</Trans>
                  </Button>
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}

function Resolutions() {
  const { may } = useSession();
  // A file is not masked, so who sees masks is refused it.
  if (!may("read_tickets") || !may("see_personal_data")) return null;
  return (
    <section className="card section stack" aria-labelledby="autonomy-resolutions">
      <h2 id="autonomy-resolutions">
        <Trans>What became of resolutions</Trans>
      </h2>
      <p className="muted">
        <Trans>
          Every ticket that an agent resolved: confirmed by the customer, of no help to them, opened
          again, or assumed, which means that nobody objected.
        </Trans>
      </p>
      <div className="row">
        <a className="button" href="/v1/autonomy/resolutions?format=csv" download="resolutions.csv">
          <Trans>CSV</Trans>
        </a>
        <a
          className="button"
          href="/v1/autonomy/resolutions?format=jsonl"
          download="resolutions.jsonl"
        >
          <Trans>JSON</Trans>
        </a>
      </div>
    </section>
  );
}
