import type { ButtonHTMLAttributes, ReactNode } from "react";
import { useSinglesOn } from "../keys/shortcuts";

export type Tone = "plain" | "primary" | "good" | "danger" | "danger-fill" | "quiet";

interface Props extends ButtonHTMLAttributes<HTMLButtonElement> {
  tone?: Tone;
  size?: "normal" | "small";
  /** The shortcut that does the same, shown as a hint. */
  keys?: string;
  /** While the action is under way. The button keeps its place in the tab order. */
  busy?: boolean;
  children: ReactNode;
}

export function Button({
  tone = "plain",
  size = "normal",
  keys,
  busy = false,
  children,
  onClick,
  type = "button",
  ...rest
}: Props) {
  const shortcuts = useSinglesOn() || (keys?.includes("⏎") ?? false);
  return (
    <button
      {...rest}
      type={type}
      className={`button ${rest.className ?? ""}`}
      data-tone={tone}
      data-size={size}
      aria-disabled={busy || undefined}
      onClick={(event) => {
        if (busy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {children}
      {keys && shortcuts && (
        <span className="kbd" translate="no" aria-hidden="true">
          {keys}
        </span>
      )}
    </button>
  );
}
