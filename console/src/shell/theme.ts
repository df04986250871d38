import { kept, useKept } from "../parts/store";

export type Theme = "system" | "light" | "dark";

const isTheme = (value: unknown): value is Theme =>
  value === "system" || value === "light" || value === "dark";

const theme = kept<Theme>("countersign.theme", "system", isTheme);

function apply(): void {
  const value = theme.get();
  if (value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}

apply();
theme.subscribe(apply);

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };

/** The chosen theme and a function that goes to the next one. */
export function useTheme(): [Theme, () => void] {
  const value = useKept(theme);
  return [value, () => theme.set(NEXT[value])];
}
