// Splits a message into the pieces that are drawn differently: text, links, `[n]` source marks and the
// names of colleagues in a note.

export type Piece =
  // `at` is where it begins, in units of the message.
  | { kind: "text"; text: string; at: number }
  | { kind: "link"; href: string; at: number }
  | { kind: "name"; text: string; at: number }
  | { kind: "mark"; index: number; at: number };

/** A passage of Markdown as plain words: headings and emphasis without their signs. */
export function unmarked(markdown: string): string {
  return markdown
    .replaceAll(/^#{1,6}\s+/gm, "")
    .replaceAll(/\*\*(.+?)\*\*/g, "$1")
    .replaceAll(/\[([^\]]+)\]\(([^)\s]+)\)/g, "$1");
}

const PATTERN = String.raw`\[(\d{1,2})\]|https?:\/\/[^\s<>"'[\]]*[^\s<>"'[\].,;:!?)]`;

/** `@` and one of the names, where no longer word begins so; the longest name first. */
function namesPattern(names: readonly string[]): string {
  const longestFirst = [...names].sort((left, right) => right.length - left.length);
  const literal = longestFirst.map((name) => name.replaceAll(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
  return `@(?:${literal.join("|")})(?![\\p{L}\\p{N}_])`;
}

/** `sources` is how many sources there are; a mark that names none of them stays text. `names` are
 * those whom the message names. */
export function pieces(body: string, sources: number, names: readonly string[] = []): Piece[] {
  const pattern = names.length > 0 ? `${namesPattern(names)}|${PATTERN}` : PATTERN;
  const found: Piece[] = [];
  let from = 0;
  for (const match of body.matchAll(new RegExp(pattern, "gu"))) {
    const number = match[1] === undefined ? undefined : Number(match[1]);
    if (number !== undefined && (number < 1 || number > sources)) continue;
    const at = match.index;
    if (at > from) found.push({ kind: "text", text: body.slice(from, at), at: from });
    if (number !== undefined) found.push({ kind: "mark", index: number - 1, at });
    else if (match[0].startsWith("@")) found.push({ kind: "name", text: match[0], at });
    else found.push({ kind: "link", href: match[0], at });
    from = at + match[0].length;
  }
  if (from < body.length) found.push({ kind: "text", text: body.slice(from), at: from });
  return found;
}
