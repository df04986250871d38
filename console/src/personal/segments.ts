// A text cut where personal data, or a mask that stands for it, begins and ends.
import type { TextFinding } from "../api/words";

export interface Segment {
  /** In UTF-16 units of the text, which is how the browser counts. */
  at: number;
  text: string;
  /** Absent between findings. */
  kind?: string;
}

/** The service counts characters, of which a browser's string may hold two units. */
function unitsOf(text: string): number[] {
  const units: number[] = [];
  let at = 0;
  for (const character of text) {
    units.push(at);
    at += character.length;
  }
  units.push(at);
  return units;
}

/** Findings that lie outside of the text, overlap or are empty are passed over. */
export function segments(text: string, findings: readonly TextFinding[] = []): Segment[] {
  if (findings.length === 0) return text === "" ? [] : [{ at: 0, text }];
  const units = unitsOf(text);
  const cut: Segment[] = [];
  let from = 0;
  for (const finding of [...findings].sort((a, b) => a.start - b.start)) {
    const start = units[finding.start];
    const end = units[finding.end];
    if (start === undefined || end === undefined || start < from || end <= start) continue;
    if (start > from) cut.push({ at: from, text: text.slice(from, start) });
    cut.push({ at: start, text: text.slice(start, end), kind: finding.kind });
    from = end;
  }
  if (from < text.length) cut.push({ at: from, text: text.slice(from) });
  return cut;
}

/** The same for a text that shows the words of another in their order, without what marks them up. A finding whose
 * words are not shown as one is passed over. */
export function segmentsAs(
  shown: string,
  text: string,
  findings: readonly TextFinding[] = [],
): Segment[] {
  const cut: Segment[] = [];
  let from = 0;
  for (const { text: words, kind } of segments(text, findings)) {
    const at = kind === undefined ? -1 : shown.indexOf(words, from);
    if (at < 0) continue;
    if (at > from) cut.push({ at: from, text: shown.slice(from, at) });
    from = at + words.length;
    cut.push({ at, text: words, kind });
  }
  if (from < shown.length) cut.push({ at: from, text: shown.slice(from) });
  return cut;
}

/** The segments of a part of the text that begins at a unit of it. */
export function within(all: readonly Segment[], at: number, length: number): Segment[] {
  const end = at + length;
  return all.flatMap((each) => {
    const from = Math.max(each.at, at);
    const to = Math.min(each.at + each.text.length, end);
    if (to <= from) return [];
    return [{ ...each, at: from, text: each.text.slice(from - each.at, to - each.at) }];
  });
}
