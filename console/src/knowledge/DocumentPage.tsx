// One document: its text, what is known of it, what it said before and what changed.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { api, Problem, send } from "../api/client";
import type { Chunk, Document, MadeOf, VersionItem } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { actorName } from "../messages/actor";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Markdown } from "../parts/Markdown";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { bytesOf, cutAt } from "../text/bytes";
import { fullTime } from "../text/times";
import { Changes } from "./Changes";
import { DocumentEditor } from "./DocumentEditor";
import { DocumentMarks } from "./marks";
import type { Metadata } from "./metadata";
import {
  customerQuery,
  documentQuery,
  feedbackQuery,
  refreshKnowledge,
  versionQuery,
  versionsQuery,
} from "./queries";
import { Uses } from "./Uses";
import "./knowledge.css";
import { languageOf } from "../text/language";

export function DocumentPage() {
  const { id } = useParams({ from: "/staff/knowledge/documents/$id" });
  const search = useSearch({ from: "/staff/knowledge/documents/$id" });
  const current = useQuery(documentQuery(id));
  const versions = useQuery(versionsQuery(id));
  const gone =
    current.error instanceof Problem && current.error.status === 404 && versions.data !== undefined;
  const newest = versions.data?.items[0]?.version;
  const shown = search.version ?? current.data?.document.version ?? (gone ? newest : undefined);
  const earlier = shown !== undefined && shown !== current.data?.document.version;
  const version = useQuery({ ...versionQuery(id, shown ?? 0), enabled: earlier });
  const meta: (Metadata & { slug: string; body: string }) | undefined = earlier
    ? version.data
    : current.data?.document;
  useTitle(meta?.title ?? t`Document`);

  const failed = [gone ? versions : current, versions, version].find((query) => query.isError);
  return (
    <div className="page">
      <p className="small">
        <Link to="/knowledge">
          <Trans>Knowledge</Trans>
        </Link>
        <span className="muted"> › </span>
        <Link to="/knowledge">
          <Trans>Documents</Trans>
        </Link>
      </p>
      {failed && (
        <Failure
          error={failed.error}
          retry={() => {
            for (const query of [current, versions, version])
              if (query.isError) void query.refetch();
          }}
        />
      )}
      {!meta && !failed && <Loading lines={10} />}
      {meta && shown !== undefined && versions.data && (
        <Shown
          id={id}
          meta={meta}
          shown={shown}
          current={current.data?.document}
          chunks={current.data?.chunks ?? []}
          madeOf={current.data?.made_of ?? undefined}
          versions={versions.data.items}
          gone={gone}
        />
      )}
    </div>
  );
}

/** A link is to where one is only when all it says is so. */
const SAME = { exact: true, includeSearch: true, explicitUndefined: true };

interface ShownProps {
  id: string;
  meta: Metadata & { slug: string; body: string };
  shown: number;
  /** As it is now; absent when it was removed. */
  current?: Document;
  /** The pieces it is searched by now. */
  chunks: Chunk[];
  /** What it was made of, when an agent made it. */
  madeOf?: MadeOf;
  versions: VersionItem[];
  gone: boolean;
}

function Shown({ id, meta, shown, current, chunks, madeOf, versions, gone }: ShownProps) {
  const search = useSearch({ from: "/staff/knowledge/documents/$id" });
  const mayWrite = useSession().may("publish_knowledge");
  const [open, setOpen] = useState<"edit" | "remove">();
  const earlier = shown !== current?.version;
  const own = meta.layer !== "universal" && current !== undefined && mayWrite;
  useShortcuts(t`Document`, [
    { keys: "e", label: t`Edit`, when: own && !earlier, run: () => setOpen("edit") },
  ]);
  const tab = search.tab ?? "text";
  const chunk = earlier ? undefined : chunks.find((each) => each.id === search.chunk);
  const place = chunk && `${chunk.start}-${chunk.start + bytesOf(chunk.text)}`;
  const tabs: [typeof tab, string][] = [
    ["text", t`Text`],
    ["changes", t`Changes`],
    ["uses", t`Answers that rest on it`],
  ];
  return (
    <>
      <header className="page-head document-head">
        <div className="grow">
          <h1>{meta.title}</h1>
          <div className="row small">
            <span className="mono muted">{meta.slug}</span>
            <DocumentMarks meta={meta} />
          </div>
        </div>
        {own && (
          <div className="row">
            {!earlier && (
              <Button keys="E" onClick={() => setOpen("edit")}>
                <Trans>Edit</Trans>
              </Button>
            )}
            <Button tone="danger" onClick={() => setOpen("remove")}>
              <Trans>Remove</Trans>
            </Button>
          </div>
        )}
      </header>
      {gone && (
        <p className="notice" data-tone="amber">
          <Trans>
            This document was removed. No search finds it; its versions stay readable for the
            answers that cite them.
          </Trans>
        </p>
      )}
      {!gone && earlier && (
        <p className="notice" data-tone="amber">
          <span className="grow">
            <Trans>This is version {shown}, as it once stood. Now it is version</Trans>{" "}
            {current?.version}.
          </span>
          <Link to="/knowledge/documents/$id" params={{ id }} search={{ tab: search.tab }}>
            <Trans>Show what it says now</Trans>
          </Link>
        </p>
      )}
      <div className="document">
        <div className="document-main">
          <nav aria-label={t`Document`} className="tabs">
            {tabs.map(([name, label]) => (
              <Link
                key={name}
                to="/knowledge/documents/$id"
                params={{ id }}
                search={{ version: search.version, tab: name === "text" ? undefined : name }}
                className="tab"
                data-on={tab === name}
                aria-current={tab === name ? "page" : undefined}
                activeOptions={SAME}
              >
                {label}
              </Link>
            ))}
          </nav>
          {tab === "text" && <Text body={meta.body} at={search.at ?? place} />}
          {tab === "changes" && <Changes id={id} version={shown} versions={versions} />}
          {tab === "uses" && <Uses id={id} />}
        </div>
        <aside className="document-side" aria-label={t`About this document`}>
          <Facts meta={meta} />
          {madeOf && (
            <p className="small">
              <Trans>
                Made of a{" "}
                <Way to="/tickets/$id" params={{ id: madeOf.ticket_id }}>
                  resolved ticket
                </Way>
                , and let in by a person (
                <Way to="/runs/$id" params={{ id: madeOf.run_id }}>
                  run
                </Way>
                ).
              </Trans>
            </p>
          )}
          <Feedback id={id} />
          <Versions id={id} versions={versions} shown={shown} />
        </aside>
      </div>
      {open === "edit" && current && (
        <DocumentEditor document={current} onClose={() => setOpen(undefined)} />
      )}
      {open === "remove" && current && (
        <RemoveDialog document={current} onClose={() => setOpen(undefined)} />
      )}
    </>
  );
}

/** The text; what `at` names in bytes is set apart and scrolled to. */
function Text({ body, at }: { body: string; at?: string }) {
  const cited = useRef<HTMLElement>(null);
  const span = at?.split("-").map(Number);
  const [start = 0, end = 0] = span ?? [];
  const found = end > start;
  useEffect(() => {
    if (found) cited.current?.scrollIntoView({ block: "center" });
  }, [found]);
  if (!found) {
    return (
      <article className="card section">
        <Markdown text={body} />
      </article>
    );
  }
  const [before = "", passage = "", after = ""] = cutAt(body, [start, end]);
  return (
    <article className="card section">
      {before.trim() && <Markdown text={before} />}
      <section ref={cited} className="document-cited" aria-label={t`The passage`}>
        <span className="badge" data-tone="blue">
          <Trans>The passage</Trans>
        </span>
        <Markdown text={passage} />
      </section>
      {after.trim() && <Markdown text={after} />}
    </article>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="facts-row">
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

function Facts({ meta }: { meta: Metadata }) {
  return (
    <section className="stack">
      <h2>
        <Trans>About</Trans>
      </h2>
      <dl className="facts small">
        <Fact name={t`Readers`}>
          {meta.visibility === "public" ? t`Customers and staff` : t`Staff alone`}
        </Fact>
        <Fact name={t`Whose`}>
          {meta.layer === "company" && t`The company's`}
          {meta.layer === "universal" && t`The shipped library's`}
          {meta.layer === "customer" && <CustomerName id={meta.customer_id ?? ""} />}
        </Fact>
        <Fact name={t`Language`}>{languageOf(meta.locale)}</Fact>
        {meta.category && (
          <Fact name={t`Category`}>
            <Link to="/knowledge" search={{ category: meta.category }}>
              {meta.category}
            </Link>
          </Fact>
        )}
        {meta.brand && <Fact name={t`Brand`}>{meta.brand}</Fact>}
        {meta.tags.length > 0 && <Fact name={t`Tags`}>{meta.tags.join(", ")}</Fact>}
        {meta.valid_from && <Fact name={t`Valid from`}>{fullTime(meta.valid_from)}</Fact>}
        {meta.valid_until && <Fact name={t`Valid until`}>{fullTime(meta.valid_until)}</Fact>}
      </dl>
    </section>
  );
}

function CustomerName({ id }: { id: string }) {
  const { data } = useQuery(customerQuery(id));
  return data?.customer.name ?? t`One customer's`;
}

function Feedback({ id }: { id: string }) {
  const { data } = useQuery(feedbackQuery(id));
  if (!data || data.helpful + data.wrong + data.outdated === 0) return null;
  return (
    <section className="stack">
      <h2>
        <Trans>What readers say of its passages</Trans>
      </h2>
      <dl className="facts small">
        <Fact name={t`Helpful`}>{data.helpful}</Fact>
        <Fact name={t`Wrong`}>{data.wrong}</Fact>
        <Fact name={t`Outdated`}>{data.outdated}</Fact>
      </dl>
    </section>
  );
}

const LISTED = 8;

function Versions({ id, versions, shown }: { id: string; versions: VersionItem[]; shown: number }) {
  const search = useSearch({ from: "/staff/knowledge/documents/$id" });
  const [all, setAll] = useState(false);
  const listed = all ? versions : versions.slice(0, LISTED);
  return (
    <section className="stack">
      <h2>
        <Trans>Versions</Trans>
      </h2>
      <ol className="versions">
        {listed.map((version) => (
          <li key={version.version}>
            <Link
              to="/knowledge/documents/$id"
              params={{ id }}
              search={{ version: version.version, tab: search.tab }}
              className="version"
              data-on={version.version === shown}
              aria-current={version.version === shown ? "true" : undefined}
              activeOptions={SAME}
            >
              <span>
                <Trans>Version {version.version}</Trans>
              </span>
              <span className="muted small">
                {actorName(version.created_by)}, <Ago at={version.created_at} />
              </span>
            </Link>
          </li>
        ))}
      </ol>
      {listed.length < versions.length && (
        <Button size="small" onClick={() => setAll(true)}>
          <Trans>All {versions.length} versions</Trans>
        </Button>
      )}
    </section>
  );
}

function RemoveDialog({ document, onClose }: { document: Document; onClose: () => void }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () =>
      send(api.DELETE("/v1/knowledge/documents/{id}", { params: { path: { id: document.id } } })),
    onSuccess: async () => {
      await navigate({ to: "/knowledge" });
      await refreshKnowledge(client);
      tell(t`Removed; no search finds it any more`, "info", document.title);
    },
  });
  return (
    <Dialog open onClose={onClose} title={t`Remove “${document.title}”?`}>
      <div className="stack">
        {remove.isError && <Failure error={remove.error} />}
        <p>
          <Trans>
            No agent and no search finds it any more. Its versions stay readable for the answers
            that cite them.
          </Trans>
        </p>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Keep it</Trans>
          </Button>
          <Button tone="danger-fill" busy={remove.isPending} onClick={() => remove.mutate()}>
            <Trans>Remove</Trans>
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
