// A run's journal as sentences: what each step did, for people who did not build the agent.
import { msg, plural, t } from "@lingui/core/macro";
import { judgedName, OUTCOMES } from "../api/names";
import type { Outcome, Run, Step } from "../api/words";
import type { IconName } from "../shell/Icon";
import { words } from "../text/format";
import { triggerName, triggerText } from "../tickets/Triggers";

export interface Sentence {
  icon: IconName;
  title: string;
  detail?: string;
  tone?: "good" | "bad" | "wait";
}

const CALLS = {
  ok: { tone: "good", says: msg`done` },
  refused: { tone: "bad", says: msg`refused` },
  rejected: { tone: "bad", says: msg`rejected by a person` },
  responded: { tone: "wait", says: msg`answered by a person` },
  expired: { tone: "wait", says: msg`nobody decided in time` },
  superseded: { tone: "wait", says: msg`the customer wrote again` },
  escalated: { tone: "wait", says: msg`a person took over` },
  failed: { tone: "bad", says: msg`failed` },
} as const;

/** What came of a call, in a word or two. */
export const callCame = (status: string) =>
  Object.hasOwn(CALLS, status) ? t(CALLS[status as keyof typeof CALLS].says) : status;

/** Whether it was given up, and can be begun anew from its journal. */
export function isRetryable({ status }: Run): boolean {
  return status === "dead" || status === "quarantined";
}

/** Whether the step asked a model, so that it can be told what that was given. */
export function asksModel({ body, prompt }: Step): boolean {
  switch (body.type) {
    case "model":
    case "unusable":
      return true;
    case "failed":
      return body.what === "model";
    // An embedder looks as well, and has no prompt.
    case "checked":
      return Boolean(prompt);
    default:
      return false;
  }
}

export function outcomeText(outcome: Outcome): { title: string; detail: string } {
  switch (outcome.type) {
    case "answered":
      return {
        title: outcome.resolved ? t`Answered and resolved` : t(OUTCOMES.answered),
        detail: outcome.summary,
      };
    case "asked":
      return { title: t(OUTCOMES.asked), detail: outcome.summary };
    case "handed_off":
      return { title: t(OUTCOMES.handed_off), detail: outcome.reason };
    case "done":
      return { title: t(OUTCOMES.done), detail: outcome.summary };
    case "nothing":
      return { title: t(OUTCOMES.nothing), detail: outcome.reason };
  }
}

function purpose(name: string): string {
  return words(name.slice(name.lastIndexOf(".") + 1)).toLowerCase();
}

/** What a model wrote as people read it: its reply, or else what it says of each thing. The form that
 * programs read is in the journal. */
export function written(text: string | undefined): string | undefined {
  const fields = fieldsOf(text);
  if (!fields) return text;
  const { reply } = fields;
  if (typeof reply === "string" && reply.trim() !== "") return reply;
  const said = Object.entries(fields).flatMap(([name, value]) =>
    (typeof value === "string" && value !== "") ||
    typeof value === "number" ||
    typeof value === "boolean"
      ? [`${words(name)}: ${value}`]
      : [],
  );
  return said.length > 0 ? said.join("\n") : text;
}

function fieldsOf(text: string | undefined): Record<string, unknown> | undefined {
  if (!text?.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

export function sentenceOf(body: Step["body"]): Sentence {
  switch (body.type) {
    case "started":
      return { icon: "play", title: t`Started` };
    case "observed":
      return {
        icon: "eye",
        title: t`Saw ${plural(body.messages.length, { one: "# new message", other: "# new messages" })}`,
        detail: body.messages.at(-1)?.body,
      };
    case "triggered":
      return {
        icon: "hand",
        title: t`Calls for a person: ${body.triggers.map((one) => triggerName(one.kind).toLowerCase()).join(", ")}`,
        detail: body.triggers.map(triggerText).join("\n"),
        tone: "wait",
      };
    case "model": {
      const calls = body.response.tool_calls.map((call) => words(call.tool).toLowerCase());
      return {
        icon: "spark",
        title:
          calls.length > 0
            ? t`Model, ${purpose(body.purpose)}: wants to ${calls.join(", ")}`
            : t`Model, ${purpose(body.purpose)}`,
        detail: written(body.response.text ?? undefined),
      };
    }
    case "unusable":
      return {
        icon: "warn",
        title: t`The model's reply could not be used, ${purpose(body.purpose)}`,
        detail: body.why,
        tone: "bad",
      };
    case "checked":
      return {
        icon: "eye",
        title: t`Looked again at ${plural(body.opinions.length, { one: "# sentence", other: "# sentences" })} in doubt`,
        detail: body.opinions
          .map(({ sentence, read }) =>
            read ? `${judgedName(read.judged)}: “${sentence}”` : `“${sentence}”`,
          )
          .join("\n"),
      };
    case "proposed":
      return {
        icon: "lock",
        title: t`Asked a person: ${words(body.call.tool).toLowerCase()}`,
        tone: "wait",
      };
    case "tool": {
      const call = CALLS[body.outcome.type];
      const why =
        "reason" in body.outcome
          ? body.outcome.reason
          : "message" in body.outcome
            ? body.outcome.message
            : "error" in body.outcome
              ? body.outcome.error
              : undefined;
      return {
        icon: "wrench",
        title: `${words(body.call.tool)}: ${t(call.says)}${body.edited ? t`, with a person's changes` : ""}`,
        detail: why,
        tone: call.tone,
      };
    }
    case "woken":
      return { icon: "clock", title: t`Went on: ${words(body.name).toLowerCase()}` };
    case "failed":
      return {
        icon: "warn",
        title: t`Could not ${words(body.what).toLowerCase()}`,
        detail: body.error,
        tone: "bad",
      };
    case "ended": {
      const { title, detail } = outcomeText(body.outcome);
      return { icon: "flag", title, detail, tone: "good" };
    }
  }
}
