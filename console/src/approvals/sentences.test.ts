import { describe, expect, it } from "vitest";
import type { FootingPart, FootingSentence } from "../api/words";
import { sentencesOf, shortened, sourceTitle, standing } from "./sentences";

const sentence = (
  start: number,
  end: number,
  stands: FootingSentence["stands"] = "carried",
): FootingSentence => ({ start, end, stands, at: null });

describe("what a reply rests on", () => {
  it("is cut at characters, whatever units they take, and keeps the whole text", () => {
    const text = "🙂 Eins. Zwei.";
    const parts = sentencesOf(text, [sentence(2, 7), sentence(8, 13)]);
    expect(parts.map(({ at, length }) => text.slice(at, at + length))).toEqual([
      "🙂 ",
      "Eins.",
      " ",
      "Zwei.",
    ]);
    expect(parts.map(({ number }) => number)).toEqual([undefined, 0, undefined, 1]);
  });

  it("passes over sentences that do not fit the text", () => {
    const parts = sentencesOf("Eins.", [
      sentence(0, 9),
      sentence(3, 3),
      sentence(0, 5),
      sentence(2, 4),
    ]);
    expect(parts).toEqual([{ at: 0, length: 5, number: 2 }]);
  });

  it("is told in words with what is loose", () => {
    expect(standing([sentence(0, 1, "claims_nothing")])).toContain("claims nothing");
    expect(standing([sentence(0, 1)])).toBe(
      "1 of 1 sentence that claims something rests on a source.",
    );
    expect(standing([sentence(0, 1), sentence(1, 2), sentence(2, 3, "stray")])).toBe(
      "2 of 3 sentences that claim something rest on a source; 1 sentence without a source (dotted line).",
    );
  });

  it("shows marked pieces whole, and of the others what stands beside them", () => {
    const long = "abcdefghij".repeat(40);
    const piece = (text: string, sentences: number[] = []) => ({ text, sentences, span: null });
    const pieces = [piece(long), piece(long, [1]), piece("short"), piece(long)];
    expect(shortened(pieces, 0)).toMatch(/^… .*j$/);
    expect(shortened(pieces, 1)).toBe(long);
    expect(shortened(pieces, 2)).toBe("short");
    expect(shortened(pieces, 3)).toMatch(/^a.* …$/);
  });

  it("names what it is from", () => {
    const of = (kind: FootingPart["kind"], title: string): FootingPart => ({
      kind,
      title,
      document_id: null,
      document_version: null,
      number: null,
      pieces: [],
    });
    expect(sourceTitle(of("passage", "Returns"))).toBe("Returns");
    expect(sourceTitle(of("record", "shop__get_order"))).toBe("Record of Get order");
    expect(sourceTitle(of("record", ""))).toBe("What was told in this run");
  });
});
