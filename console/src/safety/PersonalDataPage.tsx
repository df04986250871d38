// Personal data in stored messages: look for it, and say what becomes of what was found.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
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
import { count, words } from "../text/format";
import { scansQuery, suggestionsQuery } from "./queries";
import "../personal/personal.css";

/** Decisions that the service takes at once. */
const BATCH = 100;

export function PersonalDataPage() {
  useTitle("Personal data");
  const query = useInfiniteQuery(suggestionsQuery);
  const found = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  return (
    <div className="stack">
      <LastScan />
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && found.length === 0 && (
        <Empty title="Nothing waits for a decision">
          <p>A scan finds cards, addresses, numbers and secrets in messages of all tickets.</p>
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

const STATUS: Record<Scan["status"], string> = {
  running: "Looking through messages",
  done: "The last scan",
  failed: "The last scan failed",
  stopped: "The last scan was stopped",
};

function LastScan() {
  const client = useQueryClient();
  const query = useQuery(scansQuery);
  const scan = query.data?.items[0];
  const running = scan?.status === "running";
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
    <section className="card section stack" aria-label="Scan">
      <div className="row">
        <p className="grow">
          Look through all stored messages for personal data. Names of people are left out. Only
          masked excerpts are kept of what is found.
        </p>
        {running ? (
          <Button busy={stop.isPending} onClick={() => stop.mutate(scan.id)}>
            Stop
          </Button>
        ) : (
          <Button tone="primary" busy={begin.isPending} onClick={() => begin.mutate()}>
            {begin.isPending ? "Beginning…" : "Scan now"}
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
              aria-label="Messages read"
              max={Math.max(scan.messages, 1)}
              value={scan.messages_read}
            />
          )}
          <p className="muted small">
            {STATUS[scan.status]}
            {": "}
            {count(scan.messages_read, "message")} of {scan.messages.toLocaleString()} read,{" "}
            {scan.found.toLocaleString()} with something new. <Ago at={scan.updated_at} />
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
        `${count(done, "message")} ${decision === "redact" ? "redacted" : "kept"}`,
        left.length > 0 ? "error" : undefined,
        left[0]?.why ? `${left.length} left: ${left[0].why}.` : undefined,
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
    <section className="stack" aria-label="Found">
      <div className="row">
        <label className="row grow">
          <input
            type="checkbox"
            checked={all}
            onChange={() => setChosen(new Set(all ? [] : found.map((each) => each.id)))}
          />
          All {found.length} shown
        </label>
        <Button
          size="small"
          disabled={ids.length === 0}
          busy={decide.isPending}
          onClick={() => decide.mutate("keep")}
        >
          Keep
        </Button>
        <Button
          size="small"
          tone="danger"
          disabled={ids.length === 0}
          aria-haspopup="dialog"
          onClick={() => setAsked(true)}
        >
          Redact…
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
                <Link to="/tickets/$id" params={{ id: each.ticket_id }} className="small">
                  Ticket
                </Link>
              </div>
            </div>
          </li>
        ))}
      </ul>
      <Dialog open={asked} onClose={() => setAsked(false)} title="Redact for good">
        <div className="stack">
          <p>
            In {count(Math.min(ids.length, BATCH), "message")}, and in all else that is kept of
            their tickets, what was found is replaced. Nobody can undo it. The events stay, and the
            audit says that you did it.
          </p>
          <div className="row">
            <Button
              tone="danger-fill"
              busy={decide.isPending}
              onClick={() => decide.mutate("redact")}
            >
              {decide.isPending ? "Redacting…" : "Redact"}
            </Button>
            <Button onClick={() => setAsked(false)}>Not now</Button>
          </div>
        </div>
      </Dialog>
    </section>
  );
}
