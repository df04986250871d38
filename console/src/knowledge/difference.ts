// A difference in the unified format as lines to draw.
import { diffWordsWithSpace, parsePatch } from "diff";

export type LineKind = "same" | "added" | "removed";

export interface Part {
  text: string;
  /** These words are what changed in the line. */
  changed: boolean;
}

export interface Line {
  kind: LineKind;
  /** Its number before; absent in what was added. */
  before?: number;
  after?: number;
  parts: Part[];
}

export interface Hunk {
  lines: Line[];
}

// A line of more is compared as a whole.
const MOST_CHARS = 2_000;

export function hunksOf(unified: string): Hunk[] {
  if (unified.trim() === "") return [];
  return parsePatch(unified).flatMap((file) =>
    file.hunks.map((hunk) => {
      let before = hunk.oldStart;
      let after = hunk.newStart;
      const lines: Line[] = [];
      for (const raw of hunk.lines) {
        const parts = [{ text: raw.slice(1), changed: false }];
        if (raw.startsWith("+")) lines.push({ kind: "added", after: after++, parts });
        else if (raw.startsWith("-")) lines.push({ kind: "removed", before: before++, parts });
        else if (raw.startsWith(" ") || raw === "") {
          lines.push({ kind: "same", before: before++, after: after++, parts });
        }
      }
      return { lines: refined(lines) };
    }),
  );
}

/** Where as many lines were added as removed, each pair says which of its words changed. */
function refined(lines: Line[]): Line[] {
  let at = 0;
  while (at < lines.length) {
    const removed = run(lines, at, "removed");
    const added = run(lines, at + removed.length, "added");
    if (removed.length > 0 && removed.length === added.length) {
      removed.forEach((line, index) => {
        const partner = added[index];
        if (partner) compare(line, partner);
      });
    }
    at += Math.max(1, removed.length + added.length);
  }
  return lines;
}

function run(lines: Line[], from: number, kind: LineKind): Line[] {
  const found: Line[] = [];
  for (let at = from; lines[at]?.kind === kind; at += 1) found.push(lines[at] as Line);
  return found;
}

function compare(removed: Line, added: Line): void {
  const [before, after] = [removed.parts[0]?.text ?? "", added.parts[0]?.text ?? ""];
  if (before.length > MOST_CHARS || after.length > MOST_CHARS) return;
  const words = diffWordsWithSpace(before, after);
  const kept = words.filter((word) => !word.added && !word.removed);
  // Two lines that have little in common are two lines, not one that was edited.
  const same = kept.reduce((sum, word) => sum + word.value.trim().length, 0);
  if (same * 3 < Math.max(before.length, after.length)) return;
  removed.parts = words
    .filter((word) => !word.added)
    .map((word) => ({ text: word.value, changed: Boolean(word.removed) }));
  added.parts = words
    .filter((word) => !word.removed)
    .map((word) => ({ text: word.value, changed: Boolean(word.added) }));
}
