import { t } from "@lingui/core/macro";
import { useEffect, useRef } from "react";
import { Button } from "./Button";

interface Props {
  hasMore: boolean;
  busy: boolean;
  onMore: () => void;
}

/** Loads the next page when it scrolls into view; the button is for keyboards. */
export function MoreRows({ hasMore, busy, onMore }: Props) {
  const marker = useRef<HTMLDivElement>(null);
  const latest = useRef(onMore);
  latest.current = onMore;
  useEffect(() => {
    const element = marker.current;
    if (!element || !hasMore || busy) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && latest.current(),
      { rootMargin: "300px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasMore, busy]);
  if (!hasMore) return null;
  return (
    <div ref={marker} className="more">
      <Button size="small" busy={busy} onClick={onMore}>
        {busy ? t`Loading…` : t`Show more`}
      </Button>
    </div>
  );
}
