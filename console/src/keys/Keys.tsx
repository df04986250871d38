import { t } from "@lingui/core/macro";
import { MOD } from "./shortcuts";

function shown(key: string): string {
  if (key === "Enter") return "⏎";
  if (key === "Space") return t`Space`;
  return key === "Escape" ? t`Esc` : key.toUpperCase();
}

/** The keys of a shortcut: one, two in a row, or one together with the command key. */
export function Keys({ keys }: { keys: string }) {
  const pressed = keys.startsWith("mod+")
    ? [MOD, shown(keys.slice(4))]
    : keys.split(" ").map(shown);
  return (
    <span className="keys">
      {pressed.map((key) => (
        <kbd key={key} className="kbd">
          {key}
        </kbd>
      ))}
    </span>
  );
}
