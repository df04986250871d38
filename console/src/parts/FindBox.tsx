// What a list is searched by: `/` comes here, Escape leaves, and what was typed counts once it rests.
import { t } from "@lingui/core/macro";
import { useEffect, useRef, useState } from "react";
import { useShortcuts } from "../keys/shortcuts";
import { useSettled } from "./settled";

interface Props {
  /** What is found by what. */
  label: string;
  /** In which group of the keyboard map its key stands. */
  group: string;
  className: string;
  value: string | undefined;
  onFind: (q: string | undefined) => void;
}

export function FindBox({ label, group, className, value, onFind }: Props) {
  const [typed, setTyped] = useState(value ?? "");
  const q = useSettled(typed.trim());
  const box = useRef<HTMLInputElement>(null);
  useShortcuts(group, [{ keys: "/", label: t`Search`, run: () => box.current?.focus() }]);
  const find = useRef(onFind);
  find.current = onFind;
  useEffect(() => find.current(q || undefined), [q]);
  return (
    <input
      ref={box}
      className={`input ${className}`}
      type="search"
      placeholder={t`Search`}
      aria-label={label}
      maxLength={200}
      value={typed}
      onChange={(event) => setTyped(event.target.value)}
      onKeyDown={(event) => event.key === "Escape" && event.currentTarget.blur()}
    />
  );
}
