// What an answer rests on, once each, and the numbers its sentences name them by.
import type { Answered, SentenceCitation } from "../api/words";

export interface Numbered {
  sources: SentenceCitation[];
  /** For each sentence, the places of its sources in `sources`. */
  marks: number[][];
}

export function numbered(sentences: Answered["sentences"]): Numbered {
  const sources: SentenceCitation[] = [];
  const marks = sentences.map((sentence) => {
    const places = sentence.citations.map((citation) => {
      const known = sources.findIndex(
        (each) => each.chunk_id === citation.chunk_id && each.quote === citation.quote,
      );
      return known >= 0 ? known : sources.push(citation) - 1;
    });
    return [...new Set(places)];
  });
  return { sources, marks };
}
