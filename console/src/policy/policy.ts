// A policy's words for people, and where in its text a rule stands.
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import type { PolicyFinding, PolicyReport } from "../api/words";
import type { BadgeTone } from "../parts/Badge";

export const LEVEL_TONE: Record<PolicyFinding["level"], BadgeTone> = {
  error: "red",
  warning: "amber",
  note: "blue",
};

export const LEVEL: Record<PolicyFinding["level"], MessageDescriptor> = {
  error: msg`Error`,
  warning: msg`Warning`,
  note: msg`Note`,
};

/** What a check found, in a sentence. */
export function reportWords(report: PolicyReport): string {
  const of = (level: PolicyFinding["level"]) =>
    report.findings.filter((finding) => finding.level === level).length;
  const [errors, warnings, notes] = [of("error"), of("warning"), of("note")];
  if (errors > 0)
    return t`Cannot be used: ${plural(errors, { one: "# error", other: "# errors" })}`;
  const judged = t`${plural(report.rules, { one: "# rule", other: "# rules" })}, tried on ${plural(report.calls, { one: "# imagined call", other: "# imagined calls" })}`;
  const found = [
    warnings > 0 ? plural(warnings, { one: "# warning", other: "# warnings" }) : "",
    notes > 0 ? plural(notes, { one: "# note", other: "# notes" }) : "",
  ].filter((part) => part !== "");
  return `${judged}: ${found.length === 0 ? t`nothing found` : found.join(", ")}`;
}

/** From where to where the line stands that names the rule. */
export function placeOf(text: string, rule: string): [number, number] | undefined {
  let at = 0;
  for (const line of text.split("\n")) {
    const named = /^\s*name\s*=\s*(?:"((?:[^"\\]|\\.)*)"|'([^']*)')/.exec(line);
    if (named && (named[1] ?? named[2]) === rule) return [at, at + line.length];
    at += line.length + 1;
  }
  return undefined;
}

/** What somebody is changing, and the version that they began from. */
export interface Draft {
  text: string;
  from: number;
}

/** Whether somebody else has put another version since. */
export const overtaken = (draft: Draft | undefined, version: number) =>
  draft !== undefined && draft.from !== version;
