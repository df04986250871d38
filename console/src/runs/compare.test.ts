import { expect, test } from "vitest";
import type { Step } from "../api/words";
import { pairs } from "./compare";

let seq = 0;
const step = (body: object) => ({ seq: seq++, body }) as unknown as Step;
const call = (tool: string, outcome: object = { type: "ok", content: {} }) =>
  step({ type: "tool", call: { id: "c", tool, args: {} }, outcome });

test("what both did stands in one line, and what came out differently is told", () => {
  const started = () => step({ type: "started" });
  const lines = pairs(
    [started(), call("get_order"), call("refund"), call("reply")],
    [started(), call("refund", { type: "failed", error: "no money" }), call("reply")],
  );
  expect(lines.map(({ left, right, same }) => [Boolean(left), Boolean(right), same])).toEqual([
    [true, true, true],
    [true, false, false],
    [true, true, false],
    [true, true, true],
  ]);
});

test("every step of both stands somewhere, in its order", () => {
  const left = [call("a"), call("b"), call("a")];
  const right = [call("b"), call("b"), call("a"), call("c")];
  const lines = pairs(left, right);
  expect(lines.flatMap((line) => line.left ?? [])).toEqual(left);
  expect(lines.flatMap((line) => line.right ?? [])).toEqual(right);
  expect(pairs([], [])).toEqual([]);
});
