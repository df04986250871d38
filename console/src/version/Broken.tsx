// What a page shows when it fails, in the place of the page; everything around it stays.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useEffect } from "react";
import { Problem } from "../api/client";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { look, useStale } from "./version";

export function Broken({ error, reset }: ErrorComponentProps) {
  const stale = useStale();
  const ours = !(error instanceof Problem);
  useEffect(() => {
    if (ours) void look();
  }, [ours]);
  return (
    <div className="page">
      {ours ? (
        <div className="notice" data-tone="red" role="alert">
          <div className="grow">
            <strong>
              <Trans>This page failed</Trans>
            </strong>
            <div>
              {stale
                ? t`A new version was deployed since it was opened. Reload to go on.`
                : t`The rest of the console works. Reload; if it fails again, tell whoever runs the service.`}
            </div>
          </div>
          <Button size="small" onClick={() => location.reload()}>
            <Trans>Reload</Trans>
          </Button>
        </div>
      ) : (
        <Failure error={error} retry={reset} />
      )}
    </div>
  );
}
