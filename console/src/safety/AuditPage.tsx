// Who did what, whether the chain is whole, and all of it as a file.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { api, send } from "../api/client";
import type { AuditAction, AuditEntry } from "../api/words";
import { actorName } from "../messages/actor";
import { Button } from "../parts/Button";
import { MoreRows } from "../parts/MoreRows";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { fullTime } from "../text/times";
import { AUDIT_ACTIONS, type AuditSearch, actionWords, dayOf, detailWords } from "./audit";
import { auditQuery } from "./queries";

export function AuditPage() {
  useTitle(t`Audit`);
  const navigate = useNavigate({ from: "/safety/audit" });
  const search = useSearch({ from: "/staff/safety/audit" });
  const { action, from, until } = search;
  const query = useInfiniteQuery(auditQuery(search));
  const narrow = (changed: Partial<AuditSearch>) =>
    void navigate({ search: { ...search, ...changed }, replace: true });
  const entries = useMemo(
    () => query.data?.pages.flatMap((page) => page.items) ?? [],
    [query.data],
  );
  return (
    <div className="stack">
      <div className="row audit-filters">
        <label className="row">
          <span className="sr-only">
            <Trans>Which actions</Trans>
          </span>
          <select
            className="input"
            value={action ?? ""}
            onChange={(event) =>
              narrow({ action: (event.target.value || undefined) as AuditAction | undefined })
            }
          >
            <option value="">{t`Everything`}</option>
            {AUDIT_ACTIONS.map((each) => (
              <option key={each} value={each}>
                {actionWords(each)}
              </option>
            ))}
          </select>
        </label>
        <label className="row">
          <span className="muted small">
            <Trans>From</Trans>
          </span>
          <input
            className="input"
            type="date"
            value={from ?? ""}
            max={until}
            onChange={(event) => narrow({ from: dayOf(event.target.value) })}
          />
        </label>
        <label className="row">
          <span className="muted small">
            <Trans>to</Trans>
          </span>
          <input
            className="input"
            type="date"
            aria-label={t`To, with that day (UTC)`}
            value={until ?? ""}
            min={from}
            onChange={(event) => narrow({ until: dayOf(event.target.value) })}
          />
        </label>
        <span className="grow" />
        <a className="button" href="/v1/audit/export?format=csv" download="audit.csv">
          <Trans>CSV</Trans>
        </a>
        <a className="button" href="/v1/audit/export?format=json" download="audit.json">
          <Trans>JSON</Trans>
        </a>
      </div>
      <Verification />
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && entries.length === 0 && <Empty title={t`Nothing of this kind was done`} />}
      {entries.length > 0 && (
        <div className="audit-scroll">
          <table className="audit">
            <thead>
              <tr>
                <th scope="col">
                  <Trans>No.</Trans>
                </th>
                <th scope="col">
                  <Trans>When</Trans>
                </th>
                <th scope="col">
                  <Trans>Who</Trans>
                </th>
                <th scope="col">
                  <Trans>What</Trans>
                </th>
                <th scope="col">
                  <Trans>Details</Trans>
                </th>
              </tr>
            </thead>
            <tbody>
              {entries.map((entry) => (
                <Entry key={entry.seq} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </div>
  );
}

function Entry({ entry }: { entry: AuditEntry }) {
  return (
    <tr>
      <td className="muted">{entry.seq}</td>
      <td className="audit-when">{fullTime(entry.at)}</td>
      <td>{actorName(entry.actor)}</td>
      <td>
        {actionWords(entry.action)}
        <div className="muted small audit-subject">{entry.subject}</div>
      </td>
      <td className="small">
        <span translate="no">{detailWords(entry.detail)}</span>
        <details>
          <summary className="muted">
            <Trans>Digest</Trans>
          </summary>
          <span className="mono audit-digest">{entry.digest}</span>
        </details>
      </td>
    </tr>
  );
}

function Verification() {
  const verify = useMutation({
    mutationFn: () => send(api.GET("/v1/audit/verification")),
  });
  const found = verify.data;
  return (
    <section className="card section stack" aria-label={t`The chain`}>
      <div className="row">
        <p className="grow">
          <Trans>
            Each entry holds the digest of the one before it, so a change of any of them shows.
          </Trans>
        </p>
        <Button busy={verify.isPending} onClick={() => verify.mutate()}>
          {verify.isPending ? t`Checking…` : t`Check the chain`}
        </Button>
      </div>
      {verify.isError && <Failure error={verify.error} />}
      {found?.whole && (
        <div className="notice" data-tone="green" role="status">
          <div className="grow">
            <strong>
              <Trans>The chain is whole</Trans>
            </strong>
            <div>
              <Trans>
                <Plural value={found.entries} one="# entry" other="# entries" /> checked
              </Trans>
              {found.kept_after.seq > 0 && t`; what is kept begins after ${found.kept_after.seq}`}
              <Trans>
                . Note the last digest elsewhere to be able to tell later that nothing up to it
                changed:
              </Trans>
            </div>
            <span className="mono audit-digest">{found.head.digest}</span>
          </div>
        </div>
      )}
      {found?.broken && (
        <div className="notice" data-tone="red" role="alert">
          <div className="grow">
            <strong>
              <Trans>The chain is broken at entry {found.broken.seq}</Trans>
            </strong>
            <div>{found.broken.why}</div>
          </div>
        </div>
      )}
    </section>
  );
}
