import { expect, test } from "vitest";
import type { Step } from "../api/words";
import { beginning, borderText, isOpen, type PromptMessage, standing } from "./given";
import { asksModel } from "./story";

const step = (body: Step["body"], prompt: string | null = null): Step => ({
  seq: 1,
  body,
  input_digest: null,
  usage: { tokens_in: 0, tokens_out: 0, cost_micros: 0 },
  prompt,
  model: null,
  started_at: "2026-11-23T08:00:00Z",
  finished_at: "2026-11-23T08:00:01Z",
});

const message = (role: PromptMessage["role"], text: string): PromptMessage => ({
  role,
  parts: text ? [{ voice: "house", text }] : [],
});

test("steps that asked a model can tell what it was given, and no others", () => {
  expect(
    asksModel(step({ type: "unusable", purpose: "a.b", response: null, why: "no JSON" })),
  ).toBe(true);
  expect(asksModel(step({ type: "failed", what: "model", error: "away" }))).toBe(true);
  expect(asksModel(step({ type: "failed", what: "shop__refund", error: "away" }))).toBe(false);
  const checked: Step["body"] = { type: "checked", anchor: 0, opinions: [] };
  expect(asksModel(step(checked, "grounding/check@1"))).toBe(true);
  expect(asksModel(step(checked))).toBe(false);
  expect(asksModel(step({ type: "woken", name: "a day" }))).toBe(false);
});

test("only a digest that is the journal's is told as what the model was given", () => {
  expect(standing({ is: "same" }).tone).toBe("green");
  const changed = [
    standing({ is: "prompt", was: "resolution/system@1", now: "resolution/system@2" }),
    standing({ is: "redacted", at: "2026-11-23T08:00:00Z" }),
    standing({ is: "other", missing: [] }),
    standing({ is: "instead", now: "calls of escalate" }),
    standing({ is: "unproven" }),
  ];
  for (const { tone, title } of changed) {
    expect(tone).toBe("amber");
    expect(title).not.toBe("This is what the model was given");
  }
  expect(changed[0]?.detail).toBe(
    "It was resolution/system@1 then and is resolution/system@2 now. This is what the model would be given today.",
  );
  expect(standing({ is: "other", missing: ["the tool `a`"] }).detail).toContain(
    "The service does not have the tool `a` now.",
  );
});

test("what crossed the border is told by how many values it left behind", () => {
  expect(borderText({ is: "masked", placeholders: 0 })).toContain("replace nothing");
  expect(borderText({ is: "masked", placeholders: 1 })).toContain("1 value stands");
  expect(borderText({ is: "masked", placeholders: 3 })).toContain("3 values stand");
  expect(borderText({ is: "refused", why: "It has an email." })).toContain("It has an email.");
});

test("a closed message is told by its first words, and not by the marks around them", () => {
  const asked =
    '<customer_message n=1 at="2026" from="Alex">\nMy seam is torn.\n</customer_message>';
  expect(beginning(message("user", asked))).toBe("My seam is torn.");
  expect(beginning(message("user", "x".repeat(100)), 10)).toBe(`${"x".repeat(10)}…`);
  expect(beginning(message("user", "<house_note>Reply again.</house_note>"))).toBe(
    "<house_note>Reply again.</house_note>",
  );
  const calls = [{ id: "c1", tool: "search_knowledge", args: {} }];
  expect(beginning({ ...message("assistant", ""), calls })).toBe("search_knowledge");
});

test("results of tools and long prompts are closed until somebody wants them", () => {
  expect(isOpen(message("tool", "{}"))).toBe(false);
  expect(isOpen(message("system", "x".repeat(5000)))).toBe(false);
  expect(isOpen(message("user", "Hi"))).toBe(true);
});
