// Turning what was resolved into an article: the button, and how far the last one has come.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, send } from "../api/client";
import type { Ticket } from "../api/words";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { outcomeText } from "../runs/story";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { articleQuery } from "./queries";

const ACTIVE = ["queued", "running", "waiting"];

export function ArticleButton({ ticket }: { ticket: Ticket }) {
  const client = useQueryClient();
  const { may } = useSession();
  const resolved = ticket.status === "resolved" || ticket.status === "closed";
  const query = useQuery({
    ...articleQuery(ticket.id),
    enabled: resolved && may("read_knowledge"),
  });
  const begin = useMutation({
    mutationFn: () =>
      send(api.POST("/v1/tickets/{id}/article", { params: { path: { id: ticket.id } } })),
    onSuccess: (article) => client.setQueryData(articleQuery(ticket.id).queryKey, article),
    onError: () => client.invalidateQueries({ queryKey: articleQuery(ticket.id).queryKey }),
  });
  if (!resolved || !query.data) return null;
  const { run, approval_id, document_id } = query.data;
  const busy = run && ACTIVE.includes(run.status);
  const mayBegin = may("write_knowledge");
  // What they cannot begin is not proposed to them.
  if (!mayBegin && !approval_id && !busy && !document_id && !run?.outcome) return null;
  return (
    <div className="notice article-notice" role="status">
      <div className="grow">
        <p>
          {approval_id ? (
            <Trans>
              A draft of an article waits for a decision.{" "}
              <Way only to="/approvals/$id" params={{ id: approval_id }}>
                Read the draft
              </Way>
            </Trans>
          ) : busy ? (
            t`An article of this ticket is being drafted…`
          ) : document_id ? (
            <Trans>
              An article was made of this ticket.{" "}
              <Link to="/knowledge/documents/$id" params={{ id: document_id }}>
                Read it
              </Link>
            </Trans>
          ) : run?.outcome ? (
            <Trans>No article was made: {outcomeText(run.outcome).detail}</Trans>
          ) : (
            t`Would others ask the same? An agent drafts an article without what is this customer’s, and a person reads it first.`
          )}
        </p>
        {begin.error && <Failure error={begin.error} />}
      </div>
      {!approval_id && !busy && mayBegin && (
        <Button size="small" busy={begin.isPending} onClick={() => begin.mutate()}>
          <Trans>Turn into article</Trans>
        </Button>
      )}
    </div>
  );
}
