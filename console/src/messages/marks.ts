// Splits a message into the pieces that are drawn differently: text, links and `[n]` source marks.

export type Piece =
  // `at` is where it begins, in units of the message.
  | { kind: "text"; text: string; at: number }
  | { kind: "link"; href: string; at: number }
  | { kind: "mark"; index: number; at: number };

/** A passage of Markdown as plain words: headings and emphasis without their signs. */
export function unmarked(markdown: string): string {
  return markdown
    .replaceAll(/^#{1,6}\s+/gm, "")
    .replaceAll(/\*\*(.+?)\*\*/g, "$1")
    .replaceAll(/\[([^\]]+)\]\(([^)\s]+)\)/g, "$1");
}

const PATTERN = /\[(\d{1,2})\]|https?:\/\/[^\s<>"'[\]]*[^\s<>"'[\].,;:!?)]/g;

/** `sources` is how many sources there are; a mark that names none of them stays text. */
export function pieces(body: string, sources: number): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of body.matchAll(PATTERN)) {
    const number = match[1] === undefined ? undefined : Number(match[1]);
    if (number !== undefined && (number < 1 || number > sources)) continue;
    const at = match.index;
    if (at > from) found.push({ kind: "text", text: body.slice(from, at), at: from });
    found.push(
      number === undefined
        ? { kind: "link", href: match[0], at }
        : { kind: "mark", index: number - 1, at },
    );
    from = at + match[0].length;
  }
  if (from < body.length) found.push({ kind: "text", text: body.slice(from), at: from });
  return found;
}
