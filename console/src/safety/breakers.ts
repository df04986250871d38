// What a breaker is of, in words, and which of them stop a call.
import { t } from "@lingui/core/macro";
import type { BreakerOf } from "../api/words";
import { words } from "../text/format";

/** Characters that a reason may have. */
export const LONGEST_REASON = 500;

/** `the tool shop__refund_order`. */
export function breakerWords(of: BreakerOf): string {
  switch (of.kind) {
    case "workspace":
      return t`the whole workspace`;
    case "agent":
      return t`the ${words(of.name).toLowerCase()} agent`;
    case "tool":
      return t`the tool ${of.name}`;
    case "integration":
      return t`the integration ${of.name}`;
    case "provider":
      return t`the provider ${of.name}`;
  }
}

export const breakerKey = (of: BreakerOf) =>
  of.kind === "workspace" ? "workspace" : `${of.kind}:${of.name}`;

/** The breaker that a key names. */
export function breakerOf(key: string): BreakerOf | undefined {
  if (key === "workspace") return { kind: "workspace" };
  const [kind, name] = [key.slice(0, key.indexOf(":")), key.slice(key.indexOf(":") + 1)];
  if (kind !== "agent" && kind !== "tool" && kind !== "integration" && kind !== "provider") {
    return undefined;
  }
  return name === "" ? undefined : { kind, name };
}

/** What keeps an approved call from being done, if something does. */
export function stops<T extends { of: BreakerOf }>(
  open: T[],
  agent: string,
  tool: string,
): T | undefined {
  return open.find(({ of }) => reaches(of, agent, tool));
}

export function reaches(of: BreakerOf, agent: string, tool: string): boolean {
  switch (of.kind) {
    case "workspace":
      return true;
    case "agent":
      return of.name === agent;
    case "tool":
      return of.name === tool;
    case "integration":
      return tool.startsWith(`${of.name}__`);
    case "provider":
      return false;
  }
}
