// Lets something that is stopped go on, for a reason that others read.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, send } from "../api/client";
import { permissionName } from "../api/names";
import type { BreakerOf } from "../api/words";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { upperFirst } from "../text/format";
import { breakerWords, LONGEST_REASON } from "./breakers";

export function LetGoOn({ of }: { of: BreakerOf }) {
  const client = useQueryClient();
  const { may } = useSession();
  const [asked, setAsked] = useState(false);
  const [reason, setReason] = useState("");
  const name = breakerWords(of);
  const close = useMutation({
    mutationFn: () => send(api.POST("/v1/breakers/close", { body: { of, reason } })),
    onSuccess: async () => {
      tell(t`Works again; what waited goes on within seconds`, "good", upperFirst(name));
      await client.invalidateQueries({ queryKey: ["breakers"] });
    },
  });
  if (!may("resume")) {
    return (
      <p className="muted small">
        <Trans>Letting it go on takes the permission “{permissionName("resume")}”.</Trans>
      </p>
    );
  }
  return (
    <>
      {close.isError && <Failure error={close.error} />}
      {!asked && (
        <div>
          <Button onClick={() => setAsked(true)}>
            <Trans>Let it go on</Trans>
          </Button>
        </div>
      )}
      {asked && (
        <form
          className="row"
          aria-label={t`Let ${name} go on`}
          onSubmit={(event: FormEvent) => {
            event.preventDefault();
            if (reason.trim() !== "") close.mutate();
          }}
        >
          <input
            className="input grow"
            aria-label={t`Why may it go on?`}
            placeholder={t`Why may it go on?`}
            maxLength={LONGEST_REASON}
            required
            // biome-ignore lint/a11y/noAutofocus: it was asked for by the button before it
            autoFocus
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <Button type="submit" tone="primary" busy={close.isPending}>
            <Trans>Let it go on</Trans>
          </Button>
          <Button onClick={() => setAsked(false)}>
            <Trans>Cancel</Trans>
          </Button>
        </form>
      )}
    </>
  );
}
