// Deciding many: in parts of what the service takes at once. What was decided is told whatever becomes of the rest.
import { problemOf } from "../api/client";
import type { DecisionKind, S } from "../api/words";
import type { Queued } from "./queue";

/** As many as the service takes in one request. */
export const AT_ONCE = 50;

/** What became of one. */
export interface Outcome extends Pick<S["DecidedItem"], "approval" | "exercise"> {
  id: string;
  decided: boolean;
  /** Why it was not decided. */
  why?: string;
}

type Items = S["DecideMany"]["items"];

/**
 * Sends `items` part by part. When a part fails it and those after it were not decided, for its reason; only where
 * nothing at all was decided does this fail itself.
 */
export async function decideAll(
  items: readonly Pick<Queued, "id" | "digest">[],
  decision: DecisionKind,
  decide: (items: Items) => Promise<S["DecidedItem"][]>,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE) {
    const part = items.slice(from, from + AT_ONCE);
    try {
      const results = await decide(
        part.map(({ id, digest }) => ({ approval_id: id, digest, decision })),
      );
      outcomes.push(
        ...results.map(({ approval_id, status, approval, exercise, problem }) => ({
          id: approval_id,
          decided: status === "decided",
          approval,
          exercise,
          why: problem?.detail,
        })),
      );
    } catch (error) {
      if (!outcomes.some((each) => each.decided)) throw error;
      const why = problemOf(error).detail;
      const rest = items.slice(from);
      outcomes.push(...rest.map(({ id }) => ({ id, decided: false, approval: null, why })));
      break;
    }
  }
  return outcomes;
}
