import { expect, it } from "vitest";
import { bytesOf, cutAt, highlighted } from "./bytes";

it("cuts at bytes, not at characters", () => {
  expect(bytesOf("Rückgabe €5")).toBe(14);
  expect(cutAt("Rückgabe €5", [1, 3])).toEqual(["R", "ü", "ckgabe €5"]);
});

it("stays within the text", () => {
  expect(cutAt("abc", [-4, 99])).toEqual(["", "abc", ""]);
});

it("says which pieces are highlighted", () => {
  expect(
    highlighted("Größe M passt", [
      { start: 8, end: 9 },
      { start: 0, end: 7 },
    ]),
  ).toEqual([
    { text: "Größe", on: true },
    { text: " ", on: false },
    { text: "M", on: true },
    { text: " passt", on: false },
  ]);
});

it("joins highlights that touch and leaves out empty ones", () => {
  expect(
    highlighted("abcdef", [
      { start: 0, end: 2 },
      { start: 1, end: 4 },
      { start: 5, end: 5 },
    ]),
  ).toEqual([
    { text: "abcd", on: true },
    { text: "ef", on: false },
  ]);
});
