import { expect, test } from "vitest";
import { Problem } from "../api/client";
import type { S } from "../api/words";
import { AT_ONCE, decideAll } from "./batch";

const items = Array.from({ length: AT_ONCE * 2 + 5 }, (_, n) => ({ id: `${n}`, digest: `d${n}` }));

const decided = (approval_id: string) =>
  ({ approval_id, status: "decided", approval: null, problem: null }) as S["DecidedItem"];

test("many are sent in parts, each with the digest that was shown", async () => {
  const parts: number[] = [];
  const outcomes = await decideAll(items, { type: "approve" }, async (part) => {
    parts.push(part.length);
    expect(part[0]?.digest).toBe(`d${part[0]?.approval_id}`);
    return part.map((each) => decided(each.approval_id));
  });
  expect(parts).toEqual([50, 50, 5]);
  expect(outcomes.filter((each) => each.decided)).toHaveLength(items.length);
});

test("what was decided before a part failed is told, and the rest says why it was not", async () => {
  let parts = 0;
  const outcomes = await decideAll(items, { type: "approve" }, async (part) => {
    parts += 1;
    if (parts === 2) throw new Problem(503, "Not available", "the database is away");
    return part.map((each) => decided(each.approval_id));
  });
  expect(parts).toBe(2);
  expect(outcomes.map((each) => each.id)).toEqual(items.map((each) => each.id));
  expect(outcomes.filter((each) => each.decided)).toHaveLength(50);
  expect(new Set(outcomes.slice(50).map((each) => each.why))).toEqual(
    new Set(["the database is away"]),
  );
});

test("where nothing was decided the failure itself is told", async () => {
  const away = new Problem(503, "Not available", "the database is away");
  await expect(decideAll(items, { type: "approve" }, () => Promise.reject(away))).rejects.toBe(
    away,
  );
});
