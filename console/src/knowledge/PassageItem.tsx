// A passage that a search found: what it says, where it stands and why it stands there.
import { selectOrdinal, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { Passage } from "../api/words";
import { Bar } from "../approvals/Bar";
import { Button } from "../parts/Button";
import { Markdown } from "../parts/Markdown";
import { Failure, Loading } from "../parts/states";
import { bytesOf } from "../text/bytes";
import { percent } from "../text/format";
import { LayerBadge, VisibilityBadge } from "./marks";
import { sectionQuery } from "./queries";

/** Where a passage stands in its document, as the document's page takes it. */
export function placeOf(passage: Pick<Passage, "start" | "text">): string | undefined {
  const { start } = passage;
  if (start === undefined || start === null) return undefined;
  return `${start}-${start + bytesOf(passage.text)}`;
}

interface Props {
  passage: Passage;
  place: number;
  /** Meaning was compared too. */
  hybrid: boolean;
}

export function PassageItem({ passage, place, hybrid }: Props) {
  const [around, setAround] = useState(false);
  const { heading_path: path } = passage;
  // The first heading is the title more often than not.
  const headings = path[0] === passage.title ? path.slice(1) : path;
  return (
    <li className="card section passage" data-row tabIndex={-1}>
      <div className="row">
        <span className="passage-place" aria-hidden="true">
          {place}
        </span>
        <h2 className="grow">
          <Link
            to="/knowledge/documents/$id"
            params={{ id: passage.document_id }}
            search={{ version: passage.document_version, at: placeOf(passage) }}
          >
            {passage.title}
          </Link>
          {headings.map((heading, at) => (
            <span key={`${at.toString()}-${heading}`} className="muted">
              {" "}
              › {heading}
            </span>
          ))}
        </h2>
        <LayerBadge layer={passage.layer ?? "company"} />
        <VisibilityBadge visibility={passage.visibility} />
      </div>
      <Markdown text={passage.text} marks={passage.highlights} level={3} />
      <Scores passage={passage} hybrid={hybrid} />
      <div className="row">
        <Button size="small" aria-expanded={around} onClick={() => setAround(!around)}>
          {around ? t`Hide the section` : t`Read the section`}
        </Button>
        <span className="muted small mono">
          <Trans>
            {passage.slug}, version {passage.document_version}
          </Trans>
        </span>
      </div>
      {around && <Around chunkId={passage.chunk_id} />}
    </li>
  );
}

function ordinal(n: number): string {
  return selectOrdinal(n, { one: "#st", two: "#nd", few: "#rd", other: "#th" });
}

function Scores({ passage, hybrid }: { passage: Passage; hybrid: boolean }) {
  const { lexical, dense, fused } = passage.scores ?? { lexical: null, dense: null, fused: 0 };
  return (
    <dl className="scores small">
      <div>
        <dt>
          <Trans>By words</Trans>
        </dt>
        <dd>
          {lexical ? (
            <>
              {ordinal(lexical.rank)}{" "}
              <span className="muted">
                <Trans>BM25 {lexical.score.toFixed(2)}</Trans>
              </span>
            </>
          ) : (
            <span className="muted">
              <Trans>not among the best</Trans>
            </span>
          )}
        </dd>
      </div>
      <div>
        <dt>
          <Trans>By meaning</Trans>
        </dt>
        <dd>
          {dense ? (
            <>
              {ordinal(dense.rank)}{" "}
              <span className="muted">
                <Trans>cosine {dense.score.toFixed(3)}</Trans>
              </span>
            </>
          ) : (
            <span className="muted">{hybrid ? t`not among the best` : t`not compared`}</span>
          )}
        </dd>
      </div>
      <div>
        <dt>
          <Trans>Together</Trans>
        </dt>
        <dd>
          {fused.toFixed(4)}{" "}
          <span className="muted">
            <Trans>fused</Trans>
          </span>
        </dd>
      </div>
      <div className="scores-coverage">
        <dt>
          <Trans>Holds of the question</Trans>
        </dt>
        <dd className="row">
          {percent(passage.coverage)}
          <Bar share={passage.coverage} label={t`Share of the question's words`} />
        </dd>
      </div>
    </dl>
  );
}

function Around({ chunkId }: { chunkId: string }) {
  const query = useQuery(sectionQuery(chunkId));
  if (query.isPending) return <Loading lines={4} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return (
    <section className="passage-section" aria-label={t`The section`}>
      <Markdown text={query.data.text} level={3} />
    </section>
  );
}
