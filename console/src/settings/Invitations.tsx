// Who was asked to join and has not yet; asking somebody, and taking it back.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { roleName } from "../api/names";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { fullTime } from "../text/times";
import { invitationsQuery, rolesQuery } from "./queries";

export function Invitations() {
  const { may } = useSession();
  const query = useQuery(invitationsQuery);
  if (query.isError) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  const asked = query.data?.items ?? [];
  if (asked.length === 0) return null;
  return (
    <ul className="settings-list" aria-label={t`Invitations`}>
      {asked.map((each) => (
        <InvitationItem key={each.id} item={each} mayRevoke={may("manage_people")} />
      ))}
    </ul>
  );
}

function InvitationItem({ item, mayRevoke }: { item: S["InvitationView"]; mayRevoke: boolean }) {
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () =>
      send(api.DELETE("/v1/invitations/{id}", { params: { path: { id: item.id } } })),
    onSuccess: async () => {
      tell(t`Taken back`, "good", item.email);
      await client.invalidateQueries({ queryKey: ["invitations"] });
    },
  });
  return (
    <li className="card stack settings-item">
      <div className="row">
        <div className="grow settings-who">
          <strong>{item.email}</strong>
          <span className="muted small">
            {item.is_over ? t`Too late since` : t`May accept until`} {fullTime(item.expires_at)}
          </span>
        </div>
        <Badge>{item.is_over ? t`Over` : t`Invited`}</Badge>
        <Badge>{roleName(item.role)}</Badge>
        {mayRevoke && (
          <Button
            size="small"
            busy={revoke.isPending}
            onClick={() => revoke.mutate()}
            aria-label={t`Take back the invitation of ${item.email}`}
          >
            <Trans>Take back</Trans>
          </Button>
        )}
      </div>
      {revoke.isError && <Failure error={revoke.error} />}
    </li>
  );
}

export function InviteButton() {
  const [asking, setAsking] = useState(false);
  const [asked, setAsked] = useState<S["Invited"]>();
  return (
    <>
      <Button tone="primary" onClick={() => setAsking(true)}>
        <Trans>Invite</Trans>
      </Button>
      {asking && <InviteDialog onClose={() => setAsking(false)} onAsked={setAsked} />}
      {asked?.link && (
        <Dialog open keeps onClose={() => setAsked(undefined)} title={t`The invitation's link`}>
          <div className="stack">
            <p>
              <Trans>
                No mail could be sent. Give this link to {asked.invitation.email} yourself: it works
                once, and is not shown again.
              </Trans>
            </p>
            <input
              className="input mono"
              readOnly
              aria-label={t`The link`}
              value={asked.link}
              onFocus={(event) => event.target.select()}
            />
            <div className="dialog-foot">
              <Button tone="primary" onClick={() => setAsked(undefined)}>
                <Trans>Done</Trans>
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}

function InviteDialog({
  onClose,
  onAsked,
}: {
  onClose: () => void;
  onAsked: (asked: S["Invited"]) => void;
}) {
  const client = useQueryClient();
  const { may } = useSession();
  const roles = useQuery(rolesQuery);
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("agent");
  const invite = useMutation({
    mutationFn: () => send(api.POST("/v1/invitations", { body: { email, role } })),
    onSuccess: async (asked) => {
      onClose();
      onAsked(asked);
      if (asked.mailed) tell(t`Invited`, "good", t`A mail is on its way to ${email}.`);
      await client.invalidateQueries({ queryKey: ["invitations"] });
    },
  });
  // What nobody may give is not offered.
  const givable = roles.data?.roles.filter((each) => each.permissions.every(may));
  return (
    <Dialog open onClose={onClose} title={t`Invite somebody`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!invite.isPending) invite.mutate();
        }}
      >
        {invite.isError && <Failure error={invite.error} />}
        {roles.isError && <Failure error={roles.error} retry={() => void roles.refetch()} />}
        <label className="field">
          <span className="field-label">
            <Trans>Email</Trans>
          </span>
          <input
            className="input"
            type="email"
            required
            maxLength={254}
            value={email}
            onChange={(event) => setEmail(event.target.value)}
          />
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>Role</Trans>
          </span>
          <select className="input" value={role} onChange={(event) => setRole(event.target.value)}>
            {(givable ?? [{ name: role }]).map((each) => (
              <option key={each.name} value={each.name}>
                {roleName(each.name)}
              </option>
            ))}
          </select>
        </label>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={invite.isPending}>
            {invite.isPending ? t`Inviting…` : t`Invite`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
