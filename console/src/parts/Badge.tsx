// The small coloured words for risk, status and the like: one tone per meaning, everywhere.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import {
  approvalStatusName,
  effectStatusName,
  priorityName,
  riskName,
  runStatusName,
  ticketStatusName,
} from "../api/names";
import type { ApprovalStatus, Effect, Priority, Risk, RunStatus, TicketStatus } from "../api/words";

export type BadgeTone = "grey" | "green" | "amber" | "red" | "blue" | "violet";

export function Badge({
  tone = "grey",
  title,
  children,
}: {
  tone?: BadgeTone;
  title?: string;
  children: ReactNode;
}) {
  return (
    <span className="badge" data-tone={tone} title={title}>
      {children}
    </span>
  );
}

const RISK: Record<Risk, [BadgeTone, MessageDescriptor]> = {
  read: ["grey", msg`Changes nothing`],
  reversible: ["blue", msg`Changes our own records in a way a person can undo`],
  outward: ["amber", msg`Leaves the house or is seen by a customer`],
  irreversible: ["red", msg`Moves money or cannot be undone`],
};

export function RiskBadge({ risk }: { risk: Risk }) {
  const [tone, meaning] = RISK[risk];
  return (
    <Badge tone={tone} title={t(meaning)}>
      {riskName(risk)}
    </Badge>
  );
}

const TICKET: Record<TicketStatus, BadgeTone> = {
  open: "blue",
  waiting_for_staff: "amber",
  waiting_for_customer: "violet",
  resolved: "green",
  closed: "grey",
};

export const TICKET_STATUSES = Object.keys(TICKET) as TicketStatus[];

export function TicketBadge({ status }: { status: TicketStatus }) {
  return <Badge tone={TICKET[status]}>{ticketStatusName(status)}</Badge>;
}

const APPROVAL: Record<ApprovalStatus, BadgeTone> = {
  pending: "amber",
  approved: "green",
  edited: "green",
  rejected: "red",
  responded: "blue",
  escalated: "violet",
  expired: "grey",
  superseded: "grey",
};

export const APPROVAL_STATUSES = Object.keys(APPROVAL) as ApprovalStatus[];

export function ApprovalBadge({ status }: { status: ApprovalStatus }) {
  return <Badge tone={APPROVAL[status]}>{approvalStatusName(status)}</Badge>;
}

const RUN: Record<RunStatus, BadgeTone> = {
  queued: "grey",
  running: "blue",
  waiting: "amber",
  done: "green",
  dead: "red",
  quarantined: "red",
};

export const RUN_STATUSES = Object.keys(RUN) as RunStatus[];

export function RunBadge({ status }: { status: RunStatus }) {
  return <Badge tone={RUN[status]}>{runStatusName(status)}</Badge>;
}

const EFFECT: Record<Effect["status"], BadgeTone> = {
  attempting: "blue",
  retrying: "amber",
  succeeded: "green",
  failed: "red",
  unknown: "red",
};

export function EffectBadge({ status }: { status: Effect["status"] }) {
  return <Badge tone={EFFECT[status]}>{effectStatusName(status)}</Badge>;
}

export function PriorityBadge({ priority }: { priority: Priority }) {
  if (priority === "normal") return null;
  const tone = priority === "urgent" ? "red" : priority === "high" ? "amber" : "grey";
  return <Badge tone={tone}>{priorityName(priority)}</Badge>;
}
