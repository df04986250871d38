// Customers who sign in by a link in their mail, and what they see.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Key } from "./Key";
import { channelsQuery } from "./queries";

export function PortalSection({ channels: { workspace, portal } }: { channels: S["Channels"] }) {
  const client = useQueryClient();
  const { may } = useSession();
  const save = useMutation({
    mutationFn: (company_tickets: boolean) =>
      send(api.PUT("/v1/channels/portal", { body: { company_tickets } })),
    onSuccess: (channels) => {
      client.setQueryData(channelsQuery.queryKey, channels);
      tell(t`Saved`, "good");
    },
  });
  return (
    <section className="card section stack" aria-labelledby="channels-portal">
      <h2 id="channels-portal">
        <Trans>My tickets</Trans>
      </h2>
      <p>
        <Trans>
          Customers sign in to{" "}
          <a href={`/help/tickets?workspace=${workspace}`} target="_blank" rel="noreferrer">
            their tickets
          </a>{" "}
          by a link that is mailed to their address, and see what was said in public.
        </Trans>
      </p>
      {!portal.is_open && (
        <p>
          <strong>
            <Trans>Closed: no mail leaves, so no link can be sent.</Trans>
          </strong>{" "}
          <Key name="email.smtp.host" />
        </p>
      )}
      {save.isError && <Failure error={save.error} />}
      <label className="row">
        <input
          type="checkbox"
          checked={portal.company_tickets}
          disabled={!may("manage_channels") || save.isPending}
          onChange={(event) => save.mutate(event.target.checked)}
        />
        <span>
          <Trans>They see the tickets of their colleagues as well, to read alone</Trans>
        </span>
      </label>
    </section>
  );
}
