// What an agent says of a ticket that it hands to a person.

/** Beyond so many letters it takes longer to read than the end of the conversation. */
const LONG = 300;

/** Without its first line, where that says again why a person is wanted. */
export function withoutReason(summary: string, reason: string): string {
  const [first = "", ...rest] = summary.trim().split("\n");
  return first.replace(/^Why: /, "").trim() === reason.trim()
    ? rest.join("\n").trim()
    : summary.trim();
}

export const isLong = (said: string): boolean => said.length > LONG;
