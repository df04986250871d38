// What was asked and not answered, gathered by what it is about: the list of articles to write.

import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { api, send } from "../api/client";
import type { GapCause, GapView } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { MoreRows } from "../parts/MoreRows";
import { useRows } from "../parts/rows";
import { Segmented } from "../parts/Segmented";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { type Begun, DocumentEditor } from "./DocumentEditor";
import { gapsQuery } from "./queries";

const CAUSE: Record<GapCause, MessageDescriptor> = {
  abstained: msg`Not answered`,
  asked_back: msg`Asked back`,
  handed_off: msg`Handed to a person`,
};

const NONE = {
  open: [msg`No gaps`, msg`Questions that the documents do not answer appear here.`],
  drafted: [msg`No article was begun`, msg`Gaps for which an article was begun appear here.`],
  dismissed: [msg`Nothing was dismissed`, msg`Gaps that no article will answer appear here.`],
} as const;

export function GapsPage() {
  useTitle(t`Gaps of the knowledge`);
  const navigate = useNavigate({ from: "/knowledge/gaps" });
  const search = useSearch({ from: "/staff/knowledge/gaps" });
  const status = search.status ?? "open";
  const query = useInfiniteQuery(gapsQuery(status));
  const gaps = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const list = useRows<HTMLUListElement>(t`Gaps`);
  const [begun, setBegun] = useState<Begun>();
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          <Trans>Questions that could not be answered; those asked last first.</Trans>
        </p>
        <Segmented
          label={t`Which gaps`}
          value={status}
          options={[
            ["open", t`Open`],
            ["drafted", t`Article begun`],
            ["dismissed", t`Dismissed`],
          ]}
          onPick={(next) =>
            void navigate({ search: { status: next === "open" ? undefined : next }, replace: true })
          }
        />
      </div>
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && gaps.length === 0 && (
        <Empty title={t(NONE[status][0])}>
          <p>{t(NONE[status][1])}</p>
        </Empty>
      )}
      {gaps.length > 0 && (
        <ul ref={list} className="stack" aria-label={t`Gaps`}>
          {gaps.map((view) => (
            <GapItem key={view.gap.id} view={view} onBegin={setBegun} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
      {begun && <DocumentEditor begun={begun} onClose={() => setBegun(undefined)} />}
    </div>
  );
}

const SHOWN = 3;

function GapItem({ view, onBegin }: { view: GapView; onBegin: (begun: Begun) => void }) {
  const { gap, examples, answered_in } = view;
  const client = useQueryClient();
  const { may } = useSession();
  const [sure, setSure] = useState(false);
  const refresh = () => client.invalidateQueries({ queryKey: ["knowledge", "gaps"] });
  const path = { params: { path: { id: gap.id } } };
  const dismiss = useMutation({
    mutationFn: () => send(api.POST("/v1/knowledge/gaps/{id}/dismiss", path)),
    onSuccess: async () => {
      await refresh();
      tell(t`Dismissed; further questions about it are still counted`, "info", gap.question);
    },
  });
  const draft = useMutation({
    mutationFn: () => send(api.POST("/v1/knowledge/gaps/{id}/draft", path)),
    onSuccess: ({ slug, markdown }) => {
      onBegin({ slug, markdown });
      void refresh();
    },
  });
  const article = useMutation({
    mutationFn: () => send(api.POST("/v1/knowledge/gaps/{id}/article", path)),
    onSuccess: () =>
      tell(
        t`An article is being drafted`,
        "info",
        t`It waits under Approvals when it can be read.`,
      ),
  });
  const failed = dismiss.error ?? draft.error ?? article.error;
  const missing = [...new Set(examples.flatMap((example) => example.missing))].slice(0, 6);
  return (
    <li className="card section gap" data-row tabIndex={-1}>
      <div className="row">
        <h2 className="grow">{gap.question}</h2>
        <span className="muted small">
          <Trans>
            <Plural value={gap.questions} one="# question" other="# questions" />, last{" "}
            <Ago at={gap.last_at} />
          </Trans>
        </span>
      </div>
      {missing.length > 0 && (
        <p className="row small">
          <span className="muted">
            <Trans>Nothing says:</Trans>
          </span>
          {missing.map((word) => (
            <Badge key={word}>{word}</Badge>
          ))}
        </p>
      )}
      <ul className="gap-questions small">
        {examples.slice(0, SHOWN).map((example) => (
          <li key={example.id}>
            “{example.question}”{" "}
            <span className="muted">
              {t(CAUSE[example.cause])}, <Ago at={example.at} />
            </span>{" "}
            {example.ticket_id && (
              <Way only to="/tickets/$id" params={{ id: example.ticket_id }}>
                <Trans>Ticket</Trans>
              </Way>
            )}
          </li>
        ))}
      </ul>
      {failed && <Failure error={failed} />}
      {may("write_knowledge") && gap.status !== "dismissed" && (
        <div className="row">
          {gap.status === "open" && answered_in && (
            <Button size="small" busy={article.isPending} onClick={() => article.mutate()}>
              <Trans>Let the agent draft it</Trans>
            </Button>
          )}
          {may("publish_knowledge") && (
            <Button
              size="small"
              tone={gap.status === "open" ? "primary" : "plain"}
              busy={draft.isPending}
              onClick={() => draft.mutate()}
            >
              {gap.status === "drafted" ? t`Go on with the article` : t`Write it yourself`}
            </Button>
          )}
          {gap.status === "open" &&
            (sure ? (
              <Button
                size="small"
                tone="danger-fill"
                busy={dismiss.isPending}
                onClick={() => dismiss.mutate()}
                onBlur={() => !dismiss.isPending && setSure(false)}
              >
                <Trans>No article will answer it</Trans>
              </Button>
            ) : (
              <Button size="small" onClick={() => setSure(true)}>
                <Trans>Dismiss</Trans>
              </Button>
            ))}
        </div>
      )}
    </li>
  );
}
