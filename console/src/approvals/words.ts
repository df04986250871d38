// What the approvals pages say, and the few rules behind the words.
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

/** What a call would carry out of the house. */
export function carriedWords({ kind, shown }: Carried): string {
  const what: Record<Carried["kind"], string> = {
    link: `Link to ${shown}`,
    secret: `Secret, ${shown}`,
    prompt: `The agent's own instructions: ${shown}`,
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

const CALL: Record<Act, ActWords> = {
  approve: { label: "Approve", done: "Approved", keys: "a" },
  edit: { label: "Edit", done: "Approved with changes", keys: "e" },
  reject: {
    label: "Reject",
    done: "Rejected",
    keys: "r",
    prompt: "Why should this not happen?",
    hint: "The agent reads your reason and may pass it on to the customer.",
  },
  respond: {
    label: "Respond to agent",
    done: "Sent to the agent",
    keys: "m",
    prompt: "What should the agent know or do instead?",
    hint: "Nothing is done; the agent goes on with what you say.",
  },
  escalate: {
    label: "Escalate",
    done: "Taken over",
    keys: "t",
    prompt: "Why does a person take over?",
    hint: "The agent stops and the ticket waits for staff.",
  },
};

/** For an attempt that ended without an answer, the same acts mean something else. */
const OUTCOME: Record<Act, ActWords> = {
  ...CALL,
  approve: { label: "Not done: try again", done: "Will be tried again", keys: "a" },
  reject: {
    ...CALL.reject,
    label: "Not done: leave it",
    done: "Left undone",
    prompt: "How do you know that it was not done?",
  },
  respond: {
    ...CALL.respond,
    label: "It was done",
    done: "Recorded as done",
    prompt: "How do you know that it was done?",
    hint: "It counts as done; the agent goes on from there.",
  },
};

export function actWords(act: Act, question: Approval["question"]): ActWords {
  return (question === "outcome" ? OUTCOME : CALL)[act];
}

export type Band = "auto" | "draft" | "low";

export const BANDS: Record<Band, { tone: BadgeTone; label: string; meaning: string }> = {
  auto: { tone: "green", label: "High", meaning: "At or above the agent's auto threshold" },
  draft: { tone: "amber", label: "Medium", meaning: "Between the agent's thresholds" },
  low: { tone: "red", label: "Low", meaning: "Below the agent's floor" },
};

/** Cents as a rounded sum: what it is of, nobody needs to the cent. */
export function money(cents: number): string {
  if (cents < 100) return "under 1";
  return Math.round(cents / 100).toLocaleString();
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

const REASONS: Record<string, string> = {
  retrieval: "Knowledge covers the question",
  groundedness: "Reply rests on sources",
  answerability: "Sources answer what was asked",
  stated: "The model's own estimate",
  unsupported_numbers: "Numbers without a source",
  procedure: "A known procedure",
  rule: "A rule",
  arguments: "Arguments come from a record or the customer",
};

export function reasonLabel(name: string): string {
  return REASONS[name] ?? name.replaceAll("_", " ");
}

const UNTRUSTED: Partial<Record<OriginKind, string>> = {
  claimed: "From a record, but nobody has checked who is asking",
  document: "Only an article says this",
  output: "Only a tool's text says this",
  customer: "Only the customer says this",
  model: "The model's own: nothing that was read says this",
};

/** Where a value comes from, and whether a person should look twice. */
export function originWords(origin: ArgumentOrigin): { trusted: boolean; text: string } {
  const said = UNTRUSTED[origin.kind];
  if (said !== undefined) return { trusted: false, text: said };
  const how = origin.likeness === "computed" ? "Worked out from" : "From";
  const place = origin.from.includes("__")
    ? `the record of ${toolWords(origin.from)}`
    : origin.from;
  return { trusted: true, text: `${how} ${place}` };
}

function toolWords(name: string): string {
  return words(name.slice(name.indexOf("__") + 2)).toLowerCase();
}
