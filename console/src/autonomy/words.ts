// The ladder of autonomy in words.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { S } from "../api/words";
import type { BadgeTone } from "../parts/Badge";
import { percent, upperFirst, words } from "../text/format";
import { tags } from "../text/language";

export type Cell = S["AutonomyCell"];
export type Detail = S["AutonomyDetail"];
export type Level = S["Level"];
export type Evidence = S["AutonomyEvidence"];

const LEVELS: Record<Level, [MessageDescriptor, MessageDescriptor, BadgeTone]> = {
  shadow: [
    msg`Shadow`,
    msg`On paper: the call is written down and not done, and a person does the work.`,
    "grey",
  ],
  draft: [msg`Draft`, msg`Each call waits for a person, who decides it by itself.`, "violet"],
  ask: [msg`Ask`, msg`Each call waits for a person.`, "amber"],
  act: [
    msg`Act`,
    msg`What is at least as sure as the threshold runs where the policy lets it. The rest waits.`,
    "green",
  ],
};

export const LEVEL_NAMES = Object.keys(LEVELS) as Level[];

export const levelName = (level: Level | null | undefined) =>
  level ? t(LEVELS[level][0]) : t`Policy alone`;

export const levelMeans = (level: Level | null) =>
  level ? t(LEVELS[level][1]) : t`The ladder holds nothing back: what the policy lets run runs.`;

export const levelTone = (level: Level): BadgeTone => LEVELS[level][2];

export const intentName = (intent: string) =>
  intent === "" ? t`No procedure` : upperFirst(words(intent));

/** Thousandths as `0.85`. */
export const confidence = (thousandths: number) => (thousandths / 1000).toFixed(2);

/** A share with a decimal where it is small: `2.5 %`. */
export const share = (value: number) =>
  value > 0 && value < 0.1 ? t`${(value * 100).toFixed(1)} %` : percent(value);

/** What can be promised, in a sentence. */
export function reachWords({ counted, threshold, coverage, least }: Cell): string {
  if (threshold !== null && threshold !== undefined) {
    return t`From ${confidence(threshold)} on, which is ${percent(coverage)} of calls`;
  }
  if (counted < least) {
    return t`Not reachable yet: ${counted.toLocaleString(tags())} judged that count, at least ${least.toLocaleString(tags())} are needed`;
  }
  return t`Not reachable: too many were wrong at every threshold`;
}

/** What speaks for a rung, in a sentence. */
export function evidenceWords({ level, n, wrong, ceiling, holds }: Evidence): string {
  if (level === "shadow") return t`Takes no figures: nothing is done.`;
  if (level === "draft") return t`Takes no figures: a person finishes each.`;
  const seen = t`${wrong.toLocaleString(tags())} of ${n.toLocaleString(tags())} were wrong.`;
  return holds
    ? t`${seen} It is shown that fewer than ${share(ceiling)} are.`
    : t`${seen} It is not shown that fewer than ${share(ceiling)} are.`;
}

const ORDER: Record<Level, number> = { shadow: 0, draft: 1, ask: 2, act: 3 };

/**
 * Whether a person may put a cell there with what is known: down at will, up as far as the evidence carries. Leaving it
 * to the policy takes what acting takes, but from there, or by whoever put it where the policy alone counted.
 */
export function allows({ cell, evidence }: Detail, level: Level | null, userId?: string): boolean {
  const now = cell.rung?.level;
  const shown = (of: Level) => evidence.find((one) => one.level === of)?.holds ?? false;
  if (level === null) {
    if (!cell.rung) return false;
    const { over_policy, by } = cell.rung;
    const own = over_policy && "user_id" in by && by.user_id === userId;
    return now === "act" || shown("act") || own;
  }
  if (level === now) return false;
  const holds = shown(level);
  if (level === "act") return holds;
  return now === undefined || ORDER[level] < ORDER[now] || holds;
}
