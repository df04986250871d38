// How the console looks on this machine: light or dark, roomy or dense. Kept here, because it is a
// matter of the screen and the light in the room, and not of the account.
import { msg } from "@lingui/core/macro";
import { kept, useKept } from "../parts/store";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

/** What each is called, and means. */
export const THEME_WORDS = {
  system: [msg`As the system`, msg`Follows what this machine is set to`],
  light: [msg`Light`, msg`Dark on light, always`],
  dark: [msg`Dark`, msg`Light on dark, always`],
} as const;

export const DENSITIES = ["comfortable", "compact"] as const;
export type Density = (typeof DENSITIES)[number];

export const DENSITY_WORDS = {
  comfortable: [msg`Comfortable`, msg`Room to breathe`],
  compact: [msg`Compact`, msg`More rows on a screen`],
} as const;

const isTheme = (value: unknown): value is Theme => THEMES.some((each) => each === value);
const isDensity = (value: unknown): value is Density => DENSITIES.some((each) => each === value);

export const theme = kept<Theme>("countersign.theme", "system", isTheme);
export const density = kept<Density>("countersign.density", "comfortable", isDensity);

function apply(): void {
  const { dataset } = document.documentElement;
  if (theme.get() === "system") delete dataset.theme;
  else dataset.theme = theme.get();
  if (density.get() === "comfortable") delete dataset.density;
  else dataset.density = density.get();
}

apply();
theme.subscribe(apply);
density.subscribe(apply);

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

/** The chosen theme and a function that goes to the next one. */
export function useTheme(): [Theme, () => void] {
  const value = useKept(theme);
  return [value, () => theme.set(NEXT[value])];
}
