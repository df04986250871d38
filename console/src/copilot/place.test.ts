import { expect, test } from "vitest";
import type { ReadSource } from "../api/words";
import { lookingAt, placeOf } from "./place";

const id = "019ab0f4-7c4e-7000-8000-000000000001";

test("pages of one record are about it and others about nothing", () => {
  expect(lookingAt(`/tickets/${id}`)).toEqual({ kind: "ticket", id });
  expect(lookingAt(`/approvals/${id}`)).toEqual({ kind: "approval", id });
  for (const path of [
    "/",
    "/tickets",
    "/runs/compare",
    `/knowledge/documents/${id}`,
    "/tickets/x",
  ]) {
    expect(lookingAt(path)).toBeUndefined();
  }
});

test("a source leads to its page, a list to the list as it was narrowed", () => {
  const source = (more: Partial<ReadSource>): ReadSource => ({
    ref: id,
    kind: "ticket",
    id,
    label: "",
    ...more,
  });
  expect(placeOf(source({}))).toBe(`/tickets/${id}`);
  expect(placeOf(source({ kind: "document" }))).toBe(`/knowledge/documents/${id}`);
  const list = source({ kind: "list", id: "tickets", filter: { status: "open", assigned: "me" } });
  expect(placeOf(list)).toBe("/tickets?status=open");
  expect(placeOf(source({ kind: "list", id: "runs" }))).toBe("/runs");
  expect(placeOf(source({ kind: "list", id: "elsewhere" }))).toBeUndefined();
});
