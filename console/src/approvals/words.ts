// What the approvals pages say, and the few rules behind the words.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type {
  Approval,
  ArgumentOrigin,
  Carried,
  Confidence,
  DecisionKind,
  OriginKind,
  Thresholds,
} from "../api/words";
import type { BadgeTone } from "../parts/Badge";
import { words } from "../text/format";
import { tags } from "../text/language";

/** What a call would carry out of the house. */
export function carriedWords({ kind, shown }: Carried): string {
  const what: Record<Carried["kind"], string> = {
    link: t`Link to ${shown}`,
    secret: t`Secret, ${shown}`,
    prompt: t`The agent's own instructions: ${shown}`,
  };
  return what[kind];
}

export type Act = DecisionKind["type"];

interface ActWords {
  label: string;
  done: string;
  keys: string;
  /** Over the text field, for acts that take words. */
  prompt?: string;
  hint?: string;
}

const ofCall = (): Record<Act, ActWords> => ({
  approve: { label: t`Approve`, done: t`Approved`, keys: "a" },
  edit: { label: t`Edit`, done: t`Approved with changes`, keys: "e" },
  reject: {
    label: t`Reject`,
    done: t`Rejected`,
    keys: "r",
    prompt: t`Why should this not happen?`,
    hint: t`The agent reads your reason and may pass it on to the customer.`,
  },
  respond: {
    label: t`Respond to agent`,
    done: t`Sent to the agent`,
    keys: "m",
    prompt: t`What should the agent know or do instead?`,
    hint: t`Nothing is done; the agent goes on with what you say.`,
  },
  escalate: {
    label: t`Escalate`,
    done: t`Taken over`,
    keys: "t",
    prompt: t`Why does a person take over?`,
    hint: t`The agent stops and the ticket waits for staff.`,
  },
});

/** For an attempt that ended without an answer, the same acts mean something else. */
const ofOutcome = (call = ofCall()): Record<Act, ActWords> => ({
  ...call,
  approve: { label: t`Not done: try again`, done: t`Will be tried again`, keys: "a" },
  reject: {
    ...call.reject,
    label: t`Not done: leave it`,
    done: t`Left undone`,
    prompt: t`How do you know that it was not done?`,
  },
  respond: {
    ...call.respond,
    label: t`It was done`,
    done: t`Recorded as done`,
    prompt: t`How do you know that it was done?`,
    hint: t`It counts as done; the agent goes on from there.`,
  },
});

export function actWords(act: Act, question: Approval["question"]): ActWords {
  return (question === "outcome" ? ofOutcome() : ofCall())[act];
}

export type Band = "auto" | "draft" | "low";

export const BANDS: Record<
  Band,
  { tone: BadgeTone; label: MessageDescriptor; meaning: MessageDescriptor }
> = {
  auto: { tone: "green", label: msg`High`, meaning: msg`At or above the agent's auto threshold` },
  draft: { tone: "amber", label: msg`Medium`, meaning: msg`Between the agent's thresholds` },
  low: { tone: "red", label: msg`Low`, meaning: msg`Below the agent's floor` },
};

/** Cents as a rounded sum: what it is of, nobody needs to the cent. */
export function money(cents: number): string {
  if (cents < 100) return t`under 1`;
  return Math.round(cents / 100).toLocaleString(tags());
}

/** Where a score falls against an agent's thresholds; what is no number is low. */
export function bandOf(confidence: Confidence, thresholds: Thresholds): Band {
  if (confidence.score >= thresholds.auto) return "auto";
  return confidence.score >= thresholds.floor ? "draft" : "low";
}

/** Labels as the tool words them; a bare argument name, such as `amount_cents`, as people would. */
export function fieldLabel(label: string): string {
  return /^[a-z0-9]+(_[a-z0-9]+)*$/.test(label) ? words(label.replace(/_cents$/, "")) : label;
}

const REASONS: Record<string, MessageDescriptor> = {
  retrieval: msg`Knowledge covers the question`,
  groundedness: msg`Reply rests on sources`,
  answerability: msg`Sources answer what was asked`,
  stated: msg`The model's own estimate`,
  unsupported_numbers: msg`Numbers without a source`,
  procedure: msg`A known procedure`,
  rule: msg`A rule`,
  arguments: msg`Arguments come from a record or the customer`,
};

export function reasonLabel(name: string): string {
  const known = REASONS[name];
  return known ? t(known) : name.replaceAll("_", " ");
}

const UNTRUSTED: Partial<Record<OriginKind, MessageDescriptor>> = {
  claimed: msg`From a record, but nobody has checked who is asking`,
  document: msg`Only an article says this`,
  output: msg`Only a tool's text says this`,
  customer: msg`Only the customer says this`,
  model: msg`The model's own: nothing that was read says this`,
};

/** Where a value comes from, and whether a person should look twice. */
export function originWords(origin: ArgumentOrigin): { trusted: boolean; text: string } {
  const said = UNTRUSTED[origin.kind];
  if (said !== undefined) return { trusted: false, text: t(said) };
  const how = origin.likeness === "computed" ? t`Worked out from` : t`From`;
  const place = origin.from.includes("__")
    ? t`the record of ${toolWords(origin.from)}`
    : origin.from;
  return { trusted: true, text: `${how} ${place}` };
}

function toolWords(name: string): string {
  return words(name.slice(name.indexOf("__") + 2)).toLowerCase();
}
