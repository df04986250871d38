// Stops one agent, for a reason that others read. Letting it go on is `safety/LetGoOn`.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { breakerWords, LONGEST_REASON } from "../safety/breakers";
import { breakersQuery } from "../safety/queries";

export function Pause({ name }: { name: string }) {
  const client = useQueryClient();
  const [asked, setAsked] = useState(false);
  const [reason, setReason] = useState("");
  const of = { kind: "agent", name } as const;
  const pause = useMutation({
    mutationFn: () => send(api.POST("/v1/breakers", { body: { of, reason: reason.trim() } })),
    onSuccess: (list) => {
      client.setQueryData(breakersQuery.queryKey, list);
      tell(t`Paused`, "info", t`It begins nothing new, wherever the service runs.`);
      setAsked(false);
      setReason("");
    },
  });
  return (
    <div>
      <Button
        size="small"
        tone="danger"
        onClick={() => {
          pause.reset();
          setAsked(true);
        }}
      >
        <Trans>Pause…</Trans>
      </Button>
      <Dialog open={asked} onClose={() => setAsked(false)} title={t`Pause ${breakerWords(of)}?`}>
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (reason.trim() !== "" && !pause.isPending) pause.mutate();
          }}
        >
          {pause.isError && <Failure error={pause.error} />}
          <p>
            <Trans>
              Its runs stop before their next model call or action within a second, and go on from
              there when it is let go on. Tickets that come in meanwhile wait. Approvals can still
              be decided.
            </Trans>
          </p>
          <label className="field">
            <span className="field-label">
              <Trans>Why?</Trans>
            </span>
            <input
              className="input"
              required
              maxLength={LONGEST_REASON}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
            <span className="field-hint">
              <Trans>Others read it, here and in the audit.</Trans>
            </span>
          </label>
          <div className="dialog-foot">
            <Button onClick={() => setAsked(false)}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" tone="danger-fill" busy={pause.isPending}>
              {pause.isPending ? t`Pausing…` : t`Pause it now`}
            </Button>
          </div>
        </form>
      </Dialog>
    </div>
  );
}
