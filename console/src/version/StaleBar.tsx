import { Trans } from "@lingui/react/macro";
import { useEffect } from "react";
import { useLink } from "../live/live";
import { Button } from "../parts/Button";
import { look, useStale } from "./version";

/** Says that the page is older than the service. It reloads when the reader likes: what they write
 * would be lost. */
export function StaleBar() {
  const stale = useStale();
  const link = useLink();
  // A deploy cuts the stream; when it is back, another version may answer.
  useEffect(() => {
    if (link === "open") void look();
  }, [link]);
  return (
    <div role="status" className="stale-bar" data-shown={stale}>
      {stale && (
        <>
          <span>
            <Trans>A new version was deployed.</Trans>
          </span>
          <Button size="small" onClick={() => location.reload()}>
            <Trans>Reload</Trans>
          </Button>
        </>
      )}
    </div>
  );
}
