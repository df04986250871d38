// What a model was given, in words: whether that is proven, how it crossed the border, whose words are whose.
import { msg, plural, t } from "@lingui/core/macro";
import { queryOptions } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { fullTime } from "../text/times";

export type StepPrompt = S["StepPrompt"];
export type PromptMessage = S["PromptMessage"];

export const givenQuery = (run: string, step: number) =>
  queryOptions({
    queryKey: ["run", run, "given", step],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/runs/{id}/steps/{seq}/prompt", {
          params: { path: { id: run, seq: step } },
          signal,
        }),
      ),
    // It is long, and of steps that do not change any more.
    staleTime: 60_000,
  });

export interface Standing {
  tone: "green" | "amber";
  title: string;
  detail: string;
}

/** How what is shown stands to what was given. Only a digest that is the journal's makes it the same. */
export function standing(proof: S["PromptProof"]): Standing {
  switch (proof.is) {
    case "same":
      return {
        tone: "green",
        title: t`This is what the model was given`,
        detail: t`Made anew from the journal, it has the digest that was journalled.`,
      };
    case "prompt":
      return {
        tone: "amber",
        title: t`The prompt has changed since`,
        detail: t`It was ${proof.was} then and is ${proof.now} now. This is what the model would be given today.`,
      };
    case "redacted":
      return {
        tone: "amber",
        title: t`Personal data was taken out of the journal`,
        detail: t`That was at ${fullTime(proof.at)}. This is what the model would be given today, without it.`,
      };
    case "other": {
      const missing = proof.missing.join(", ");
      const detail = t`The prompt is of the same version; tools, procedures, settings, the workspace's name or the program are not as they were. This is what the model would be given today.`;
      return {
        tone: "amber",
        title: t`Something that the model is shown has changed since`,
        detail: missing ? `${detail} ${t`The service does not have ${missing} now.`}` : detail,
      };
    }
    case "instead":
      return {
        tone: "amber",
        title: t`The agent asks no model there today`,
        detail: t`It wants ${proof.now}. What the model was given then cannot be made anew.`,
      };
    case "unproven":
      return {
        tone: "amber",
        title: t`Nothing proves that this is what the model was given`,
        detail: t`The journal has no digest of all that it was asked. This is what it would be given today.`,
      };
  }
}

/** What stood between the agent and the model. */
export function borderText(border: S["PromptBorder"]): string {
  switch (border.is) {
    case "masked":
      return border.placeholders === 0
        ? t`As providers are sent it by the rules of today, which replace nothing in it.`
        : t`As providers are sent it by the rules of today: ${plural(border.placeholders, {
            one: "# value stands behind a placeholder.",
            other: "# values stand behind placeholders.",
          })}`;
    case "inside":
      return t`The offline model is of this house. It works from the facts behind these messages, with their values, and reads no prompt.`;
    case "refused":
      return t`By the rules of today no provider would be sent this; it is shown as the agent asked. ${border.why}`;
  }
}

const ROLES = {
  system: msg`System prompt`,
  user: msg`Message to the model`,
  assistant: msg`Written before`,
  tool: msg`Result of a tool`,
} as const;

export const roleName = (role: PromptMessage["role"]) => t(ROLES[role]);

/** How a message begins, in a line: what it is told by while it is closed. */
export function beginning({ parts, calls }: PromptMessage, most = 90): string {
  const text = parts.map((part) => part.text).join("");
  const inside = text.split("\n").map((line) => line.trim());
  // The marks of blocks say less than what stands in them.
  const line = inside.find((each) => each !== "" && !/^<.*>$/.test(each)) ?? "";
  const called = calls?.map((call) => call.tool).join(", ") ?? "";
  const said = line || called || (inside.find((each) => each !== "") ?? "");
  return said.length > most ? `${said.slice(0, most).trimEnd()}…` : said;
}

const LONG = 2000;

/** Whether a message is open from the start: results and long prompts are opened by who wants them. */
export function isOpen({ role, parts }: PromptMessage): boolean {
  if (role === "tool") return false;
  return parts.reduce((length, part) => length + part.text.length, 0) <= LONG;
}
