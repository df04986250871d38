import { expect, it } from "vitest";
import type { SentenceCitation } from "../api/words";
import { numbered } from "./asking";

const cited = (chunk_id: string, quote: string): SentenceCitation => ({
  chunk_id,
  document_id: "d",
  document_version: 1,
  slug: "returns",
  title: "Returns",
  span: { start: 0, end: 1 },
  quote,
});

it("numbers each source once, in the order the sentences name them", () => {
  const { sources, marks } = numbered([
    { text: "A.", support: 1, citations: [cited("1", "a"), cited("2", "b")] },
    { text: "B.", support: 1, citations: [cited("2", "b"), cited("1", "other words")] },
    { text: "C.", support: 1, citations: [] },
  ]);
  expect(sources.map((each) => each.quote)).toEqual(["a", "b", "other words"]);
  expect(marks).toEqual([[0, 1], [1, 2], []]);
});
