// Which agents work.
import type { AgentView, S } from "../api/words";

type Figures = S["AgentFigures"];

/** Whether it did nothing in a week, and has nothing before it. */
export function isIdle({ at_work, waiting, week }: Figures): boolean {
  return at_work === 0 && waiting === 0 && week.runs === 0 && week.failed === 0;
}

/** Those that work before those that do not; otherwise as they come, so that nothing jumps while one reads. */
export function byWork(agents: readonly AgentView[], figures: readonly Figures[]): AgentView[] {
  const idle = new Set(figures.filter(isIdle).map(({ agent }) => agent));
  return [
    ...agents.filter(({ name }) => !idle.has(name)),
    ...agents.filter(({ name }) => idle.has(name)),
  ];
}
