import { describe, expect, it } from "vitest";
import type { Event, EventBody } from "../api/words";
import { keysOfApproval, mentionOf, reminderOf, staleKeys } from "./live";

const event = (body: EventBody): Event => ({
  id: "e",
  ticket_id: "t",
  version: 2,
  position: 9,
  actor: { kind: "system" },
  body,
  at: "2026-01-31T09:30:00Z",
});

describe("what an event makes stale", () => {
  it("is always its ticket", () => {
    const keys = staleKeys(event({ type: "priority_set", priority: "high" }));
    expect(keys).toContainEqual(["ticket", "t"]);
    expect(keys).not.toContainEqual(["approvals", "counts"]);
  });

  it("is the queue when an approval without a ticket changes", () => {
    expect(keysOfApproval({ approval_id: "a", run_id: "r" })).toEqual(
      expect.arrayContaining([
        ["approvals", "counts"],
        ["approval", "a"],
        ["run", "r"],
      ]),
    );
  });

  it("is the queue when something waits for a person or was decided", () => {
    const body: EventBody = {
      type: "approval_decided",
      approval_id: "a",
      run_id: "r",
      tool: "reply",
      status: "approved",
      by: null,
    };
    expect(staleKeys(event(body))).toEqual(
      expect.arrayContaining([
        ["approvals", "counts"],
        ["approval", "a"],
        ["run", "r"],
      ]),
    );
  });
});

describe("a reminder", () => {
  const body: EventBody = {
    type: "approval_reminder",
    approval_id: "a",
    run_id: "r",
    tool: "shop__refund_order",
    title: "Refund 349.00 EUR",
    role: "admin",
  };

  it("is for those who may decide", () => {
    expect(reminderOf(event(body), ["reviewer", "admin"])?.detail).toBe("Refund 349.00 EUR");
    expect(reminderOf(event(body), ["reviewer"])).toBeUndefined();
    expect(reminderOf(event(body), undefined)).toBeUndefined();
  });

  it("is no other event", () => {
    expect(
      reminderOf(event({ type: "priority_set", priority: "high" }), ["owner"]),
    ).toBeUndefined();
  });
});

describe("a note that names somebody", () => {
  const note = (mentions: string[]): EventBody => ({
    type: "message_added",
    message: {
      id: "m",
      author: { kind: "user", user_id: "ada", name: "Ada Ring" },
      visibility: "internal",
      body: "@Bo Lind, please look",
      mentions,
      at: "2026-01-31T09:30:00Z",
    },
  });

  it("is told to them alone, and not to who wrote it", () => {
    expect(mentionOf(event(note(["bo"])), "bo")?.title).toBe("Ada Ring names you in a note");
    expect(mentionOf(event(note(["bo"])), "cy")).toBeUndefined();
    expect(mentionOf(event(note(["ada"])), "ada")).toBeUndefined();
    expect(mentionOf(event(note(["bo"])), undefined)).toBeUndefined();
  });

  it("makes the list of mentions stale", () => {
    expect(staleKeys(event(note(["bo"])))).toContainEqual(["mentions"]);
    expect(staleKeys(event(note([])))).not.toContainEqual(["mentions"]);
  });
});
