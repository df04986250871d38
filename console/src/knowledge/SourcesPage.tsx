// Where knowledge comes from by itself: pages of the web, sitemaps, and folders of the configuration.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, send } from "../api/client";
import type { PageStatus, SourcePageItem, SourceView } from "../api/words";
import { Badge, type BadgeTone } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { AddSourceDialog } from "./AddSourceDialog";
import { refreshKnowledge, sourceQuery, sourcesQuery } from "./queries";
import { isUnderWay, outcome, STATE } from "./sources";

const KIND = { url: msg`Page`, sitemap: msg`Sitemap`, folder: msg`Folder` } as const;

export function SourcesPage() {
  useTitle(t`Sources of the knowledge`);
  const client = useQueryClient();
  const { may } = useSession();
  const query = useInfiniteQuery(sourcesQuery);
  const sources = useMemo(
    () => query.data?.pages.flatMap((page) => page.items) ?? [],
    [query.data],
  );
  const list = useRows<HTMLUListElement>(t`Sources`);
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<SourceView>();
  // What a sync has brought is among the documents.
  const underWay = sources.filter(isUnderWay).length;
  const before = useRef(underWay);
  useEffect(() => {
    if (underWay < before.current) void refreshKnowledge(client);
    before.current = underWay;
  }, [underWay, client]);
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          <Trans>
            Documents that are kept in step with pages of the web and with folders. They are synced
            on a schedule, and whenever you say so.
          </Trans>
        </p>
        {may("publish_knowledge") && (
          <Button tone="primary" onClick={() => setAdding(true)}>
            <Trans>Add a source</Trans>
          </Button>
        )}
      </div>
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && sources.length === 0 && (
        <Empty title={t`No sources`}>
          <p>
            <Trans>
              Add the address of a page or of a sitemap. Folders are named in the configuration,
              under knowledge.folders.
            </Trans>
          </p>
        </Empty>
      )}
      {sources.length > 0 && (
        <ul ref={list} className="stack" aria-label={t`Sources`}>
          {sources.map((source) => (
            <SourceItem key={source.id} source={source} onRemove={() => setRemoving(source)} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
      {adding && <AddSourceDialog onClose={() => setAdding(false)} />}
      {removing && <RemoveDialog source={removing} onClose={() => setRemoving(undefined)} />}
    </div>
  );
}

function SourceItem({ source, onRemove }: { source: SourceView; onRemove: () => void }) {
  const client = useQueryClient();
  const { may } = useSession();
  const { report } = source;
  const [open, setOpen] = useState(false);
  const [tone, state] = STATE[source.state];
  const sync = useMutation({
    mutationFn: () =>
      send(api.POST("/v1/knowledge/sources/{id}/sync", { params: { path: { id: source.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["knowledge", "sources"] }),
  });
  const left = source.rejected + source.gone;
  return (
    <li className="card section source" data-row tabIndex={-1}>
      <div className="row">
        <Badge>{t(KIND[source.kind])}</Badge>
        <h2 className="grow source-address">{source.address}</h2>
        <Badge tone={tone}>{t(state)}</Badge>
      </div>
      {source.state === "syncing" && report && report.pages > 0 && (
        <progress
          className="upload-progress"
          aria-label={t`Pages looked at`}
          max={report.pages}
          value={report.looked_at}
        />
      )}
      <p className="small" role="status">
        {source.state === "syncing"
          ? report && report.pages > 0
            ? t`${report.looked_at} of ${report.pages} pages looked at`
            : t`Looking what there is`
          : report && !report.error && outcome(report)}
        {source.synced_at && source.state !== "syncing" && (
          <span className="muted">
            {report && !report.error && ", "}
            <Trans>
              last synced <Ago at={source.synced_at} />
            </Trans>
          </span>
        )}
      </p>
      {report?.error && source.state !== "syncing" && <p className="field-error">{report.error}</p>}
      {report && report.notes.length > 0 && (
        <ul className="upload-warnings small">
          {report.notes.map((note) => (
            <li key={note}>
              <Trans>Note: {note}</Trans>
            </li>
          ))}
        </ul>
      )}
      {sync.isError && <Failure error={sync.error} />}
      <div className="row">
        <Button size="small" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? t`Hide the pages` : left > 0 ? t`Pages, ${left} left out` : t`Pages`}
        </Button>
        <span className="grow" />
        {may("publish_knowledge") && source.state !== "removing" && (
          <>
            <Button
              size="small"
              busy={sync.isPending}
              disabled={isUnderWay(source)}
              onClick={() => sync.mutate()}
            >
              <Trans>Sync now</Trans>
            </Button>
            {source.configured ? (
              <span className="muted small">
                <Trans>Named in the configuration</Trans>
              </span>
            ) : (
              <Button size="small" tone="danger" onClick={onRemove}>
                <Trans>Remove</Trans>
              </Button>
            )}
          </>
        )}
      </div>
      {open && <Pages source={source} />}
    </li>
  );
}

const STATUS: Record<PageStatus, [BadgeTone, MessageDescriptor]> = {
  stored: ["green", msg`Stored`],
  rejected: ["red", msg`Left out`],
  gone: ["grey", msg`Gone`],
};

type Which = PageStatus | "all";

function Pages({ source }: { source: SourceView }) {
  const [which, setWhich] = useState<Which>(source.rejected > 0 ? "rejected" : "all");
  const query = useInfiniteQuery(
    sourceQuery(source.id, which === "all" ? undefined : which, isUnderWay(source)),
  );
  const pages = query.data?.pages.flatMap((page) => page.pages.items) ?? [];
  return (
    <div className="stack-tight">
      <Segmented
        label={t`Which pages`}
        value={which}
        options={[
          ["all", t`All`],
          ["rejected", t`Left out`],
          ["gone", t`Gone`],
        ]}
        onPick={setWhich}
      />
      {query.isPending && <Loading lines={3} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && pages.length === 0 && (
        <p className="muted small">
          <Trans>None.</Trans>
        </p>
      )}
      {pages.length > 0 && (
        <ul className="list upload-list" aria-label={t`Pages of ${source.address}`}>
          {pages.map((page) => (
            <PageRow key={page.address} page={page} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </div>
  );
}

function PageRow({ page }: { page: SourcePageItem }) {
  const [tone, status] = STATUS[page.status];
  return (
    <li className="upload-file">
      <div className="row">
        <span className="grow upload-name">{page.address}</span>
        <span className="muted small">
          <Ago at={page.checked_at} />
        </span>
        <Badge tone={tone}>{t(status)}</Badge>
      </div>
      {page.reason && (
        <p className={page.status === "rejected" ? "field-error" : "muted small"}>{page.reason}</p>
      )}
      {page.documents.length > 0 && (
        <p className="row small">
          {page.documents.map((document) => (
            <Link key={document.id} to="/knowledge/documents/$id" params={{ id: document.id }}>
              {document.title}
            </Link>
          ))}
        </p>
      )}
    </li>
  );
}

function RemoveDialog({ source, onClose }: { source: SourceView; onClose: () => void }) {
  const client = useQueryClient();
  const [keep, setKeep] = useState(false);
  const remove = useMutation({
    mutationFn: () =>
      send(
        api.DELETE("/v1/knowledge/sources/{id}", {
          params: { path: { id: source.id }, query: { keep_documents: keep } },
        }),
      ),
    onSuccess: async () => {
      onClose();
      await refreshKnowledge(client);
      const what = keep ? t`Removed; its documents stay` : t`Removed, and its documents with it`;
      tell(what, "info", source.address);
    },
  });
  return (
    <Dialog open onClose={onClose} title={t`Remove this source?`}>
      <div className="stack">
        {remove.isError && <Failure error={remove.error} />}
        <p className="source-address">{source.address}</p>
        <label className="row">
          <input
            type="checkbox"
            checked={keep}
            onChange={(event) => setKeep(event.target.checked)}
          />
          <Trans>Keep its documents, as if they had been added by hand</Trans>
        </label>
        <p className="muted small">
          {keep
            ? t`Nobody keeps them in step from then on.`
            : t`No agent and no search finds its documents any more. Those that somebody has changed since stay.`}
        </p>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button tone="danger-fill" busy={remove.isPending} onClick={() => remove.mutate()}>
            {keep ? t`Remove the source` : t`Remove it and its documents`}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
