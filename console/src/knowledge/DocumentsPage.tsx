// Every document of the workspace, with what is needed to find one, and the way in for new ones.
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import type { DocumentItem } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { MoreRows } from "../parts/MoreRows";
import { Pick } from "../parts/Pick";
import { useRows } from "../parts/rows";
import { useSettled } from "../parts/settled";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { languageOf, tags } from "../text/language";
import { DocumentEditor } from "./DocumentEditor";
import { DropAnywhere } from "./DropAnywhere";
import { DocumentMarks } from "./marks";
import { type DocumentFilter, fits, isFiltered, valuesOf } from "./metadata";
import { documentsQuery } from "./queries";
import { UploadDialog } from "./UploadDialog";
import { isUnderWay, uploads, useUploads } from "./uploads";

/** Pages of 100 that are read by themselves, so that filter and order are of all documents. */
const READ_BY_ITSELF = 30;
const DRAWN_AT_ONCE = 100;

type Order = "changed" | "title";

function useDocuments() {
  const query = useInfiniteQuery(documentsQuery);
  const { data, hasNextPage, isFetchingNextPage, isError, fetchNextPage } = query;
  const pages = data?.pages.length ?? 0;
  const reading = hasNextPage && pages < READ_BY_ITSELF && !isError;
  useEffect(() => {
    if (reading && !isFetchingNextPage) void fetchNextPage();
  }, [reading, isFetchingNextPage, fetchNextPage]);
  const documents = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  return { query, documents, reading };
}

const newestFirst = (a: DocumentItem, b: DocumentItem) => b.updated_at.localeCompare(a.updated_at);
const byTitle = (a: DocumentItem, b: DocumentItem) => a.title.localeCompare(b.title);

export function DocumentsPage() {
  useTitle(t`Knowledge`);
  const mayWrite = useSession().may("publish_knowledge");
  const navigate = useNavigate({ from: "/knowledge" });
  const search = useSearch({ from: "/staff/knowledge/" });
  const [typed, setTyped] = useState(search.q ?? "");
  const [order, setOrder] = useState<Order>("changed");
  const [drawn, setDrawn] = useState(DRAWN_AT_ONCE);
  const [open, setOpen] = useState<"upload" | "write">();
  const q = useSettled(typed.trim(), 150);
  // Asked for by the palette, on whatever page that was.
  const asked = mayWrite ? search.new : undefined;
  useEffect(() => {
    if (!asked) return;
    setOpen(asked);
    void navigate({ search: (old) => ({ ...old, new: undefined }), replace: true });
  }, [asked, navigate]);
  const box = useRef<HTMLInputElement>(null);
  const list = useRows<HTMLUListElement>(t`Documents`);
  const { query, documents, reading } = useDocuments();
  const sending = isUnderWay(useUploads());

  useShortcuts(t`Knowledge`, [
    { keys: "/", label: t`Filter`, run: () => box.current?.focus() },
    { keys: "u", label: t`Upload files`, when: mayWrite, run: () => setOpen("upload") },
    { keys: "c", label: t`Write a document`, when: mayWrite, run: () => setOpen("write") },
  ]);
  useEffect(() => {
    void navigate({ search: (before) => ({ ...before, q: q || undefined }), replace: true });
  }, [q, navigate]);

  const filter: DocumentFilter = { ...search, q: q || undefined };
  const only = (over: DocumentFilter) =>
    void navigate({ search: (before) => ({ ...before, ...over }), replace: true });
  const found = documents
    .filter((document) => fits(document, filter))
    .sort(order === "changed" ? newestFirst : byTitle);

  return (
    <>
      <div className="knowledge-bar">
        <search className="row grow">
          <input
            ref={box}
            className="input knowledge-filter"
            type="search"
            placeholder={t`Filter`}
            aria-label={t`Filter documents by title, name, category or tag`}
            maxLength={200}
            value={typed}
            onChange={(event) => setTyped(event.target.value)}
            onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
          />
          <Pick
            label={t`Readers`}
            any={t`All readers`}
            value={search.visibility}
            options={[
              ["public", t`Public`],
              ["internal", t`Internal`],
            ]}
            onPick={(visibility) => only({ visibility })}
          />
          <Pick
            label={t`Whose`}
            any={t`Everybody's`}
            value={search.layer}
            options={[
              ["company", t`The company's`],
              ["customer", t`A customer's`],
            ]}
            onPick={(layer) => only({ layer })}
          />
          <Pick
            label={t`Language`}
            any={t`Any language`}
            value={search.locale}
            options={valuesOf(documents, (each) => each.locale).map((each) => [
              each,
              languageOf(each),
            ])}
            onPick={(locale) => only({ locale })}
          />
          <Pick
            label={t`Category`}
            any={t`Any category`}
            value={search.category}
            options={valuesOf(documents, (each) => each.category).map((each) => [each, each])}
            onPick={(category) => only({ category })}
          />
        </search>
        {mayWrite && (
          <div className="row">
            <Button keys="C" onClick={() => setOpen("write")}>
              <Trans>Write</Trans>
            </Button>
            <Button tone="primary" keys="U" onClick={() => setOpen("upload")}>
              {sending ? t`Uploading…` : t`Upload files`}
            </Button>
          </div>
        )}
      </div>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && documents.length === 0 && !reading && (
        <Empty title={t`No documents yet`}>
          <p>
            <Trans>
              Agents answer from documents. Without any, they hand every question to a person.
            </Trans>
          </p>
          {mayWrite && (
            <p>
              <Trans>Drop files anywhere on this page, or use “Upload files”.</Trans>
            </p>
          )}
        </Empty>
      )}
      {documents.length > 0 && (
        <>
          <div className="row small muted knowledge-count">
            <span className="grow" role="status">
              {isFiltered(filter)
                ? t`${found.length.toLocaleString(tags())} of ${plural(documents.length, { one: "# document", other: "# documents" })}`
                : plural(documents.length, { one: "# document", other: "# documents" })}
              {reading && t`, reading more…`}
            </span>
            <label className="row">
              <Trans>Order</Trans>
              <select
                className="select"
                value={order}
                onChange={(event) => setOrder(event.target.value as Order)}
              >
                <option value="changed">{t`Latest change`}</option>
                <option value="title">{t`Title`}</option>
              </select>
            </label>
          </div>
          {found.length === 0 && !reading && (
            <Empty title={t`No document fits`}>
              <p>
                <Trans>Try fewer filters or other words.</Trans>
              </p>
              <Button
                onClick={() => {
                  setTyped("");
                  void navigate({ search: {}, replace: true });
                }}
              >
                <Trans>Clear the filters</Trans>
              </Button>
            </Empty>
          )}
          {found.length > 0 && (
            <ul ref={list} className="list">
              {found.slice(0, drawn).map((document) => (
                <Row key={document.id} document={document} />
              ))}
            </ul>
          )}
        </>
      )}
      <MoreRows
        hasMore={found.length > drawn}
        busy={false}
        onMore={() => setDrawn(drawn + DRAWN_AT_ONCE)}
      />
      {!reading && query.hasNextPage && !query.isError && (
        <p className="notice" role="status">
          <span className="grow">
            <Trans>
              There are more documents than the {documents.length.toLocaleString(tags())} read so
              far; filter and order are of these alone.
            </Trans>
          </span>
          <Button
            size="small"
            busy={query.isFetchingNextPage}
            onClick={() => void query.fetchNextPage()}
          >
            <Trans>Read more</Trans>
          </Button>
        </p>
      )}
      {mayWrite && (
        <DropAnywhere
          onFiles={(files) => {
            uploads.choose(files);
            setOpen("upload");
          }}
        />
      )}
      {open === "upload" && <UploadDialog onClose={() => setOpen(undefined)} />}
      {open === "write" && <DocumentEditor onClose={() => setOpen(undefined)} />}
    </>
  );
}

function Row({ document }: { document: DocumentItem }) {
  return (
    <li className="document-item">
      <Link
        to="/knowledge/documents/$id"
        params={{ id: document.id }}
        className="document-row"
        data-row
      >
        <span className="document-name">
          <span className="document-title">{document.title}</span>{" "}
          <span className="muted small mono document-slug">{document.slug}</span>
        </span>
        <span className="document-marks">
          {document.category && <Badge>{document.category}</Badge>}
          <DocumentMarks meta={document} />
        </span>
        <span className="muted small document-facts">
          <Trans>
            v{document.version} · <Ago at={document.updated_at} />
          </Trans>
        </span>
      </Link>
    </li>
  );
}
