// How evaluations read to people.
import { t } from "@lingui/core/macro";
import type { S } from "../api/words";
import type { BadgeTone } from "../parts/Badge";
import { tags } from "../text/language";

/** A share from 0 to 1 with a tenth, for what is compared: `97.5 %`. */
export function share(value: number): string {
  const digits = { minimumFractionDigits: 1, maximumFractionDigits: 1 };
  return t`${(value * 100).toLocaleString(tags(), digits)} %`;
}

export function interval({ low, high }: S["Interval"]): string {
  return t`${share(low)} to ${share(high)}`;
}

export function changeWords(change: S["CaseChange"]): { tone: BadgeTone; text: string } {
  switch (change) {
    case "gained":
      return { tone: "green", text: t`Gained` };
    case "lost":
      return { tone: "red", text: t`Lost` };
    case "added":
      return { tone: "blue", text: t`New` };
  }
}

/** What a trend says, in one sentence. */
export function trendWords(trend: readonly { share: number }[]): string {
  const first = trend[0];
  const last = trend.at(-1);
  if (!first || !last) return t`Nothing yet`;
  if (trend.length === 1) return t`${share(last.share)}, once`;
  return t`From ${share(first.share)} to ${share(last.share)} in ${trend.length} evaluations`;
}
