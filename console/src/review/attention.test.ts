import { expect, test } from "vitest";
import { evidenceMark, Stopwatch } from "./attention";

test("only time that counts is counted", () => {
  const watch = new Stopwatch();
  expect(watch.read(50)).toBe(0);
  watch.run(true, 100);
  expect(watch.read(400)).toBe(300);
  watch.run(false, 500);
  expect(watch.read(9_000)).toBe(400);
  watch.run(true, 10_000);
  watch.run(true, 10_100);
  expect(watch.read(10_200)).toBe(600);
});

test("a clock that goes back takes nothing away", () => {
  const watch = new Stopwatch();
  watch.run(true, 1_000);
  expect(watch.read(900)).toBe(0);
});

test("a piece without a place among the citations is not marked", () => {
  expect(evidenceMark(0)).toEqual({ "data-evidence": "0" });
  expect(evidenceMark(null)).toBeUndefined();
});
