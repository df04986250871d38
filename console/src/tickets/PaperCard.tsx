// A call on paper in a ticket's timeline: what the agent would have done, what a person did instead, and whether that
// came to the same.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useId } from "react";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Proposal } from "../approvals/Proposal";
import { Answer } from "../messages/Answer";
import { actorName } from "../messages/actor";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { percent, words } from "../text/format";
import { clockTime, fullTime } from "../text/times";
import { paperQuery, ticketQuery } from "./queries";
import "./paper.css";

type PaperCall = S["PaperCallView"];

export default function PaperCard({ ticketId, call: id }: { ticketId: string; call: string }) {
  const query = useQuery(paperQuery(ticketId));
  const call = query.data?.items.find((each) => each.id === id);
  if (query.isPending) return <Loading lines={4} />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!call) {
    return (
      <p className="muted small">
        <Trans>An agent did something on paper; of so many calls only the newest are shown.</Trans>
      </p>
    );
  }
  return <Card call={call} ticketId={ticketId} />;
}

function Card({ call, ticketId }: { call: PaperCall; ticketId: string }) {
  const heading = useId();
  const isReply = call.tool === "reply_to_customer";
  return (
    <section className="card section paper" aria-labelledby={heading}>
      <header className="row">
        <Badge tone="grey">
          <Trans>On paper</Trans>
        </Badge>
        <h3 id={heading} className="grow">
          <Trans>
            The {words(call.agent).toLowerCase()} agent would have done this: {call.preview.title}
          </Trans>
        </h3>
        <Way only to="/runs/$id" params={{ id: call.run_id }} className="small">
          <Trans>Run</Trans>
        </Way>
        <time className="muted small" dateTime={call.at} title={fullTime(call.at)}>
          {clockTime(call.at)}
        </time>
      </header>
      <p className="muted small">
        <Trans>It was written down and not done. A person does the work.</Trans>
      </p>
      <div className="paper-sides">
        <Proposal
          preview={call.preview}
          tool={call.tool}
          html={call.body_html}
          findings={call.findings}
          title={t`On paper`}
          reads={isReply ? t`The customer would have read` : undefined}
        />
        {isReply && <Beside reply={call.reply} />}
      </div>
      <Comparison call={call} ticketId={ticketId} />
    </section>
  );
}

/** What a person wrote instead. */
function Beside({ reply }: { reply: PaperCall["reply"] }) {
  return (
    <section className="card section">
      <h3>{reply ? t`What ${actorName(reply.message.author)} wrote` : t`What a person writes`}</h3>
      {reply ? (
        <>
          <Answer
            body={reply.message.body}
            html={reply.message.body_html}
            findings={reply.message.findings}
          />
          <p className="muted small">
            <Trans>{percent(reply.likeness)} alike, by their words</Trans>
          </p>
        </>
      ) : (
        <p className="muted">
          <Trans>Nobody has replied yet. The next reply will stand here.</Trans>
        </p>
      )}
    </section>
  );
}

function Comparison({ call, ticketId }: { call: PaperCall; ticketId: string }) {
  const client = useQueryClient();
  const { may, userId } = useSession();
  const status = useQuery(ticketQuery(ticketId)).data?.ticket.status;
  const said = call.comparison;
  const compare = useMutation({
    mutationFn: (same: boolean) =>
      send(
        api.PUT("/v1/tickets/{id}/paper-calls/{paper_id}/comparison", {
          params: { path: { id: ticketId, paper_id: call.id } },
          body: { same },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ["ticket", ticketId] }),
  });
  const maySay = may("edit_tickets") && userId !== undefined && status !== "closed";
  return (
    <>
      <p role="status">{comparisonWords(said)}</p>
      {compare.error && <Failure error={compare.error} />}
      {maySay && (
        <div className="row" role="group" aria-label={t`Did a person do the same?`}>
          <Button
            size="small"
            aria-pressed={said?.same === true}
            busy={compare.isPending}
            onClick={() => compare.mutate(true)}
          >
            <Trans>I did the same</Trans>
          </Button>
          <Button
            size="small"
            aria-pressed={said?.same === false}
            busy={compare.isPending}
            onClick={() => compare.mutate(false)}
          >
            <Trans>I did something else</Trans>
          </Button>
          <span className="muted small">
            <Trans>It counts for how far the agent may go.</Trans>
          </span>
        </div>
      )}
      {status === "closed" && (
        <p className="muted small">
          <Trans>The ticket is closed, so it is compared no more.</Trans>
        </p>
      )}
    </>
  );
}

function comparisonWords(said: PaperCall["comparison"]): string {
  if (!said) return t`Nobody has compared it yet.`;
  if (said.by.kind === "system") {
    return said.same
      ? t`The reply has the same words, so it counts as the same.`
      : t`The reply has other words, so it counts as something else until somebody says that it came to the same.`;
  }
  const who = actorName(said.by);
  return said.same ? t`${who} did the same.` : t`${who} did something else.`;
}
