// A table that scrolls where there is little room.
import type { ReactNode } from "react";

export function Scrolled({ label, children }: { label: string; children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="review-table" aria-label={label} tabIndex={0}>
      {children}
    </section>
  );
}
