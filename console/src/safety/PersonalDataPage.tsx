// Personal data in stored messages: look for it, and say what becomes of what was found.

import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { api, send } from "../api/client";
import type { Scan, Suggestion, SuggestionDecision } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { MoreRows } from "../parts/MoreRows";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { Way } from "../shell/Way";
import { words } from "../text/format";
import { scansQuery, suggestionsQuery } from "./queries";
import "../personal/personal.css";
import { tags } from "../text/language";

/** Decisions that the service takes at once. */
const BATCH = 100;

export function PersonalDataPage() {
  useTitle(t`Personal data`);
  const query = useInfiniteQuery(suggestionsQuery);
  const found = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return (
    <div className="stack">
      <LastScan />
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && found.length === 0 && (
        <Empty title={t`Nothing waits for a decision`}>
          <p>
            <Trans>
              A scan finds cards, addresses, numbers and secrets in messages of all tickets.
            </Trans>
          </p>
        </Empty>
      )}
      {found.length > 0 && <Suggestions found={found} />}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </div>
  );
}

const STATUS: Record<Scan["status"], MessageDescriptor> = {
  running: msg`Looking through messages`,
  done: msg`The last scan`,
  failed: msg`The last scan failed`,
  stopped: msg`The last scan was stopped`,
};

function LastScan() {
  const client = useQueryClient();
  const query = useQuery(scansQuery);
  const scan = query.data?.items[0];
  const running = scan?.status === "running";
  const status = scan && t(STATUS[scan.status]);
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: scansQuery.queryKey });
    await client.invalidateQueries({ queryKey: suggestionsQuery.queryKey });
  };
  const begin = useMutation({
    mutationFn: () => send(api.POST("/v1/guards/scans", { body: {} })),
    onSuccess: refresh,
  });
  const stop = useMutation({
    mutationFn: (id: string) =>
      send(api.POST("/v1/guards/scans/{id}/stop", { params: { path: { id } } })),
    onSuccess: refresh,
  });
  return (
    <section className="card section stack" aria-label={t`Scan`}>
      <div className="row">
        <p className="grow">
          <Trans>
            Look through all stored messages for personal data. Names of people are left out. Only
            masked excerpts are kept of what is found.
          </Trans>
        </p>
        {running ? (
          <Button busy={stop.isPending} onClick={() => stop.mutate(scan.id)}>
            <Trans>Stop</Trans>
          </Button>
        ) : (
          <Button tone="primary" busy={begin.isPending} onClick={() => begin.mutate()}>
            {begin.isPending ? t`Beginning…` : t`Scan now`}
          </Button>
        )}
      </div>
      {query.isError && <Failure error={query.error} />}
      {begin.isError && <Failure error={begin.error} />}
      {stop.isError && <Failure error={stop.error} />}
      {scan && (
        <div className="stack-tight" role="status">
          {running && (
            <progress
              aria-label={t`Messages read`}
              max={Math.max(scan.messages, 1)}
              value={scan.messages_read}
            />
          )}
          <p className="muted small">
            <Trans>
              {status}
              {": "}
              <Plural value={scan.messages_read} one="# message" other="# messages" /> of{" "}
              {scan.messages.toLocaleString(tags())} read, {scan.found.toLocaleString(tags())} with
              something new. <Ago at={scan.updated_at} />
            </Trans>
            {scan.error && ` ${scan.error}`}
          </p>
        </div>
      )}
    </section>
  );
}

function Suggestions({ found }: { found: Suggestion[] }) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [asked, setAsked] = useState(false);
  const ids = found.filter((each) => chosen.has(each.id)).map((each) => each.id);
  const decide = useMutation({
    mutationFn: (decision: SuggestionDecision) =>
      send(
        api.POST("/v1/guards/suggestions/decisions", {
          body: { ids: ids.slice(0, BATCH), decision },
        }),
      ),
    onSuccess: async ({ results }, decision) => {
      const left = results.filter((each) => !each.done);
      const done = results.length - left.length;
      setAsked(false);
      setChosen(new Set(left.map((each) => each.id)));
      tell(
        decision === "redact"
          ? plural(done, { one: "# message redacted", other: "# messages redacted" })
          : plural(done, { one: "# message kept", other: "# messages kept" }),
        left.length > 0 ? "error" : undefined,
        left[0]?.why ? t`${left.length} left: ${left[0].why}.` : undefined,
      );
      await client.invalidateQueries({ queryKey: suggestionsQuery.queryKey });
    },
  });
  const choose = (id: string, on: boolean) => {
    const next = new Set(chosen);
    if (on) next.add(id);
    else next.delete(id);
    setChosen(next);
  };
  const all = ids.length === found.length;
  return (
    <section className="stack" aria-label={t`Found`}>
      <div className="row">
        <label className="row grow">
          <input
            type="checkbox"
            checked={all}
            onChange={() => setChosen(new Set(all ? [] : found.map((each) => each.id)))}
          />
          <Trans>All {found.length} shown</Trans>
        </label>
        <Button
          size="small"
          disabled={ids.length === 0}
          busy={decide.isPending}
          onClick={() => decide.mutate("keep")}
        >
          <Trans>Keep</Trans>
        </Button>
        <Button
          size="small"
          tone="danger"
          disabled={ids.length === 0}
          aria-haspopup="dialog"
          onClick={() => setAsked(true)}
        >
          <Trans>Redact…</Trans>
        </Button>
      </div>
      {decide.isError && <Failure error={decide.error} />}
      <ul className="suggestions">
        {found.map((each) => (
          <li key={each.id} className="card section suggestion">
            <input
              id={each.id}
              type="checkbox"
              checked={chosen.has(each.id)}
              onChange={(event) => choose(each.id, event.target.checked)}
            />
            <div className="grow stack-tight">
              <label htmlFor={each.id} className="suggestion-excerpt">
                {each.excerpt}
              </label>
              <div className="row">
                {each.kinds.map((kind) => (
                  <Badge key={kind} tone="violet">
                    {words(kind)}
                  </Badge>
                ))}
                <Way only to="/tickets/$id" params={{ id: each.ticket_id }} className="small">
                  <Trans>Ticket</Trans>
                </Way>
              </div>
            </div>
          </li>
        ))}
      </ul>
      <Dialog open={asked} onClose={() => setAsked(false)} title={t`Redact for good`}>
        <div className="stack">
          <p>
            <Trans>
              In <Plural value={Math.min(ids.length, BATCH)} one="# message" other="# messages" />,
              and in all else that is kept of their tickets, what was found is replaced. Nobody can
              undo it. The events stay, and the audit says that you did it.
            </Trans>
          </p>
          <div className="row">
            <Button
              tone="danger-fill"
              busy={decide.isPending}
              onClick={() => decide.mutate("redact")}
            >
              {decide.isPending ? t`Redacting…` : t`Redact`}
            </Button>
            <Button onClick={() => setAsked(false)}>
              <Trans>Not now</Trans>
            </Button>
          </div>
        </div>
      </Dialog>
    </section>
  );
}
