// One of a customer's tickets: what was said, how it stands, and what they may do about it.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, problemOf, send } from "../api/client";
import type { S } from "../api/words";
import { Said } from "../chat/Said";
import "../chat/chat.css";
import { Left, LONGEST, sendOnEnter } from "../chat/writing";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { useKeyOf } from "../parts/keyOf";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { fullTime } from "../text/times";
import { AskForLink } from "./AskForLink";
import { ownTicketQuery } from "./queries";
import { isOver, standingOf } from "./standing";
import "./portal.css";

type View = S["OwnTicketView"];

export function OwnTicketPage() {
  const { id } = useParams({ from: "/help/tickets/$id" });
  const { workspace } = useSearch({ from: "/help" });
  const query = useQuery({
    ...ownTicketQuery(id),
    retry: (count, error) => problemOf(error).offline && count < 3,
  });
  useTitle(query.data?.ticket.subject ?? t`Ticket`);
  const back = (
    <p className="help-back">
      <Link to="/help/tickets" search={workspace ? { workspace } : {}}>
        <Trans>My tickets</Trans>
      </Link>
    </p>
  );
  const status = query.isError ? problemOf(query.error).status : 0;
  if (status === 401) {
    return (
      <>
        <h1>
          <Trans>Sign in to your tickets</Trans>
        </h1>
        <AskForLink workspace={workspace} />
      </>
    );
  }
  if (status === 404) {
    return (
      <>
        {back}
        <Empty title={t`You have no such ticket`}>
          <p>
            <Trans>
              It may be somebody else's. You are signed in with one address; look at who wrote it.
            </Trans>
          </p>
        </Empty>
      </>
    );
  }
  if (!query.data) {
    return (
      <>
        {back}
        {query.isError ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : (
          <Loading lines={6} />
        )}
      </>
    );
  }
  return (
    <>
      {back}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      <Ticket view={query.data} workspace={workspace} />
    </>
  );
}

function Ticket({ view: { ticket, messages }, workspace }: { view: View; workspace?: string }) {
  const { words, tone } = standingOf(ticket.standing);
  const asker = ticket.asked_by ?? t`A colleague`;
  const rate = (message_id: string, helpful: boolean) =>
    send(
      api.POST("/v1/portal/tickets/{id}/ratings", {
        params: { path: { id: ticket.id } },
        body: { message_id, helpful },
      }),
    );
  return (
    <>
      <header className="stack">
        <h1>{ticket.subject}</h1>
        <p className="row muted">
          <Badge tone={tone}>{words}</Badge> #{ticket.number}, {fullTime(ticket.created_at)}
        </p>
      </header>
      {ticket.claimed && (
        <div className="notice">
          <div className="grow">
            <Trans>
              This began in a chat, in which your address was given and not checked. Whoever began
              it reads what is written here.
            </Trans>
          </div>
        </div>
      )}
      <div
        className="chat-log portal-log"
        role="log"
        aria-label={t`Conversation`}
        aria-live="polite"
      >
        {messages.map((message) => (
          <Said
            key={message.id}
            message={message}
            own={ticket.mine}
            workspace={workspace}
            rate={ticket.mine ? (helpful) => rate(message.id, helpful) : undefined}
          />
        ))}
      </div>
      {ticket.mine ? (
        <Write ticket={ticket} />
      ) : (
        <p className="muted">
          <Trans>{asker} asked this. You may read it, and only they write on it.</Trans>
        </p>
      )}
    </>
  );
}

function Write({ ticket }: { ticket: S["OwnTicket"] }) {
  const client = useQueryClient();
  const [text, setText] = useState("");
  // Sending the same again cannot say it twice.
  const key = useKeyOf(text.trim());
  const path = { params: { path: { id: ticket.id } } };
  const again = () => client.invalidateQueries({ queryKey: ["portal", "tickets"] });
  const write = useMutation({
    mutationFn: (body: string) =>
      send(
        api.POST("/v1/portal/tickets/{id}/messages", {
          ...path,
          headers: { "Idempotency-Key": key },
          body: { body },
        }),
      ),
    onSuccess: async (_, body) => {
      // What was written meanwhile stays.
      setText((now) => (now.trim() === body ? "" : now));
      await again();
    },
  });
  const close = useMutation({
    mutationFn: () => send(api.POST("/v1/portal/tickets/{id}/close", path)),
    onSuccess: again,
  });
  const over = isOver(ticket.standing);
  const error = write.error ?? close.error;
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        const body = text.trim();
        if (body !== "" && !write.isPending) write.mutate(body);
      }}
    >
      {error && <Failure error={error} />}
      {over && (
        <p className="muted">
          <Trans>Is something left? Writing opens it again.</Trans>
        </p>
      )}
      <label className="field">
        <span className="field-label">
          <Trans>Your message</Trans>
        </span>
        <textarea
          className="textarea help-message"
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={sendOnEnter}
        />
      </label>
      <Left text={text} />
      <div className="row">
        <Button type="submit" tone="primary" busy={write.isPending} disabled={text.trim() === ""}>
          {write.isPending ? t`Sending…` : over ? t`Open again and send` : t`Send`}
        </Button>
        {ticket.standing !== "closed" && (
          <Button busy={close.isPending} onClick={() => close.mutate()}>
            {close.isPending ? t`Closing…` : t`Close this ticket`}
          </Button>
        )}
      </div>
    </form>
  );
}
