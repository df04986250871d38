// Figures of reviewing, in words.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import type { S } from "../api/words";
import { percent } from "../text/format";
import { tags } from "../text/language";

export type Figures = S["ReviewFigures"];
export type Result = S["ExerciseResult"];
export type Slip = S["Slip"];
type Rate = S["Rate"];

const SLIPS: Record<Slip, MessageDescriptor> = {
  amount: msg`The amount was off by a factor of ten`,
  number: msg`It named another order, invoice or account`,
  recipient: msg`It went to somebody else's address`,
  name: msg`It greeted somebody else`,
  figure: msg`A figure contradicted what stands in the source or the conversation`,
  citation: msg`The citations pointed to passages that do not carry the sentences`,
};

export const slipWords = (slip: Slip) => t(SLIPS[slip]);

const SHORT: Record<Slip, MessageDescriptor> = {
  amount: msg`Amounts`,
  number: msg`Numbers of orders and invoices`,
  recipient: msg`Addresses`,
  name: msg`Names`,
  figure: msg`Figures in a text`,
  citation: msg`Citations`,
};

export const slipName = (slip: Slip) => t(SHORT[slip]);

/** What was right and what it was made into; cents as units. */
export function changed({ slip, was, became }: Result): [string, string] | undefined {
  if (!was || !became) return undefined;
  if (slip !== "amount") return [was, became];
  const units = (cents: string) => (Number(cents) / 100).toFixed(2);
  return [units(was), units(became)];
}

/** `6 of 8 (75 %)`. */
export const rateWords = ({ n, of_them, share }: Rate) =>
  t`${of_them.toLocaleString(tags())} of ${n.toLocaleString(tags())} (${percent(share)})`;

/** `between 41 % and 93 %`, which is how sure a share of so few is. */
export const rangeWords = ({ low, high }: Rate) => t`between ${percent(low)} and ${percent(high)}`;

/** Time in view against reading time: `0.4 ×`. */
export const timesWords = (median: number) =>
  median >= 10 ? t`10 × and more` : `${median.toFixed(1)} ×`;

export function kappaWords(kappa: number): string {
  // J. R. Landis, G. G. Koch, Biometrics 33 (1977), 159–174.
  const bands: [number, string][] = [
    [0.81, t`almost perfect`],
    [0.61, t`substantial`],
    [0.41, t`moderate`],
    [0.21, t`fair`],
    [0, t`slight`],
  ];
  const band = bands.find(([from]) => kappa >= from)?.[1] ?? t`less than by chance`;
  return `κ ${kappa.toFixed(2)}, ${band}`;
}

export const isEmpty = (figures: Figures) =>
  figures.decisions === 0 &&
  !figures.time &&
  !figures.found &&
  !figures.second_looks &&
  !figures.together;
