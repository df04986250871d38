import { expect, test } from "vitest";
import type { Ticket } from "../api/words";
import { monthOf, opensOf } from "./tickets";

const ticket = (created_at: string, status: Ticket["status"] = "open") =>
  ({ id: created_at, created_at, status }) as Ticket;

test("tickets stand under the month they were opened in, the latest first", () => {
  const months = monthOf([
    ticket("2026-09-30T23:59:00Z"),
    ticket("2026-11-02T10:00:00Z"),
    ticket("2026-11-20T10:00:00Z"),
  ]);
  expect(months.map(({ month, tickets }) => [month, tickets.length])).toEqual([
    ["November 2026", 2],
    ["September 2026", 1],
  ]);
  expect(months[0]?.tickets[0]?.created_at).toBe("2026-11-20T10:00:00Z");
  expect(monthOf([])).toEqual([]);
});

test("what is resolved is not open", () => {
  expect(opensOf([ticket("2026-11-02T10:00:00Z", "resolved")])).toBe("1 ticket, none open");
  expect(opensOf([ticket("a"), ticket("b", "closed"), ticket("c", "waiting_for_staff")])).toBe(
    "3 tickets, 2 open",
  );
});
