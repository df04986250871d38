import { describe, expect, it } from "vitest";
import type { ConversationMessage } from "../api/words";
import { EMPTY, type State, step } from "./conversation";

const message = (
  id: string,
  from: ConversationMessage["from"] = "assistant",
): ConversationMessage => ({
  id,
  from,
  name: "Assistant",
  body: "30 days. [1]",
  sources: [],
  model: "offline",
  at: "2026-01-31T09:30:00Z",
});

const item = (state: State, item: Parameters<typeof step>[1] & { type: "item" }) =>
  step(state, item);

describe("a conversation", () => {
  it("shows a message once, however often it arrives", () => {
    let state = step(EMPTY, { type: "sent", key: "k", message: message("m", "visitor") });
    state = item(state, {
      type: "item",
      item: { type: "message", message: message("m", "visitor") },
    });
    expect(state.messages).toHaveLength(1);
  });

  it("replaces the pieces of a message by the whole one", () => {
    let state = EMPTY;
    for (const text of ["30 ", "days"]) {
      state = step(state, { type: "item", item: { type: "delta", message_id: "m", text } });
    }
    expect(state.draft?.text).toBe("30 days");
    state = step(state, { type: "item", item: { type: "message", message: message("m") } });
    expect(state.draft).toBeUndefined();
    expect(state.messages.map((each) => each.id)).toEqual(["m"]);
    state = step(state, { type: "item", item: { type: "delta", message_id: "m", text: "late" } });
    expect(state.draft).toBeUndefined();
  });

  it("keeps what could not be sent, with the reason, until it is sent again", () => {
    let state = step(EMPTY, { type: "sending", key: "k", body: "hello" });
    state = step(state, { type: "unsent", key: "k", error: "offline" });
    expect(state.outgoing).toEqual([{ key: "k", body: "hello", error: "offline" }]);
    state = step(state, { type: "sending", key: "k", body: "hello" });
    expect(state.outgoing).toEqual([{ key: "k", body: "hello" }]);
    state = step(state, { type: "sent", key: "k", message: message("m", "visitor") });
    expect(state.outgoing).toEqual([]);
  });

  it("stops showing that someone types when the connection is lost", () => {
    const typing = step(EMPTY, { type: "item", item: { type: "typing", on: true } });
    expect(step(typing, { type: "link", lost: true }).typing).toBe(false);
  });
});
