import { describe, expect, it } from "vitest";
import type { Actor, EventBody } from "../api/words";
import { lineOf } from "./timeline";

const system: Actor = { kind: "system" };
const robin: Actor = { kind: "user", user_id: "u", name: "Robin" };

describe("the timeline", () => {
  it("leaves messages to the conversation", () => {
    const body = { type: "message_added", message: {} } as EventBody;
    expect(lineOf(body, system)).toBeUndefined();
  });

  it("says what a customer made of an answer", () => {
    const alex: Actor = { kind: "customer", contact_id: null, name: "Alex" };
    const said = (helpful: boolean) =>
      lineOf({ type: "answer_rated", message_id: "m", helpful }, alex);
    expect(said(true)?.text).toBe("Alex found an answer helpful");
    expect(said(false)).toMatchObject({ text: "Alex found an answer not helpful", strong: true });
  });

  it("says how a call on paper compared", () => {
    const said = (same: boolean, by: Actor) =>
      lineOf(
        { type: "paper_compared", paper_id: "p", run_id: "r", tool: "shop__refund", same },
        by,
      );
    expect(said(true, system)?.text).toBe("The reply has the same words as the one on paper");
    expect(said(false, system)?.text).toBe("The reply has other words than the one on paper");
    expect(said(false, robin)?.text).toBe(
      "Robin did something else than the agent on paper: refund",
    );
  });

  it("makes a proposal that waits stand out and links to it", () => {
    const line = lineOf(
      {
        type: "approval_requested",
        approval_id: "a",
        run_id: "r",
        tool: "shop__refund_order",
        title: "Refund 349.00 EUR",
      },
      system,
    );
    expect(line).toMatchObject({ approvalId: "a", strong: true });
    expect(line?.text).toContain("Refund 349.00 EUR");
  });

  it("says which words called for a person", () => {
    const line = lineOf(
      {
        type: "escalated",
        reason: "the customer speaks of the law: “my lawyer”",
        summary: "",
        triggers: [{ kind: "legal", phrase: "my lawyer", language: "en" }],
      },
      system,
    );
    expect(line).toMatchObject({ icon: "hand", strong: true });
    expect(line?.text).toBe(
      "A person is wanted, by rule: the customer speaks of the law: “my lawyer”",
    );
  });

  it("keeps what was handed over apart from the reason", () => {
    const line = lineOf(
      { type: "escalated", reason: "no article answers", summary: "Why: no article answers" },
      system,
    );
    expect(line?.detail).toBeUndefined();
    expect(line?.handed).toEqual({
      summary: "Why: no article answers",
      reason: "no article answers",
    });
  });

  it("names the person who decided", () => {
    const line = lineOf(
      {
        type: "approval_decided",
        approval_id: "a",
        run_id: "r",
        tool: "shop__refund_order",
        status: "approved",
        by: "u",
      },
      robin,
    );
    expect(line?.text).toBe("Robin: approved, refund order");
  });

  it("shows an effect that failed as something not to overlook", () => {
    const body: EventBody = {
      type: "effect_settled",
      effect_id: "e",
      run_id: "r",
      tool: "shop__refund_order",
      status: "failed",
      summary: "",
    };
    expect(lineOf(body, system)).toMatchObject({ text: "Refund order: failed", strong: true });
  });
});
