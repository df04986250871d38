import { expect, test } from "vitest";
import { addition, looksLikeSitemap, outcome } from "./sources";

const none = {
  pages: 0,
  looked_at: 0,
  added: 0,
  changed: 0,
  unchanged: 0,
  removed: 0,
  rejected: 0,
  error: null,
  notes: [],
};

test("an outcome says what happened and leaves out what did not", () => {
  expect(outcome({ ...none, pages: 12, added: 10, rejected: 2 })).toBe(
    "12 pages: 10 added, 2 left out",
  );
  expect(outcome({ ...none, pages: 1, unchanged: 1 })).toBe("1 page: 1 unchanged");
  expect(outcome(none)).toBe("Nothing was found");
});

test("a form says only what was filled in", () => {
  expect(addition("url", " https://a.example/ ", {})).toEqual({
    kind: "url",
    address: "https://a.example/",
  });
  expect(
    addition("sitemap", "https://a.example/s.xml", {
      layer: "customer",
      customer: "c",
      tags: "tent, , refund ",
      valid_until: "2026-12-31",
    }),
  ).toEqual({
    kind: "sitemap",
    address: "https://a.example/s.xml",
    layer: "customer",
    customer_id: "c",
    tags: ["tent", "refund"],
    valid_until: "2026-12-31",
  });
});

test("a sitemap is known by its address", () => {
  for (const address of ["https://a.example/sitemap.xml", "https://a.example/s.XML.gz?x=1 "]) {
    expect(looksLikeSitemap(address)).toBe(true);
  }
  for (const address of [
    "https://a.example/",
    "https://a.example/xml",
    "https://a.example/a.xmlx",
  ]) {
    expect(looksLikeSitemap(address)).toBe(false);
  }
});
