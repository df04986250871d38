// The service counts in bytes of UTF-8, JavaScript in UTF-16 units.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export interface ByteSpan {
  start: number;
  end: number;
}

/** How many bytes a text has. */
export const bytesOf = (text: string): number => encoder.encode(text).length;

/** The text cut at these bytes, which need not be in order; one piece more than there are cuts. */
export function cutAt(text: string, cuts: number[]): string[] {
  const bytes = encoder.encode(text);
  const within = cuts.map((cut) => Math.min(Math.max(0, Math.trunc(cut)), bytes.length));
  const ends = [...within.sort((a, b) => a - b), bytes.length];
  return ends.map((end, index) => decoder.decode(bytes.subarray(ends[index - 1] ?? 0, end)));
}

export interface Highlighted {
  text: string;
  on: boolean;
}

/** The text in pieces that are highlighted and pieces that are not; spans that overlap are joined. */
export function highlighted(text: string, spans: ByteSpan[]): Highlighted[] {
  const joined: ByteSpan[] = [];
  for (const span of [...spans].sort((a, b) => a.start - b.start)) {
    if (span.end <= span.start) continue;
    const last = joined.at(-1);
    if (last && span.start <= last.end) last.end = Math.max(last.end, span.end);
    else joined.push({ ...span });
  }
  const cuts = joined.flatMap((span) => [span.start, span.end]);
  return cutAt(text, cuts)
    .map((piece, index) => ({ text: piece, on: index % 2 === 1 }))
    .filter((piece) => piece.text !== "");
}
