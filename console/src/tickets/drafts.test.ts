import { act, renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import { useDraft } from "./drafts";

const draftOf = (userId: string, ticketId: string) =>
  renderHook(() => useDraft(userId, ticketId, "public"));

test("what was written on a ticket waits there, and is on no other", () => {
  const first = draftOf("robin", "a");
  act(() => first.result.current.change({ body: "Hello", visibility: "internal" }));
  first.unmount();
  expect(draftOf("robin", "b").result.current.draft.body).toBe("");
  const { draft } = draftOf("robin", "a").result.current;
  expect([draft.body, draft.visibility]).toEqual(["Hello", "internal"]);
});

test("whoever signs in next finds nothing of it", () => {
  const first = draftOf("robin", "c");
  act(() => first.result.current.change({ body: "Hello" }));
  expect(draftOf("noor", "c").result.current.draft.body).toBe("");
});

test("one text has one key, and what was written since it was sent stays", () => {
  const { result } = draftOf("robin", "d");
  act(() => result.current.change({ body: "One" }));
  const { key } = result.current.draft;
  act(() => result.current.change({ body: "One and two" }));
  expect(result.current.draft.key).not.toBe(key);
  act(() => result.current.sent("One"));
  expect(result.current.draft.body).toBe("One and two");
  act(() => result.current.sent("One and two"));
  expect(result.current.draft.body).toBe("");
});

test("a message that was sent while another ticket was looked at is not there any more", () => {
  const first = draftOf("robin", "e");
  act(() => first.result.current.change({ body: "On its way" }));
  const { sent } = first.result.current;
  first.unmount();
  const again = draftOf("robin", "e");
  expect(again.result.current.draft.body).toBe("On its way");
  act(() => sent("On its way"));
  expect(again.result.current.draft.body).toBe("");
});
