// What changed in a document from one version to another. Signs and words say what was added and
// what was removed; colour only repeats it.
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { VersionItem } from "../api/words";
import { Failure, Loading } from "../parts/states";
import { hunksOf, type Line } from "./difference";
import { differing } from "./metadata";
import { differenceQuery } from "./queries";

interface Props {
  id: string;
  version: number;
  versions: VersionItem[];
}

export function Changes({ id, version, versions }: Props) {
  const earlier = versions.filter((each) => each.version < version);
  const [chosen, setChosen] = useState<number>();
  const from = earlier.some((each) => each.version === chosen) ? chosen : earlier[0]?.version;
  const query = useQuery(differenceQuery(id, version, from));
  const before = versions.find((each) => each.version === from);
  const after = versions.find((each) => each.version === version);
  const meta = before && after ? differing(before, after) : [];
  return (
    <div className="stack">
      {earlier.length > 0 ? (
        <div className="row">
          <label className="row">
            <Trans>From</Trans>
            <select
              className="select"
              value={from}
              onChange={(event) => setChosen(Number(event.target.value))}
            >
              {earlier.map((each) => (
                <option key={each.version} value={each.version}>
                  {t`version ${each.version}`}
                </option>
              ))}
            </select>
          </label>
          <span>
            <Trans>to version {version}</Trans>
          </span>
        </div>
      ) : (
        <p className="muted">
          <Trans>This is the first version; all of it is new.</Trans>
        </p>
      )}
      {meta.length > 0 && (
        <section className="card section">
          <h2>
            <Trans>What is known of it</Trans>
          </h2>
          <dl className="facts small">
            {meta.map(({ name, before: then, after: now }) => (
              <div key={name} className="facts-row">
                <dt>{name}</dt>
                <dd>
                  <del>{then || t`nothing`}</del> → <ins>{now || t`nothing`}</ins>
                </dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && <Unified unified={query.data.unified} />}
    </div>
  );
}

export function Unified({ unified }: { unified: string }) {
  const hunks = hunksOf(unified).map((hunk, at) => ({ ...hunk, key: `${at}` }));
  if (hunks.length === 0)
    return (
      <p className="muted">
        <Trans>The text is the same.</Trans>
      </p>
    );
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const added = lines.filter((line) => line.kind === "added").length;
  const removed = lines.filter((line) => line.kind === "removed").length;
  return (
    <figure className="card">
      <figcaption className="unified-head small muted">
        <Trans>
          {added} added (+), {removed} removed (−)
        </Trans>
      </figcaption>
      {hunks.map((hunk, index) => (
        <div key={hunk.key} className="unified" data-cut={index > 0}>
          {hunk.lines.map((line) => (
            <Row key={`${line.kind}-${line.before ?? ""}-${line.after ?? ""}`} line={line} />
          ))}
        </div>
      ))}
    </figure>
  );
}

const SIGN = { same: "", added: "+", removed: "−" } as const;
const SAID = { same: "", added: msg`Added: `, removed: msg`Removed: ` } as const;

function Row({ line }: { line: Line }) {
  const parts = line.parts.map((part, at) => ({ ...part, key: `${at}` }));
  const text = parts.map((part) =>
    part.changed ? <em key={part.key}>{part.text}</em> : <span key={part.key}>{part.text}</span>,
  );
  return (
    <div className="unified-line" data-kind={line.kind}>
      <span className="unified-number" aria-hidden="true">
        {line.before}
      </span>
      <span className="unified-number" aria-hidden="true">
        {line.after}
      </span>
      <span className="unified-sign" aria-hidden="true">
        {SIGN[line.kind]}
      </span>
      <span className="unified-text">
        {line.kind !== "same" && <span className="sr-only">{t(SAID[line.kind])}</span>}
        {line.kind === "added" && <ins>{text}</ins>}
        {line.kind === "removed" && <del>{text}</del>}
        {line.kind === "same" && text}
      </span>
    </div>
  );
}
