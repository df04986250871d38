// Answers that were sent and rest on words that no longer stand in their document, and passages
// that readers call wrong or outdated.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { diffWords } from "diff";
import { useId, useMemo, useState } from "react";
import { api, send } from "../api/client";
import type { PassageFeedback, Recalled } from "../api/words";
import { unmarked } from "../messages/marks";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { flaggedQuery, recallQuery } from "./queries";

export function RecallPage() {
  useTitle(t`Recall`);
  const query = useInfiniteQuery(recallQuery);
  const items = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const list = useRows<HTMLUListElement>(t`Recall`);
  const [open, setOpen] = useState<Recalled>();
  return (
    <div className="recall">
      <section className="stack">
        <h2>
          <Trans>Answers whose ground has moved</Trans>
        </h2>
        <p className="muted">
          <Trans>
            Customers were told this, and its source says something else now. A follow-up waits for
            approval: nothing is sent until somebody approves it.
          </Trans>
        </p>
        {query.isPending && <Loading lines={6} />}
        {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
        {query.data && items.length === 0 && !query.hasNextPage && (
          <Empty title={t`Every answer still stands`}>
            <p>
              <Trans>
                When a document changes, the answers that rest on the words it lost appear here.
              </Trans>
            </p>
          </Empty>
        )}
        {items.length > 0 && (
          <ul ref={list} className="stack" aria-label={t`Answers whose ground has moved`}>
            {items.map((item) => (
              <RecalledItem key={item.citation.id} item={item} onFollowUp={() => setOpen(item)} />
            ))}
          </ul>
        )}
        <MoreRows
          hasMore={query.hasNextPage}
          busy={query.isFetchingNextPage}
          onMore={() => void query.fetchNextPage()}
        />
      </section>
      <FlaggedPassages />
      {open && <FollowUpDialog item={open} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function RecalledItem({ item, onFollowUp }: { item: Recalled; onFollowUp: () => void }) {
  const { may } = useSession();
  const { citation: sent, change } = item;
  const { citation } = sent;
  const at = citation.span ? `${citation.span.start}-${citation.span.end}` : undefined;
  return (
    <li className="card section" data-row tabIndex={-1}>
      <div className="row">
        <h3 className="grow recall-title">
          <Link
            to="/knowledge/documents/$id"
            params={{ id: citation.document_id }}
            search={{ version: citation.document_version, at }}
          >
            {citation.title}
          </Link>{" "}
          <span className="muted small">
            <Trans>
              version {citation.document_version}
              {item.version_now ? t`, now version ${item.version_now}` : ""}
            </Trans>
          </span>
        </h3>
        <Badge tone={change === "gone" ? "red" : "amber"}>
          {change === "gone" ? t`Gone` : t`Says something else`}
        </Badge>
      </div>
      <Compared then={citation.quote} now={item.says_now} gone={change === "gone"} />
      <div className="row">
        <Way only className="small" to="/tickets/$id" params={{ id: sent.ticket_id }}>
          <Trans>The ticket</Trans>
        </Way>
        <span className="muted small">
          <Trans>
            Sent <Ago at={sent.at} />
          </Trans>
        </span>
        <span className="grow" />
        {sent.followed_up_at ? (
          <span className="small">
            <Trans>
              Follow-up offered <Ago at={sent.followed_up_at} />.{" "}
              <Way only to="/approvals">
                Approvals
              </Way>
            </Trans>
          </span>
        ) : (
          may("edit_tickets") && (
            <Button size="small" tone="primary" onClick={onFollowUp}>
              <Trans>Offer a follow-up</Trans>
            </Button>
          )
        )}
      </div>
    </li>
  );
}

function Compared({ then, now, gone }: { then: string; now?: string | null; gone: boolean }) {
  const before = unmarked(then).trim();
  const after = now ? unmarked(now).trim() : undefined;
  const parts = after === undefined ? [] : diffWords(before, after);
  return (
    <dl className="compared">
      <div>
        <dt>
          <Trans>Told then</Trans>
        </dt>
        <dd>
          {after === undefined
            ? before
            : parts
                .filter((part) => !part.added)
                .map((part, at) => {
                  const key = `${at}`;
                  return part.removed ? (
                    <del key={key}>{part.value}</del>
                  ) : (
                    <span key={key}>{part.value}</span>
                  );
                })}
        </dd>
      </div>
      <div>
        <dt>
          <Trans>Says now</Trans>
        </dt>
        <dd>
          {after === undefined ? (
            <span className="muted">
              {gone
                ? t`Nothing: the document was removed, or customers may not read it any more.`
                : t`Nothing like it stands there.`}
            </span>
          ) : (
            parts
              .filter((part) => !part.removed)
              .map((part, at) => {
                const key = `${at}`;
                return part.added ? (
                  <ins key={key}>{part.value}</ins>
                ) : (
                  <span key={key}>{part.value}</span>
                );
              })
          )}
        </dd>
      </div>
    </dl>
  );
}

function FollowUpDialog({ item, onClose }: { item: Recalled; onClose: () => void }) {
  const client = useQueryClient();
  const id = useId();
  const [body, setBody] = useState("");
  const { citation: sent } = item;
  const offer = useMutation({
    mutationFn: () =>
      send(
        api.POST("/v1/knowledge/recall/{id}/follow-up", {
          params: { path: { id: sent.id } },
          body: body.trim() ? { body: body.trim() } : {},
        }),
      ),
    onSuccess: async () => {
      onClose();
      tell(
        t`Offered; it waits for approval`,
        "good",
        t`Nothing is sent until somebody approves it.`,
      );
      await client.invalidateQueries({ queryKey: ["knowledge", "recall"] });
      await client.invalidateQueries({ queryKey: ["approvals"] });
    },
  });
  return (
    <Dialog open onClose={onClose} title={t`Offer a follow-up`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!offer.isPending) offer.mutate();
        }}
      >
        {offer.isError && <Failure error={offer.error} />}
        <Compared then={sent.citation.quote} now={item.says_now} gone={item.change === "gone"} />
        <div className="field">
          <label className="field-label" htmlFor={id}>
            <Trans>What the customer would read</Trans>
          </label>
          <textarea
            id={id}
            className="textarea"
            rows={6}
            maxLength={4000}
            placeholder={t`Left empty: a plain correction that quotes what was said and what holds now`}
            value={body}
            onChange={(event) => setBody(event.target.value)}
          />
        </div>
        <p className="notice">
          <Trans>
            It waits for approval: a reviewer sees it first, and nothing is sent until somebody
            approves it.
          </Trans>
        </p>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={offer.isPending}>
            {offer.isPending ? t`Offering…` : t`Put it before a reviewer`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function FlaggedPassages() {
  const query = useQuery(flaggedQuery);
  return (
    <section className="stack">
      <h2>
        <Trans>Passages that readers call wrong or outdated</Trans>
      </h2>
      {query.isPending && <Loading lines={3} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data?.items.length === 0 && (
        <p className="card home-calm muted">
          <Trans>None.</Trans>
        </p>
      )}
      {query.data && query.data.items.length > 0 && (
        <ul className="list" aria-label={t`Flagged passages`}>
          {query.data.items.map((feedback) => (
            <FlaggedItem key={`${feedback.chunk_id}-${feedback.author}`} feedback={feedback} />
          ))}
        </ul>
      )}
    </section>
  );
}

function FlaggedItem({ feedback }: { feedback: PassageFeedback }) {
  return (
    <li className="flagged">
      <div className="row">
        <Badge tone={feedback.verdict === "wrong" ? "red" : "amber"}>
          {feedback.verdict === "wrong" ? t`Wrong` : t`Outdated`}
        </Badge>
        <span className="muted small grow">
          <Trans>
            said {feedback.author.startsWith("visitor:") ? t`a visitor` : t`a colleague`},{" "}
            <Ago at={feedback.at} />
          </Trans>
        </span>
        {feedback.ticket_id && (
          <Way only className="small" to="/tickets/$id" params={{ id: feedback.ticket_id }}>
            <Trans>The ticket</Trans>
          </Way>
        )}
        <Link
          className="small"
          to="/knowledge/documents/$id"
          params={{ id: feedback.document_id }}
          search={{ chunk: feedback.chunk_id }}
        >
          <Trans>The document</Trans>
        </Link>
      </div>
      {feedback.note && <p>“{feedback.note}”</p>}
      <blockquote className="muted small flagged-quote">{unmarked(feedback.quote)}</blockquote>
    </li>
  );
}
