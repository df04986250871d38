import { describe, expect, it } from "vitest";
import type { Actor, Event, EventBody } from "../api/words";
import { opening, summaryOf } from "./summary";

const customer: Actor = { kind: "customer", contact_id: null, name: "Mira" };
let version = 0;
const event = (body: EventBody): Event => ({
  id: `e${++version}`,
  ticket_id: "t",
  version,
  position: version,
  actor: { kind: "system" },
  body,
  at: "2026-01-31T09:30:00Z",
});
const said = (author: Actor, body: string) =>
  event({
    type: "message_added",
    message: { id: `m${version}`, author, visibility: "public", body, at: "2026-01-31T09:30:00Z" },
  });
const settled = (summary: string, status = "succeeded") =>
  event({ type: "effect_settled", effect_id: "f", run_id: "r", tool: "t", status, summary });
const agent: Actor = { kind: "agent", agent: "resolution", run_id: "r" };
const talk = (n: number) => Array.from({ length: n }, () => said(agent, "We look into it."));

describe("a long ticket in short", () => {
  it("is made of its own words", () => {
    const events = [
      said(customer, "The tent is torn. I want my money back. It rained."),
      ...talk(6),
      settled("Refunded 349.00 EUR"),
      settled("Refunded 349.00 EUR"),
      settled("Cancelled the parcel", "failed"),
      event({
        type: "approval_requested",
        approval_id: "a",
        run_id: "r",
        tool: "x",
        title: "Refund 1 EUR",
      }),
      event({
        type: "approval_requested",
        approval_id: "b",
        run_id: "r",
        tool: "x",
        title: "Cancel it",
      }),
      event({
        type: "approval_decided",
        approval_id: "a",
        run_id: "r",
        tool: "x",
        status: "approved",
        by: null,
      }),
      said(customer, "Where is it?"),
    ];
    expect(summaryOf(events)).toEqual({
      asked: "The tent is torn. I want my money back. …",
      latest: "Where is it?",
      done: ["Refunded 349.00 EUR"],
      agent: undefined,
      waits: ["Cancel it"],
    });
  });

  it("is not made of what is short, or of what no customer wrote", () => {
    expect(summaryOf([said(customer, "Hello"), ...talk(3)])).toBeUndefined();
    expect(summaryOf(talk(20))).toBeUndefined();
  });

  it("cuts between words, and text without any all the same", () => {
    const cut = opening(`${"long ".repeat(100)}.`);
    expect(cut.endsWith("long …")).toBe(true);
    expect(cut.length).toBeLessThan(290);
    expect(opening("x".repeat(1000)).length).toBeLessThan(290);
    expect(opening("  Short.\n")).toBe("Short.");
  });
});
