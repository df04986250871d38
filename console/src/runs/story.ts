// A run's journal as sentences: what each step did, for people who did not build the agent.
import type { Outcome, OutcomeKind, Run, Step } from "../api/words";
import type { IconName } from "../shell/Icon";
import { count, words } from "../text/format";
import { triggerName, triggerText } from "../tickets/Triggers";

export interface Sentence {
  icon: IconName;
  title: string;
  detail?: string;
  tone?: "good" | "bad" | "wait";
}

const CALLS = {
  ok: { tone: "good", says: "done" },
  refused: { tone: "bad", says: "refused" },
  rejected: { tone: "bad", says: "rejected by a person" },
  responded: { tone: "wait", says: "answered by a person" },
  expired: { tone: "wait", says: "nobody decided in time" },
  superseded: { tone: "wait", says: "the customer wrote again" },
  escalated: { tone: "wait", says: "a person took over" },
  failed: { tone: "bad", says: "failed" },
} as const;

/** How runs end, without what is said about it. */
export const OUTCOMES: Record<OutcomeKind, string> = {
  answered: "Answered",
  asked: "Asked the customer",
  handed_off: "Handed to a person",
  done: "Done",
  nothing: "Nothing to do",
};

/** Whether it was given up, and can be begun anew from its journal. */
export function isRetryable({ status }: Run): boolean {
  return status === "dead" || status === "quarantined";
}

export function outcomeText(outcome: Outcome): { title: string; detail: string } {
  switch (outcome.type) {
    case "answered":
      return {
        title: outcome.resolved ? "Answered and resolved" : OUTCOMES.answered,
        detail: outcome.summary,
      };
    case "asked":
      return { title: OUTCOMES.asked, detail: outcome.summary };
    case "handed_off":
      return { title: OUTCOMES.handed_off, detail: outcome.reason };
    case "done":
      return { title: OUTCOMES.done, detail: outcome.summary };
    case "nothing":
      return { title: OUTCOMES.nothing, detail: outcome.reason };
  }
}

function purpose(name: string): string {
  return words(name.slice(name.lastIndexOf(".") + 1)).toLowerCase();
}

export function sentenceOf(body: Step["body"]): Sentence {
  switch (body.type) {
    case "started":
      return { icon: "play", title: "Started" };
    case "observed":
      return {
        icon: "eye",
        title: `Saw ${count(body.messages.length, "new message")}`,
        detail: body.messages.at(-1)?.body,
      };
    case "triggered":
      return {
        icon: "hand",
        title: `Calls for a person: ${body.triggers.map((one) => triggerName(one.kind).toLowerCase()).join(", ")}`,
        detail: body.triggers.map(triggerText).join("\n"),
        tone: "wait",
      };
    case "model": {
      const calls = body.response.tool_calls.map((call) => words(call.tool).toLowerCase());
      return {
        icon: "spark",
        title:
          calls.length > 0
            ? `Model, ${purpose(body.purpose)}: wants to ${calls.join(", ")}`
            : `Model, ${purpose(body.purpose)}`,
        detail: body.response.text ?? undefined,
      };
    }
    case "unusable":
      return {
        icon: "warn",
        title: `The model's reply could not be used, ${purpose(body.purpose)}`,
        detail: body.why,
        tone: "bad",
      };
    case "checked":
      return {
        icon: "eye",
        title: `Looked again at ${count(body.opinions.length, "sentence")} in doubt`,
        detail: body.opinions
          .map(({ sentence, read }) =>
            read ? `${words(read.judged)}: “${sentence}”` : `“${sentence}”`,
          )
          .join("\n"),
      };
    case "proposed":
      return {
        icon: "lock",
        title: `Asked a person: ${words(body.call.tool).toLowerCase()}`,
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
        title: `${words(body.call.tool)}: ${call.says}${body.edited ? ", with a person's changes" : ""}`,
        detail: why,
        tone: call.tone,
      };
    }
    case "woken":
      return { icon: "clock", title: `Went on: ${words(body.name).toLowerCase()}` };
    case "failed":
      return {
        icon: "warn",
        title: `Could not ${words(body.what).toLowerCase()}`,
        detail: body.error,
        tone: "bad",
      };
    case "ended": {
      const { title, detail } = outcomeText(body.outcome);
      return { icon: "flag", title, detail, tone: "good" };
    }
  }
}
