import { beforeEach, describe, expect, it } from "vitest";
import { forget, had, held, keep, lasts, withStarted } from "./held";

const started = (id: string) => ({
  conversation_id: id,
  token: `cv_${id}`,
  token_expires_at: "2026-03-01T00:00:00Z",
  ticket_number: 7,
});
const NOW = Date.parse("2026-02-01T00:00:00Z");

describe("conversations of this browser", () => {
  beforeEach(() => {
    had.set([]);
    held.set(null);
  });

  it("are listed newest first, by their first line, each once", () => {
    let list = withStarted([], started("a"), "  My tent\nleaks  ", NOW);
    list = withStarted(list, started("b"), "Refund", NOW);
    list = withStarted(list, started("a"), "My tent", NOW);
    expect(list.map((each) => [each.id, each.subject])).toEqual([
      ["a", "My tent"],
      ["b", "Refund"],
    ]);
  });

  it("leave the list when their token has run out, and never grow beyond fifty", () => {
    let list = withStarted([], started("old"), "Old", NOW);
    list = withStarted(list, started("new"), "New", Date.parse("2026-03-02T00:00:00Z"));
    expect(list.map((each) => each.id)).toEqual(["new"]);
    for (let at = 0; at < 80; at += 1) list = withStarted(list, started(`${at}`), "x", NOW);
    expect(list).toHaveLength(50);
  });

  it("are forgotten when the service says that the token opens nothing", () => {
    keep(started("a"), "Hello");
    expect(held.get()?.token).toBe("cv_a");
    forget("a");
    expect(held.get()).toBeNull();
    expect(had.get()).toEqual([]);
  });

  it("last as long as their token", () => {
    expect(lasts({ id: "a", token: "t", until: "2026-01-01T00:00:00Z" }, NOW)).toBe(false);
    expect(lasts({ id: "a", token: "t" }, NOW)).toBe(true);
  });
});

/** What another tab writes, and tells this one. */
function elsewhere(key: string, value: unknown): void {
  localStorage.setItem(key, JSON.stringify(value));
  window.dispatchEvent(new StorageEvent("storage", { key }));
}

describe("conversations in two tabs", () => {
  const lasting = (id: string) => ({ ...started(id), token_expires_at: "2999-01-01T00:00:00Z" });

  beforeEach(() => {
    had.set([]);
    held.set(null);
  });

  it("are all remembered", () => {
    keep(lasting("mine"), "Where is my parcel?");
    const [mine] = had.get();
    elsewhere("countersign.conversations", [{ ...mine, id: "theirs" }, mine]);
    keep(lasting("another"), "And my tent?");
    expect(had.get().map((each) => each.id)).toEqual(["another", "theirs", "mine"]);
  });

  it("are each tab's own while they go on", () => {
    keep(lasting("mine"), "Where is my parcel?");
    elsewhere("countersign.conversation", { id: "theirs", token: "token of theirs" });
    expect(held.get()?.id).toBe("mine");
    const kept: unknown = JSON.parse(sessionStorage.getItem("countersign.conversation") ?? "null");
    expect(kept).toMatchObject({ id: "mine" });
  });
});
