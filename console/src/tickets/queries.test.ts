import { expect, test } from "vitest";
import type { Event } from "../api/words";
import { endOf } from "./queries";

const all = Array.from({ length: 25 }, (_, n) => ({ version: n + 1 }) as Event);

/** Ten at once, from the beginning, like the service. */
const read = async (cursor: string | undefined) => {
  const from = Number(cursor ?? 0);
  const items = all.slice(from, from + 10);
  return { items, next_cursor: from + 10 < all.length ? String(from + 10) : null };
};

test("of a long timeline the end is shown, and that there was more", async () => {
  const { events, cut } = await endOf(read, 12);
  expect(events.map((each) => each.version)).toEqual(all.slice(-12).map((each) => each.version));
  expect(cut).toBe(true);
});

test("a timeline that is not too long is whole", async () => {
  expect(await endOf(read, 25)).toEqual({ events: all, cut: false });
});
