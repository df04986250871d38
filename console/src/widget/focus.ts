// Keeps the focus inside the open panel: Tab goes round within it.

const FOCUSABLE =
  'a[href], button:not([disabled]), textarea:not([disabled]), input:not([disabled]), summary, [tabindex="0"]';

function shown(element: HTMLElement): boolean {
  return element.closest("[hidden], details:not([open]) > :not(summary)") === null;
}

export function focusable(panel: HTMLElement): HTMLElement[] {
  return [...panel.querySelectorAll<HTMLElement>(FOCUSABLE)].filter(shown);
}

/** Where Tab leads from the panel's last element, or Shift and Tab from its first; nowhere else
 * than the browser takes it by itself. */
export function around(
  panel: HTMLElement,
  from: Element | null,
  back: boolean,
): HTMLElement | undefined {
  const all = focusable(panel);
  const edge = back ? all[0] : all.at(-1);
  const inside = from !== null && panel.contains(from);
  if (inside && from !== edge) return undefined;
  return back ? all.at(-1) : all[0];
}
