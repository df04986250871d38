// What a site says of its widget, in `data-` attributes of the script. Whatever cannot be read is
// left out: a spelling mistake must not take the help away.
import { en } from "./words/en";
import type { Words } from "./words/words";

export interface Settings {
  workspace?: string;
  title: string;
  greeting: string;
  /** `#rrggbb`. */
  color?: string;
  position: "left" | "right";
  theme: "system" | "light" | "dark";
}

const LONGEST = { workspace: 100, title: 60, greeting: 500 };

/** `words` say what the site leaves unsaid. */
export function settingsOf(
  data: Partial<Record<string, string>>,
  words: Pick<Words, "title" | "greeting"> = en,
): Settings {
  const text = (name: keyof typeof LONGEST) =>
    data[name]?.trim().slice(0, LONGEST[name]) || undefined;
  const theme = data.theme;
  return {
    workspace: text("workspace"),
    title: text("title") ?? words.title,
    greeting: text("greeting") ?? words.greeting,
    color: colorOf(data.color),
    position: data.position === "left" ? "left" : "right",
    theme: theme === "light" || theme === "dark" ? theme : "system",
  };
}

/** `#abc` or `#aabbcc` as `#aabbcc`. */
function colorOf(value: string | undefined): string | undefined {
  const hex = value?.trim().toLowerCase();
  if (!hex || !/^#([0-9a-f]{3}|[0-9a-f]{6})$/.test(hex)) return undefined;
  return hex.length === 7 ? hex : `#${[...hex.slice(1)].map((digit) => digit + digit).join("")}`;
}

/** Relative luminance by WCAG 2. */
function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

/** Black or white, whichever reads better on a colour; one of them always has 4.5:1. */
export function inkOn(hex: string): "#000000" | "#ffffff" {
  const light = luminance(hex);
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.05 ? "#ffffff" : "#000000";
}
