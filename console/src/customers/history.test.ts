import { expect, test } from "vitest";
import type { Event, EventBody, Ticket } from "../api/words";
import { byMonth, entriesOf } from "./history";

const ticket = { id: "t", number: 40, subject: "A torn seam" } as Ticket;

const events = (...bodies: [at: string, body: EventBody][]): Event[] =>
  bodies.map(([at, body], n) => ({
    id: `${n}`,
    ticket_id: "t",
    version: n + 1,
    position: n + 1,
    actor: { kind: "system" },
    body,
    at,
  }));

const status = (to: "open" | "resolved" | "closed" | "waiting_for_staff"): EventBody => ({
  type: "status_changed",
  status: to,
  reason: "",
});

const opened: EventBody = {
  type: "created",
  channel: "email",
  subject: "A torn seam",
  priority: "normal",
  customer_id: null,
  contact_id: null,
};

test("what says how a ticket went is told, and what only moved it about is not", () => {
  const entries = entriesOf(
    ticket,
    events(
      ["2026-10-01T09:00:00Z", opened],
      ["2026-10-01T09:01:00Z", status("waiting_for_staff")],
      ["2026-10-01T09:02:00Z", { type: "tags_added", tags: ["refund"] }],
      ["2026-10-02T09:00:00Z", status("resolved")],
      ["2026-10-03T09:00:00Z", status("closed")],
      ["2026-11-04T09:00:00Z", status("open")],
      ["2026-11-05T09:00:00Z", { type: "answer_rated", message_id: "m", helpful: false }],
    ),
  );
  expect(entries.map(({ at }) => at.slice(5, 10))).toEqual(["10-01", "10-02", "11-04", "11-05"]);
  expect(entries[0]?.line.text).toBe("Opened by email");
});

test("the latest stands first, over all tickets", () => {
  const other = { ...ticket, id: "u" };
  const months = byMonth([
    ...entriesOf(ticket, events(["2026-10-01T09:00:00Z", opened])),
    ...entriesOf(
      other,
      events(["2026-11-02T09:00:00Z", opened], ["2026-11-03T09:00:00Z", status("resolved")]),
    ),
  ]);
  expect(
    months.map(({ month, entries }) => [month, entries.map(({ at }) => at.slice(8, 10))]),
  ).toEqual([
    ["November 2026", ["03", "02"]],
    ["October 2026", ["01"]],
  ]);
});
