// Moving through a list by keyboard: J and K walk over the links of the rows, Enter follows.
import { t } from "@lingui/core/macro";
import { useRef } from "react";
import { useShortcuts } from "../keys/shortcuts";

export function useRows<T extends HTMLElement>(name: string) {
  const list = useRef<T>(null);
  const step = (by: 1 | -1) => {
    const links = [...(list.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
    const at = links.indexOf(document.activeElement as HTMLElement);
    const next = at < 0 ? links[0] : links[Math.min(links.length - 1, Math.max(0, at + by))];
    next?.focus();
    next?.scrollIntoView({ block: "nearest" });
  };
  useShortcuts(name, [
    { keys: "j", label: t`Next`, run: () => step(1) },
    { keys: "k", label: t`Previous`, run: () => step(-1) },
    { keys: "Enter", label: t`Open`, run: () => (document.activeElement as HTMLElement)?.click() },
  ]);
  return list;
}
