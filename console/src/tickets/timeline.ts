// What the compact lines of a ticket's timeline say. Messages are drawn in full elsewhere.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import {
  approvalStatusName,
  effectStatusName,
  outcomeName,
  priorityName,
  roleName,
  ticketStatusName,
} from "../api/names";
import type { Actor, Channel, EventBody } from "../api/words";
import { actorName } from "../messages/actor";
import type { IconName } from "../shell/Icon";
import { lowerFirst, plain, words } from "../text/format";
import { fullTime } from "../text/times";

const OPENED: Record<Channel, MessageDescriptor> = {
  chat: msg`Opened by chat`,
  email: msg`Opened by email`,
  api: msg`Opened by API`,
};

export interface Line {
  icon: IconName;
  text: string;
  detail?: string;
  /** What came with a ticket that is a person's from there on. */
  handed?: { summary: string; reason: string };
  approvalId?: string;
  runId?: string;
  /** Something a person should not overlook. */
  strong?: boolean;
}

/** The line for an event; `undefined` for what is shown in another form or says nothing new. */
export function lineOf(body: EventBody, actor: Actor): Line | undefined {
  const who = actorName(actor);
  switch (body.type) {
    case "message_added":
    case "put_on_paper":
      return undefined;
    case "created":
      return { icon: "inbox", text: t(OPENED[body.channel]) };
    case "status_changed":
      return {
        icon: "flag",
        text: t`${who} set the status to ${lowerFirst(ticketStatusName(body.status))}`,
        detail: body.reason || undefined,
      };
    case "fields_set":
      return {
        icon: "flag",
        text: t`${who} set ${Object.entries(body.fields)
          .map(([name, value]) => t`${words(name).toLowerCase()} to ${plain(value)}`)
          .join(", ")}`,
      };
    case "priority_set":
      return {
        icon: "flag",
        text: t`${who} set the priority to ${lowerFirst(priorityName(body.priority))}`,
      };
    case "tags_added":
      return { icon: "flag", text: t`${who} added ${body.tags.join(", ")}` };
    case "tags_removed":
      return { icon: "flag", text: t`${who} removed ${body.tags.join(", ")}` };
    case "assigned":
      return {
        icon: "person",
        text: body.assignee ? t`${who} assigned the ticket` : t`${who} took the assignee away`,
      };
    case "escalated":
      return {
        icon: "hand",
        // Without an agent's or a colleague's judgement: by the words of the customer, or by a fact.
        text: `${body.triggers ? t`A person is wanted, by rule` : t`A person is wanted`}: ${body.reason}`,
        handed: body.summary ? { summary: body.summary, reason: body.reason } : undefined,
        strong: true,
      };
    case "contact_identified":
      return { icon: "person", text: t`The customer became known` };
    case "follow_up_scheduled":
      return { icon: "clock", text: t`Follow-up on ${fullTime(body.at)}`, detail: body.note };
    case "follow_up_due":
      return { icon: "clock", text: t`The follow-up is due`, detail: body.note };
    case "approval_requested":
      return {
        icon: "lock",
        text: t`Waits for a person: ${body.title}`,
        approvalId: body.approval_id,
        strong: true,
      };
    case "approval_decided":
      return {
        icon: "check",
        text:
          actor.kind === "user"
            ? `${who}: ${lowerFirst(approvalStatusName(body.status))}, ${words(body.tool).toLowerCase()}`
            : `${approvalStatusName(body.status)}: ${words(body.tool).toLowerCase()}`,
        approvalId: body.approval_id,
      };
    case "approval_reminder":
      return {
        icon: "clock",
        text: t`Still waits for a person: ${body.title}`,
        approvalId: body.approval_id,
      };
    case "approval_passed_on":
      return {
        icon: "clock",
        text: t`Nobody decided for a while: takes the role ${lowerFirst(roleName(body.role))} from here on`,
        approvalId: body.approval_id,
      };
    case "approval_reopened":
      return {
        icon: "clock",
        text: t`${who} took the decision back: ${words(body.tool).toLowerCase()}`,
        approvalId: body.approval_id,
      };
    case "approval_assigned":
      return {
        icon: "person",
        text: body.to
          ? t`${who} gave the approval to ${body.name}`
          : t`${who} gave the approval to anybody`,
        detail: body.note || undefined,
        approvalId: body.approval_id,
      };
    case "approval_snoozed":
      return {
        icon: "clock",
        text: body.until
          ? t`${who} put the approval off until ${fullTime(body.until)}`
          : t`${who} brought the approval back`,
        approvalId: body.approval_id,
      };
    case "effect_settled":
      return {
        icon: body.status === "succeeded" ? "check" : "warn",
        text: body.summary || `${words(body.tool)}: ${lowerFirst(effectStatusName(body.status))}`,
        runId: body.run_id,
        strong: body.status !== "succeeded",
      };
    case "run_ended":
      return {
        icon: "spark",
        text: t`${words(body.agent)} agent: ${lowerFirst(outcomeName(body.outcome))}`,
        detail: body.summary || undefined,
        runId: body.run_id,
      };
    case "answer_rated":
      return {
        icon: body.helpful ? "check" : "flag",
        text: body.helpful
          ? t`${who} found an answer helpful`
          : t`${who} found an answer not helpful`,
        strong: !body.helpful,
      };
    case "paper_compared": {
      const what = words(body.tool).toLowerCase();
      return {
        icon: body.same ? "check" : "flag",
        text:
          actor.kind === "system"
            ? body.same
              ? t`The reply has the same words as the one on paper`
              : t`The reply has other words than the one on paper`
            : body.same
              ? t`${who} did the same as the agent on paper: ${what}`
              : t`${who} did something else than the agent on paper: ${what}`,
        runId: body.run_id,
      };
    }
    case "external":
      return { icon: "code", text: t`${who} reported ${words(body.name).toLowerCase()}` };
  }
}
