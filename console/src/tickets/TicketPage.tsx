// One ticket: what was said and done, a place to answer, and its properties.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Fragment, lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { api, send } from "../api/client";
import type { Event, Message } from "../api/words";
import { useTyping } from "../live/live";
import { MessageItem } from "../messages/MessageItem";
import { TicketBadge } from "../parts/Badge";
import { Json } from "../parts/Json";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { words } from "../text/format";
import { clockTime, fullTime, weekdayName } from "../text/times";
import { ArticleButton } from "./ArticleButton";
import { Composer } from "./Composer";
import { HandedOver } from "./HandedOver";
import { colleaguesQuery, mentionsQuery } from "./mentions";
import { Presence } from "./Presence";
import { Properties } from "./Properties";
import { approvalsOf } from "./pending";
import { MOST_EVENTS, ticketQuery, timelineQuery } from "./queries";
import { Triggers } from "./Triggers";
import { lineOf } from "./timeline";
import "./tickets.css";
import { tags } from "../text/language";

/** There is one only where the ladder has an agent's calls on paper. */
const PaperCard = lazy(() => import("./PaperCard"));
const WaitingCard = lazy(() => import("./WaitingCard"));

export function TicketPage() {
  const { id } = useParams({ from: "/staff/tickets/$id" });
  const ticket = useQuery(ticketQuery(id));
  const timeline = useQuery(timelineQuery(id));
  const agent = useTyping(id);
  const [writing, setWriting] = useState(false);
  const end = useRef<HTMLDivElement>(null);
  const events = timeline.data?.events;
  const { may } = useSession();
  // Of a very long timeline no more events are shown when another one comes, but later ones.
  const latest = events?.at(-1)?.version ?? 0;
  const shown = useRef(0);
  const follow = useCallback(() => {
    end.current?.scrollIntoView({ block: "nearest" });
  }, []);
  useTitle(ticket.data ? `#${ticket.data.ticket.number} ${ticket.data.ticket.subject}` : t`Ticket`);

  useEffect(() => {
    // Follow the conversation, but only after the first showing has begun at its end.
    if (latest > shown.current) follow();
    shown.current = latest;
  }, [latest, follow]);

  useSeen(id, latest);

  if (ticket.isPending) return <Loading lines={8} />;
  if (ticket.isError && !ticket.data) {
    return (
      <div className="page">
        {"status" in ticket.error && ticket.error.status === 404 ? (
          <Empty title={t`This ticket does not exist`}>
            <Link to="/tickets">
              <Trans>All tickets</Trans>
            </Link>
          </Empty>
        ) : (
          <Failure error={ticket.error} retry={() => void ticket.refetch()} />
        )}
      </div>
    );
  }
  const { ticket: self, customer, contact } = ticket.data;
  const waiting = approvalsOf(events ?? []).filter((one) => one.status === "pending");

  return (
    <div className="ticket">
      <section className="ticket-main" aria-label={t`Conversation`}>
        <header className="ticket-head">
          <Link to="/tickets" className="muted small">
            <Trans>Tickets</Trans>
          </Link>
          <div className="row">
            <h1>
              <span className="muted">#{self.number}</span> {self.subject}
            </h1>
            <TicketBadge status={self.status} />
          </div>
          <Presence ticketId={self.id} writing={writing} />
        </header>
        {self.handoff && (
          <div className="notice" data-tone="amber">
            <Icon name="hand" />
            <div className="grow">
              <strong>
                <Trans>A person is wanted: {self.handoff.reason}</Trans>
              </strong>
              {self.handoff.triggers && <Triggers triggers={self.handoff.triggers} />}
              {self.handoff.summary && (
                <HandedOver summary={self.handoff.summary} reason={self.handoff.reason} />
              )}
            </div>
          </div>
        )}
        <ArticleButton ticket={self} />
        <div className="timeline">
          {timeline.isPending && <Loading lines={6} />}
          {timeline.isError && !events && (
            <Failure error={timeline.error} retry={() => void timeline.refetch()} />
          )}
          {timeline.data?.cut && (
            <div className="notice">
              <Trans>
                The latest {MOST_EVENTS.toLocaleString(tags())} events are shown; this ticket has
                more before them.
              </Trans>
            </div>
          )}
          {events && <Entries events={events} ticketId={self.id} />}
          {may("read_approvals") &&
            waiting.map((one) => (
              <Suspense key={one.id} fallback={<Loading lines={4} />}>
                <WaitingCard id={one.id} onShown={follow} />
              </Suspense>
            ))}
          {agent && (
            <p className="typing muted small" role="status">
              <Trans>{words(agent)} agent is working…</Trans>
            </p>
          )}
          <div ref={end} />
        </div>
        <Composer ticketId={self.id} contactName={contact?.name} onWriting={setWriting} />
      </section>
      <Properties ticket={self} customer={customer} contact={contact} events={events ?? []} />
    </div>
  );
}

/** Whoever has the ticket before them has seen where it names them. */
function useSeen(id: string, latest: number): void {
  const client = useQueryClient();
  const { userId } = useSession();
  const mentions = useQuery({ ...mentionsQuery, enabled: userId !== undefined }).data;
  const { mutate } = useMutation({
    mutationFn: () =>
      send(api.POST("/v1/tickets/{id}/mentions/seen", { params: { path: { id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: mentionsQuery.queryKey }),
  });
  const isNew = mentions?.items.some((each) => each.ticket_id === id && !each.seen_at) ?? false;
  useEffect(() => {
    if (isNew && latest > 0) mutate();
  }, [isNew, latest, mutate]);
}

function Entries({ events, ticketId }: { events: Event[]; ticketId: string }) {
  const { may } = useSession();
  const entries = useMemo(
    () =>
      events.map((event, index) => {
        const before = events[index - 1];
        return { event, newDay: !before || weekdayName(before.at) !== weekdayName(event.at) };
      }),
    [events],
  );
  return entries.map(({ event, newDay }) => (
    <Fragment key={event.id}>
      {newDay && <h2 className="timeline-day">{weekdayName(event.at)}</h2>}
      <Entry event={event} ticketId={ticketId} may={may} />
    </Fragment>
  ));
}

/** The names of those whom a note names, for who may know colleagues. */
function useNamed(ids: readonly string[] = []): string[] {
  const { may } = useSession();
  const enabled = ids.length > 0 && may("read_people");
  const colleagues = useQuery({ ...colleaguesQuery, enabled }).data ?? [];
  return enabled ? colleagues.filter(({ id }) => ids.includes(id)).map(({ name }) => name) : [];
}

function Said({ message, ticketId }: { message: Message; ticketId: string }) {
  const names = useNamed(message.mentions);
  return <MessageItem message={message} ticketId={ticketId} names={names} />;
}

interface EntryProps {
  event: Event;
  ticketId: string;
  /** Asked once for thousands of lines. */
  may: ReturnType<typeof useSession>["may"];
}

function Entry({ event, ticketId, may }: EntryProps) {
  if (event.body.type === "message_added") {
    return <Said message={event.body.message} ticketId={ticketId} />;
  }
  if (event.body.type === "put_on_paper") {
    return (
      <Suspense fallback={<Loading lines={4} />}>
        <PaperCard ticketId={ticketId} call={event.body.paper_id} />
      </Suspense>
    );
  }
  const line = lineOf(event.body, event.actor);
  if (!line) return null;
  return (
    <div className="line" data-strong={line.strong}>
      <Icon name={line.icon} />
      <div className="grow">
        <span>{line.text}</span>
        {line.approvalId && may("read_approvals") && (
          <>
            {" · "}
            <Link to="/approvals/$id" params={{ id: line.approvalId }}>
              <Trans>Approval</Trans>
            </Link>
          </>
        )}
        {line.runId && may("read_runs") && (
          <>
            {" · "}
            <Link to="/runs/$id" params={{ id: line.runId }}>
              <Trans>Run</Trans>
            </Link>
          </>
        )}
        {line.detail && <div className="line-detail">{line.detail}</div>}
        {line.handed && <HandedOver {...line.handed} />}
        {event.body.type === "external" && (
          <details>
            <summary>
              <Trans>What came</Trans>
            </summary>
            <Json value={event.body.data} label={t`What came`} />
          </details>
        )}
      </div>
      <time dateTime={event.at} title={fullTime(event.at)}>
        {clockTime(event.at)}
      </time>
    </div>
  );
}
