// Limits in words.
import { plural, t } from "@lingui/core/macro";
import type { LimitUse, S } from "../api/words";

export function scopeWords(scope: S["Scope"]): string {
  switch (scope.kind) {
    case "workspace":
      return t`the workspace`;
    case "agent":
      return t`the agent ${scope.name}`;
    case "tool":
      return t`the tool ${scope.name}`;
  }
}

/** Credits, from millionths, to as many digits as say something. */
export function creditsOf(micros: number): string {
  const value = micros / 1_000_000;
  const digits = value >= 100 ? 0 : value >= 1 ? 2 : 4;
  return micros > 0 && value < 0.0001 ? "< 0.0001" : Number(value.toFixed(digits)).toString();
}

export function amountWords(unit: LimitUse["unit"], amount: number): string {
  if (unit === "credits") {
    const credits = creditsOf(amount);
    return credits === "1" ? t`1 credit` : t`${credits} credits`;
  }
  return unit === "runs"
    ? plural(amount, { one: "# run", other: "# runs" })
    : plural(amount, { one: "# mail", other: "# mails" });
}

/** `8.25 of 10 credits`, and without a ceiling `8.25 credits`. */
export function useWords({ unit, used, most }: LimitUse): string {
  if (most === null || most === undefined) return amountWords(unit, used);
  const amount = unit === "credits" ? creditsOf(used) : used.toString();
  return t`${amount} of ${amountWords(unit, most)}`;
}

export function isFull(item: LimitUse): boolean {
  return item.standing === "exhausted";
}

/** How much of it is in use or set aside, in hundredths for a bar. */
export function shareOf({ used, reserved, most }: LimitUse): number {
  if (!most) return 0;
  return Math.min(100, Math.round(((used + reserved) / most) * 100));
}
