// A policy's words for people, and where in its text a rule stands.
import type { PolicyFinding, PolicyReport } from "../api/words";
import type { BadgeTone } from "../parts/Badge";
import { count } from "../text/format";

export const LEVEL_TONE: Record<PolicyFinding["level"], BadgeTone> = {
  error: "red",
  warning: "amber",
  note: "blue",
};

/** What a check found, in a sentence. */
export function reportWords(report: PolicyReport): string {
  const of = (level: PolicyFinding["level"]) =>
    report.findings.filter((finding) => finding.level === level).length;
  const [errors, warnings, notes] = [of("error"), of("warning"), of("note")];
  if (errors > 0) return `Cannot be used: ${count(errors, "error")}`;
  const judged = `${count(report.rules, "rule")}, tried on ${count(report.calls, "imagined call")}`;
  const found = [
    warnings > 0 ? count(warnings, "warning") : "",
    notes > 0 ? count(notes, "note") : "",
  ].filter((part) => part !== "");
  return `${judged}: ${found.length === 0 ? "nothing found" : found.join(", ")}`;
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
