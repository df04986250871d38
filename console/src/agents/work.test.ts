import { expect, test } from "vitest";
import type { AgentView, S } from "../api/words";
import { byWork, isIdle } from "./work";

const none: S["AgentPeriod"] = {
  runs: 0,
  answered: 0,
  done: 0,
  nothing: 0,
  confidence: null,
  resolved: 0,
  reopened: 0,
  asked: 0,
  handed_off: 0,
  failed: 0,
  cost_micros: 0,
  calls: 0,
};
const figures = (agent: string, change: Partial<S["AgentFigures"]> = {}): S["AgentFigures"] => ({
  agent,
  at_work: 0,
  waiting: 0,
  today: none,
  week: none,
  ...change,
});

test("who did nothing in a week and has nothing before it is idle", () => {
  expect(isIdle(figures("copilot"))).toBe(true);
  expect(isIdle(figures("copilot", { waiting: 1 }))).toBe(false);
  expect(isIdle(figures("copilot", { week: { ...none, failed: 1 } }))).toBe(false);
});

test("agents that work come before those that do not", () => {
  const named = (name: string) => ({ name }) as AgentView;
  const shown = byWork(["article", "copilot", "errand", "resolution"].map(named), [
    figures("article"),
    figures("copilot", { at_work: 1 }),
    figures("errand"),
    figures("resolution", { waiting: 5 }),
  ]);
  expect(shown.map(({ name }) => name)).toEqual(["copilot", "resolution", "article", "errand"]);
});
