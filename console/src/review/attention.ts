// How long an approval was before its reader, and which of its evidence they had on the screen. It goes with their
// decision, for their own figures.
import { type RefObject, useCallback, useEffect, useRef } from "react";
import type { Attention } from "../api/words";

/** A piece of evidence was looked at when so much of it, or of the window, was in sight for so long. */
const SHARE = 0.5;
const SETTLES_MS = 600;
/** The service keeps no more. */
const LONGEST_MS = 60 * 60 * 1000;

/** Time that passes while it counts. */
export class Stopwatch {
  private passed = 0;
  private since: number | undefined;

  /** What counts from now on. */
  run(counts: boolean, now: number): void {
    this.passed = this.read(now);
    this.since = counts ? now : undefined;
  }

  read(now: number): number {
    return this.passed + (this.since === undefined ? 0 : Math.max(0, now - this.since));
  }
}

const isBefore = () => document.visibilityState === "visible" && document.hasFocus();

/** Marks a piece of evidence by its place; whoever shows one puts it on the element. */
export const evidenceMark = (place: number | null | undefined) =>
  place === null || place === undefined ? undefined : { "data-evidence": `${place}` };

/** Measures from the moment it is shown. The answer reads what was measured so far. */
export function useAttention(id: string, within: RefObject<HTMLElement | null>): () => Attention {
  const watch = useRef(new Stopwatch());
  const seen = useRef(new Set<number>());

  // biome-ignore lint/correctness/useExhaustiveDependencies: another item begins anew
  useEffect(() => {
    const clock = new Stopwatch();
    watch.current = clock;
    const tick = () => clock.run(isBefore(), performance.now());
    tick();
    document.addEventListener("visibilitychange", tick);
    window.addEventListener("focus", tick);
    window.addEventListener("blur", tick);
    return () => {
      document.removeEventListener("visibilitychange", tick);
      window.removeEventListener("focus", tick);
      window.removeEventListener("blur", tick);
    };
  }, [id]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another item begins anew
  useEffect(() => {
    const found = new Set<number>();
    seen.current = found;
    const waits = new Map<Element, ReturnType<typeof setTimeout>>();
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { target, intersectionRatio, intersectionRect } of entries) {
          const enough =
            intersectionRatio >= SHARE || intersectionRect.height >= window.innerHeight * SHARE;
          clearTimeout(waits.get(target));
          waits.delete(target);
          if (!enough) continue;
          waits.set(
            target,
            setTimeout(() => {
              if (!isBefore()) return;
              found.add(Number(target.getAttribute("data-evidence")));
              target.setAttribute("data-seen", "true");
            }, SETTLES_MS),
          );
        }
      },
      { threshold: [0.1, 0.25, SHARE, 0.75, 1] },
    );
    for (const element of within.current?.querySelectorAll("[data-evidence]") ?? []) {
      observer.observe(element);
    }
    return () => {
      observer.disconnect();
      for (const timer of waits.values()) clearTimeout(timer);
    };
  }, [id, within]);

  return useCallback(
    () => ({
      in_view_ms: Math.min(LONGEST_MS, Math.round(watch.current.read(performance.now()))),
      evidence_seen: [...seen.current].sort((a, b) => a - b),
    }),
    [],
  );
}
