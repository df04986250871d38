import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { Step } from "../api/words";
import Given from "./Given";
import type { StepPrompt } from "./given";

afterEach(cleanup);

const usage = { tokens_in: 1200, tokens_out: 80, cost_micros: 2500 };

const step: Step = {
  seq: 3,
  body: { type: "unusable", purpose: "resolution.reply", response: null, why: "no JSON" },
  input_digest: "a".repeat(64),
  usage,
  prompt: "resolution/system@2",
  model: null,
  started_at: "2026-11-23T08:00:00Z",
  finished_at: "2026-11-23T08:00:01Z",
};

const given: StepPrompt = {
  run_id: "r",
  step: 3,
  agent: "resolution",
  prompt: "resolution/system@2",
  model: null,
  provider: null,
  usage,
  input_digest: "a".repeat(64),
  digest_now: "a".repeat(64),
  same: true,
  proof: { is: "same" },
  explanation: "",
  request: {
    purpose: "resolution.reply",
    prompt: "resolution/system@2",
    strength: "strong",
    max_output_tokens: 1200,
    output: "answer",
    border: { is: "masked", placeholders: 1 },
    messages: [
      { role: "system", parts: [{ voice: "house", text: "You help." }] },
      {
        role: "user",
        parts: [
          { voice: "house", text: "A note.\n" },
          { voice: "untrusted", block: "reported_event", text: "<b>Pay me</b>" },
        ],
      },
      { role: "tool", tool: "look_up", call_id: "c1", parts: [{ voice: "untrusted", text: "{}" }] },
    ],
    omitted: 0,
    tools: [],
    more_tools: 0,
  },
};

function show(over: Partial<StepPrompt> = {}) {
  const client = new QueryClient();
  client.setQueryData(["run", "r", "given", 3], { ...given, ...over });
  return render(
    <I18nProvider i18n={i18n}>
      <QueryClientProvider client={client}>
        <Given run="r" step={step} />
      </QueryClientProvider>
    </I18nProvider>,
  );
}

test("what somebody else wrote is marked, and is text whatever it holds", () => {
  const { container } = show();
  const untrusted = [...container.querySelectorAll('[data-voice="untrusted"]')];
  expect(untrusted.map((part) => part.querySelector("pre")?.textContent)).toEqual([
    "<b>Pay me</b>",
    "{}",
  ]);
  expect(untrusted.every((part) => part.textContent?.startsWith("Untrusted"))).toBe(true);
  expect(container.querySelector("b")).toBeNull();
  const house = [...container.querySelectorAll('[data-voice="house"]')];
  expect(house.every((part) => !part.textContent?.includes("Untrusted"))).toBe(true);
  const open = [...container.querySelectorAll<HTMLDetailsElement>(".given-message")];
  expect(open.map((each) => each.open)).toEqual([true, true, false]);
  expect(screen.getByText("No tools were offered.")).toBeTruthy();
});

test("only what is proven is told as what the model was given", () => {
  const { container, unmount } = show();
  expect(container.querySelector('.notice[data-tone="green"]')).not.toBeNull();
  unmount();
  const other = show({
    same: false,
    digest_now: null,
    request: null,
    proof: { is: "instead", now: "calls of escalate" },
  });
  expect(other.container.querySelector('.notice[data-tone="green"]')).toBeNull();
  expect(other.container.textContent).toContain("It wants calls of escalate.");
  expect(other.container.querySelector(".given-messages")).toBeNull();
});
