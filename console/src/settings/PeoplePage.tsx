// Colleagues: what each is called to do, and who is let in.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { roleName } from "../api/names";
import type { S, User } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { MoreRows } from "../parts/MoreRows";
import { Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Invitations, InviteButton } from "./Invitations";
import { peopleQuery, rolesQuery } from "./queries";
import "./settings.css";

export function PeoplePage() {
  useTitle(t`People`);
  const { may } = useSession();
  const query = useInfiniteQuery(peopleQuery);
  const people = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [changing, setChanging] = useState<User>();
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          <Trans>
            What colleagues may do is what their role allows. Changes are in the audit and in effect
            within seconds.
          </Trans>
        </p>
        {may("manage_people") && <InviteButton />}
      </div>
      <Invitations />
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {people.length > 0 && (
        <ul className="settings-list" aria-label={t`People`}>
          {people.map((person) => (
            <li key={person.id} className="card row settings-item">
              <div className="grow settings-who">
                <strong>{person.name}</strong>
                <span className="muted small">
                  {person.email}
                  {person.title && `, ${person.title}`}
                </span>
              </div>
              {person.deactivated_at && (
                <Badge tone="red">
                  <Trans>Kept out</Trans>
                </Badge>
              )}
              <Badge>{roleName(person.role)}</Badge>
              {may("manage_people") && (
                <Button
                  size="small"
                  onClick={() => setChanging(person)}
                  aria-label={t`Change ${person.name}`}
                >
                  <Trans>Change</Trans>
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
      {changing && <ChangeDialog person={changing} onClose={() => setChanging(undefined)} />}
    </div>
  );
}

function ChangeDialog({ person, onClose }: { person: User; onClose: () => void }) {
  const client = useQueryClient();
  const session = useSession();
  const roles = useQuery(rolesQuery);
  const [role, setRole] = useState(person.role);
  const [title, setTitle] = useState(person.title);
  const itself = person.id === session.userId;
  const out = Boolean(person.deactivated_at);
  const change = useMutation({
    mutationFn: (body: S["ChangePerson"]) =>
      send(api.PATCH("/v1/people/{user_id}", { params: { path: { user_id: person.id } }, body })),
    onSuccess: async (after) => {
      onClose();
      tell(after.deactivated_at ? t`Kept out` : t`Changed`, "good", after.name);
      await client.invalidateQueries({ queryKey: ["people"] });
      if (itself) await client.invalidateQueries({ queryKey: ["session"] });
    },
  });
  // What nobody may give is not offered.
  const givable = roles.data?.roles.filter(
    (each) => each.name === person.role || each.permissions.every(session.may),
  );
  return (
    <Dialog open onClose={onClose} title={person.name}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!change.isPending) change.mutate({ role, title });
        }}
      >
        {change.isError && <Failure error={change.error} />}
        {roles.isError && <Failure error={roles.error} retry={() => void roles.refetch()} />}
        <label className="field">
          <span className="field-label">
            <Trans>Role</Trans>
          </span>
          <select className="input" value={role} onChange={(event) => setRole(event.target.value)}>
            {(givable ?? [{ name: person.role }]).map((each) => (
              <option key={each.name} value={each.name}>
                {roleName(each.name)}
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>Title</Trans>
          </span>
          <input
            className="input"
            maxLength={100}
            value={title}
            onChange={(event) => setTitle(event.target.value)}
          />
        </label>
        <div className="dialog-foot">
          {!itself && (
            <Button
              tone={out ? "plain" : "danger"}
              busy={change.isPending}
              onClick={() => change.mutate({ active: out })}
            >
              {out ? t`Let in again` : t`Keep out`}
            </Button>
          )}
          <span className="grow" />
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={change.isPending}>
            {change.isPending ? t`Saving…` : t`Save`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
