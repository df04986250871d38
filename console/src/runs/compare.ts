// Two journals beside each other: what both did in the same order stands in one line.
import { t } from "@lingui/core/macro";
import { diffArrays } from "diff";
import type { Step } from "../api/words";
import { sentenceOf } from "./story";

export interface Pair {
  left?: Step;
  right?: Step;
  /** Both did it, and it came out the same. */
  same: boolean;
}

/** What a step did, without what differs from run to run by itself. */
function did(step: Step): string {
  const { body } = step;
  if (body.type === "tool" || body.type === "proposed") return `${body.type} ${body.call.tool}`;
  return body.type === "model" ? t`model ${body.purpose}` : body.type;
}

function isSame(left: Step, right: Step): boolean {
  const [a, b] = [sentenceOf(left.body), sentenceOf(right.body)];
  return a.title === b.title && a.detail === b.detail;
}

export function pairs(left: readonly Step[], right: readonly Step[]): Pair[] {
  const lines: Pair[] = [];
  let [l, r] = [0, 0];
  for (const part of diffArrays(left.map(did), right.map(did))) {
    for (let n = 0; n < (part.count ?? 0); n += 1) {
      if (part.removed) lines.push({ left: left[l++], same: false });
      else if (part.added) lines.push({ right: right[r++], same: false });
      else {
        const [one, other] = [left[l++], right[r++]];
        if (one && other) lines.push({ left: one, right: other, same: isSame(one, other) });
      }
    }
  }
  return lines;
}
