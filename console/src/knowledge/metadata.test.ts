import { expect, it } from "vitest";
import type { DocumentItem, VersionItem } from "../api/words";
import { differing, fits, validity, valuesOf, withFrontMatter } from "./metadata";

const document: DocumentItem = {
  id: "d",
  slug: "returns-and-refunds",
  title: "Rückgabe: “30 days”",
  layer: "company",
  customer_id: null,
  visibility: "internal",
  locale: "de-CH",
  brand: null,
  category: "orders",
  tags: ["tent", "refund"],
  valid_from: null,
  valid_until: null,
  template: null,
  version: 3,
  digest: "0",
  created_at: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-02T00:00:00Z",
};

it("finds a document by every word of the filter, whatever its accents", () => {
  expect(fits(document, { q: "ruckgabe TENT" })).toBe(true);
  expect(fits(document, { q: "rückgabe kayak" })).toBe(false);
  expect(fits(document, { visibility: "public" })).toBe(false);
  expect(fits(document, { category: "orders", locale: "de-CH", layer: "company" })).toBe(true);
});

it("lists each value once", () => {
  expect(valuesOf([document, { ...document, category: "" }, document], (d) => d.category)).toEqual([
    "orders",
  ]);
});

it("says when a document is valid", () => {
  const now = Date.parse("2026-06-01T00:00:00Z");
  expect(validity(document, now)).toBe("valid");
  expect(validity({ valid_from: "2026-07-01T00:00:00Z", valid_until: null }, now)).toBe("later");
  expect(validity({ valid_from: null, valid_until: "2026-06-01T00:00:00Z" }, now)).toBe("over");
});

it("keeps an internal document internal when its text is edited", () => {
  const text = withFrontMatter({ ...document, body: "# Rückgabe" });
  expect(text).toBe(
    [
      "---",
      'title: "Rückgabe: “30 days”"',
      "visibility: internal",
      'locale: "de-CH"',
      "category: orders",
      'tags: ["tent","refund"]',
      "---",
      "",
      "# Rückgabe",
      "",
    ].join("\n"),
  );
});

it("quotes what YAML would take for something else", () => {
  const text = withFrontMatter({ ...document, title: "No", category: "3", body: "x" });
  expect(text).toContain('title: "No"');
  expect(text).toContain('category: "3"');
});

it("names what changed besides the text", () => {
  const { id: _, updated_at: __, ...rest } = document;
  const version = (over: Partial<VersionItem>): VersionItem => ({
    ...rest,
    created_by: { kind: "system" },
    ...over,
  });
  expect(
    differing(version({ visibility: "public" }), version({ tags: ["tent"], version: 4 })),
  ).toEqual([
    { name: "Visibility", before: "public", after: "internal" },
    { name: "Tags", before: "tent, refund", after: "tent" },
  ]);
});
