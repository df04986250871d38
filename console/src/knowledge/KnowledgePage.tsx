// What agents may rest their answers on: the documents, and a search that shows what they find.
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import type { DocumentItem, Passage } from "../api/words";
import { mayActAs } from "../api/words";
import { Bar } from "../approvals/Bar";
import { useShortcuts } from "../keys/shortcuts";
import { unmarked } from "../messages/marks";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { MoreRows } from "../parts/MoreRows";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { percent } from "../text/format";
import { DocumentDialog } from "./DocumentDialog";
import { documentsQuery, passagesQuery } from "./queries";
import "./knowledge.css";

export function KnowledgePage() {
  useTitle("Knowledge");
  const session = useSession();
  const mayWrite = mayActAs(session.role, "admin");
  const [typed, setTyped] = useState("");
  const [internal, setInternal] = useState(false);
  const [open, setOpen] = useState<{ id?: string }>();
  const q = useSettled(typed.trim());
  const box = useRef<HTMLInputElement>(null);
  useShortcuts("Knowledge", [
    { keys: "/", label: "Search", run: () => box.current?.focus() },
    { keys: "c", label: "New document", when: mayWrite, run: () => setOpen({}) },
  ]);
  return (
    <div className="page">
      <header className="page-head">
        <h1>Knowledge</h1>
        {mayWrite && (
          <Button tone="primary" keys="C" onClick={() => setOpen({})}>
            New document
          </Button>
        )}
      </header>
      <search className="row knowledge-search">
        <input
          ref={box}
          className="input grow"
          type="search"
          aria-label="Search the knowledge"
          placeholder="Ask as a customer would"
          maxLength={1000}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
        />
        <label className="row small">
          <input
            type="checkbox"
            checked={internal}
            onChange={(event) => setInternal(event.target.checked)}
          />
          Internal documents too
        </label>
      </search>
      {q ? (
        <Passages q={q} internal={internal} onOpen={(id) => setOpen({ id })} />
      ) : (
        <Documents onOpen={(id) => setOpen({ id })} />
      )}
      {open && (
        <DocumentDialog
          key={open.id ?? "new"}
          id={open.id}
          mayWrite={mayWrite}
          onClose={() => setOpen(undefined)}
        />
      )}
    </div>
  );
}

function Documents({ onOpen }: { onOpen: (id: string) => void }) {
  const query = useInfiniteQuery(documentsQuery);
  const documents = useMemo(
    () => query.data?.pages.flatMap((page) => page.items) ?? [],
    [query.data],
  );
  if (query.isPending) return <Loading lines={8} />;
  if (query.isError && !query.data) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (documents.length === 0) {
    return (
      <Empty title="No documents yet">
        <p>Agents answer from documents. Without any, they hand every question to a person.</p>
      </Empty>
    );
  }
  return (
    <>
      <ul className="list">
        {documents.map((document) => (
          <DocumentRow key={document.id} document={document} onOpen={onOpen} />
        ))}
      </ul>
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </>
  );
}

function DocumentRow({
  document,
  onOpen,
}: {
  document: DocumentItem;
  onOpen: (id: string) => void;
}) {
  return (
    <li>
      <button type="button" className="document-row" onClick={() => onOpen(document.id)}>
        <span className="grow">
          <span className="document-title">{document.title}</span>{" "}
          <span className="muted small mono">{document.slug}</span>
        </span>
        {document.visibility === "internal" && <Badge tone="amber">Internal</Badge>}
        {document.category && <Badge>{document.category}</Badge>}
        <span className="muted small document-facts">
          v{document.version} · <Ago at={document.updated_at} />
        </span>
      </button>
    </li>
  );
}

function Passages({
  q,
  internal,
  onOpen,
}: {
  q: string;
  internal: boolean;
  onOpen: (id: string) => void;
}) {
  const query = useQuery({ ...passagesQuery(q, internal), placeholderData: keepPreviousData });
  if (query.isPending) return <Loading lines={5} />;
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.data.items.length === 0) {
    return (
      <Empty title="Nothing found">
        <p>An agent would find nothing either and hand the question to a person.</p>
      </Empty>
    );
  }
  return (
    <ol className="stack" aria-label="Passages">
      {query.data.items.map((passage) => (
        <PassageItem key={passage.chunk_id} passage={passage} onOpen={onOpen} />
      ))}
    </ol>
  );
}

function PassageItem({ passage, onOpen }: { passage: Passage; onOpen: (id: string) => void }) {
  return (
    <li className="card section">
      <div className="row">
        <h2 className="grow">
          <button type="button" className="link-button" onClick={() => onOpen(passage.document_id)}>
            {passage.title}
          </button>
          {passage.heading_path.slice(1).map((heading) => (
            <span key={heading} className="muted">
              {" "}
              › {heading}
            </span>
          ))}
        </h2>
        {passage.visibility === "internal" && <Badge tone="amber">Internal</Badge>}
        <span className="muted small" title="Comparable within this search alone">
          score {passage.score.toFixed(2)}
        </span>
      </div>
      <div className="row passage-coverage">
        <span className="muted small">Covers {percent(passage.coverage)} of the question</span>
        <div className="grow">
          <Bar share={passage.coverage} label="Coverage of the question" />
        </div>
      </div>
      <p className="passage-text">{unmarked(passage.text)}</p>
    </li>
  );
}
