// The arithmetic behind the marks: the service counts characters, browsers count units.
import { plural, t } from "@lingui/core/macro";
import type { FootingPart, FootingPiece, FootingSentence } from "../api/words";
import { words } from "../text/format";

/** A part of the text, in units; `number` is the sentence's place, absent between sentences. */
export interface TextPart {
  at: number;
  length: number;
  number?: number;
}

/** For each character of the text the unit at which it begins, and the end. */
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

/** The whole text in parts. Sentences that do not fit the text are passed over. */
export function sentencesOf(text: string, sentences: readonly FootingSentence[]): TextPart[] {
  const units = unitsOf(text);
  const parts: TextPart[] = [];
  let from = 0;
  sentences.forEach((sentence, number) => {
    const start = units[sentence.start];
    const end = units[sentence.end];
    if (start === undefined || end === undefined || start < from || end <= start) return;
    if (start > from) parts.push({ at: from, length: start - from });
    parts.push({ at: start, length: end - start, number });
    from = end;
  });
  if (from < text.length) parts.push({ at: from, length: text.length - from });
  return parts;
}

/** What is shown of text around a marked place before anybody asks for more. */
const AROUND = 110;

/** A piece as it is shown at first: marked ones whole, of others what stands beside a mark. */
export function shortened(pieces: readonly FootingPiece[], at: number): string {
  const piece = pieces[at];
  if (!piece || piece.sentences.length > 0) return piece?.text ?? "";
  const letters = Array.from(piece.text);
  const behind = at > 0;
  const before = at < pieces.length - 1;
  const most = AROUND * (behind && before ? 2 : 1);
  // A little less than half would only cost a click.
  if (letters.length <= most + AROUND / 2) return piece.text;
  const head = behind || !before ? letters.slice(0, AROUND).join("") : "";
  const tail = before ? letters.slice(-AROUND).join("") : "";
  return `${head}${head ? " " : ""}…${tail ? " " : ""}${tail}`;
}

export function sourceTitle(source: FootingPart): string {
  if (source.kind === "passage") return source.title;
  if (source.kind === "procedure") return t`The procedure's own words`;
  return source.title === "" ? t`What was told in this run` : t`Record of ${words(source.title)}`;
}

/** How much of the text rests on something, in words. */
export function standing(sentences: readonly FootingSentence[]): string {
  const claims = sentences.filter((each) => each.stands !== "claims_nothing");
  if (claims.length === 0) return t`It claims nothing that a source would have to carry.`;
  const carried = claims.filter((each) => each.stands === "carried").length;
  const denied = claims.filter((each) => each.stands === "denied").length;
  const rest = claims.length - carried - denied;
  const loose = [
    rest > 0 &&
      t`${plural(rest, { one: "# sentence", other: "# sentences" })} without a source (dotted line)`,
    denied > 0 &&
      t`${plural(denied, { one: "# sentence", other: "# sentences" })} denied by its source (wavy line)`,
  ].filter((each) => each !== false);
  const all = plural(claims.length, {
    one: plural(carried, {
      one: "# of 1 sentence that claims something rests on a source",
      other: "# of 1 sentence that claims something rest on a source",
    }),
    other: plural(carried, {
      one: `# of ${claims.length} sentences that claim something rests on a source`,
      other: `# of ${claims.length} sentences that claim something rest on a source`,
    }),
  });
  return loose.length === 0 ? `${all}.` : `${all}; ${loose.join(", ")}.`;
}
