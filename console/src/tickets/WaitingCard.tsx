// An approval that waits, in the ticket that it is about: what would happen, why it stopped, and the decision.
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useId, useRef, useState } from "react";
import type { S } from "../api/words";
import { DecisionPanel } from "../approvals/DecisionPanel";
import { Proposal, Why } from "../approvals/Proposal";
import { approvalQuery } from "../approvals/queries";
import { RiskBadge } from "../parts/Badge";
import { useNow } from "../parts/now";
import { Failure, Loading } from "../parts/states";
import { useAttention } from "../review/attention";
import { useSession } from "../session/session";
import { waited } from "../text/format";

interface Props {
  id: string;
  /** Called when it has taken its room. */
  onShown: () => void;
}

export default function WaitingCard({ id, onShown }: Props) {
  const query = useQuery(approvalQuery(id));
  if (query.isPending) return <Loading lines={4} />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  return <Card {...query.data} onShown={onShown} />;
}

function Card({
  approval,
  body_html,
  decisions,
  findings,
  may_decide,
  may_not,
  onShown,
}: S["ApprovalView"] & { onShown: () => void }) {
  const heading = useId();
  const card = useRef<HTMLElement>(null);
  const attention = useAttention(approval.id, card);
  const { userId } = useSession();
  const now = useNow();
  const [writing, setWriting] = useState(false);
  useEffect(() => onShown(), [onShown]);
  // It was decided, and the timeline is about to say so; what somebody is writing about it stays.
  if (approval.status !== "pending" && !writing) return null;
  return (
    <section ref={card} className="card section waiting" aria-labelledby={heading}>
      <header className="row">
        <RiskBadge risk={approval.risk} />
        <h3 id={heading} className="grow">
          <Trans>Waits for a decision: {approval.preview.title}</Trans>
        </h3>
        <span className="muted small">{waited(approval.requested_at, now)}</span>
      </header>
      <Proposal
        preview={approval.preview}
        tool={approval.binding.call.tool}
        origins={approval.origins}
        html={body_html}
        findings={findings}
      />
      <Why approval={approval} decisions={decisions} userId={userId} />
      <DecisionPanel
        approval={approval}
        decisions={decisions}
        mayDecide={may_decide}
        mayNot={may_not}
        attention={attention}
        inline={{
          // What was attempted without an answer takes the whole story.
          acts: approval.question === "call" ? ["approve", "reject"] : [],
          onForm: setWriting,
          open: (
            <Link to="/approvals/$id" params={{ id: approval.id }} className="button">
              <Trans>Open</Trans>
              <span className="sr-only">: {approval.preview.title}</span>
            </Link>
          ),
        }}
      />
    </section>
  );
}
