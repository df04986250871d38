// The matrix of roles and permissions, and roles of the workspace's own.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { permissionName, roleName } from "../api/names";
import type { Permission, S } from "../api/words";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { words } from "../text/format";
import { PermissionPicker } from "./PermissionPicker";
import { rolesQuery } from "./queries";
import "./settings.css";

type RoleView = S["RoleView"];

export function RolesPage() {
  useTitle(t`Roles`);
  const { may } = useSession();
  const query = useQuery(rolesQuery);
  const [editing, setEditing] = useState<RoleView | "new">();
  const own = query.data?.roles.filter((role) => !role.built_in) ?? [];
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          <Trans>
            A role is a set of permissions. The built-in ones stay as they are; make one of your own
            where none fits.
          </Trans>
        </p>
        {may("manage_roles") && (
          <Button tone="primary" onClick={() => setEditing("new")}>
            <Trans>Make a role</Trans>
          </Button>
        )}
      </div>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {own.length > 0 && (
        <ul className="settings-list" aria-label={t`Roles of your own`}>
          {own.map((role) => (
            <li key={role.name} className="card row settings-item">
              <div className="grow settings-who">
                <strong>{roleName(role.name)}</strong>
                <span className="muted small">
                  {role.description || t`${role.permissions.length} permissions`}
                </span>
              </div>
              {may("manage_roles") && (
                <Button
                  size="small"
                  onClick={() => setEditing(role)}
                  aria-label={t`Change ${roleName(role.name)}`}
                >
                  <Trans>Change</Trans>
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {query.data && <MatrixTable matrix={query.data} />}
      {editing && query.data && (
        <RoleDialog
          matrix={query.data}
          role={editing === "new" ? undefined : editing}
          onClose={() => setEditing(undefined)}
        />
      )}
    </div>
  );
}

function MatrixTable({ matrix }: { matrix: S["Matrix"] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard
    <div className="settings-matrix" role="region" tabIndex={0} aria-label={t`Matrix`}>
      <table>
        <caption className="sr-only">
          <Trans>Which role has which permission</Trans>
        </caption>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Permission</Trans>
            </th>
            {matrix.roles.map((role) => (
              <th key={role.name} scope="col">
                {roleName(role.name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.permissions.map((permission) => (
            <tr key={permission.name}>
              <th scope="row">
                {permissionName(permission.name)}
                <span className="muted small">
                  {permission.means}
                  {permission.takes_a_person && t` No API key can have it.`}
                </span>
              </th>
              {matrix.roles.map((role) => {
                const held = role.permissions.includes(permission.name);
                return (
                  <td key={role.name} data-held={held}>
                    <span aria-hidden="true">{held ? "✓" : "·"}</span>
                    <span className="sr-only">{held ? t`yes` : t`no`}</span>
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function RoleDialog({
  matrix,
  role,
  onClose,
}: {
  matrix: S["Matrix"];
  role: RoleView | undefined;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [name, setName] = useState(role?.name ?? "");
  const [description, setDescription] = useState(role?.description ?? "");
  const [permissions, setPermissions] = useState<Permission[]>(role?.permissions ?? []);
  const done = async (said: string) => {
    onClose();
    tell(said, "good", words(name));
    await client.invalidateQueries({ queryKey: ["roles"] });
    await client.invalidateQueries({ queryKey: ["session"] });
  };
  const put = useMutation({
    mutationFn: () =>
      send(
        api.PUT("/v1/roles/{name}", {
          params: { path: { name } },
          body: { description, permissions },
        }),
      ),
    onSuccess: () => done(t`Saved`),
  });
  const remove = useMutation({
    mutationFn: () => send(api.DELETE("/v1/roles/{name}", { params: { path: { name } } })),
    onSuccess: () => done(t`Removed`),
  });
  const error = put.error ?? remove.error;
  const busy = put.isPending || remove.isPending;
  return (
    <Dialog open onClose={onClose} size="wide" title={role ? roleName(role.name) : t`Make a role`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) put.mutate();
        }}
      >
        {error && <Failure error={error} />}
        {!role && (
          <label className="field">
            <span className="field-label">
              <Trans>Name</Trans>
            </span>
            <input
              className="input"
              required
              pattern="[a-z][a-z0-9_]{1,39}"
              title={t`2 to 40 characters a-z, 0-9 and _, beginning with a letter`}
              placeholder="refund_desk"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <span className="field-hint">
              <Trans>Policies ask the role by this name: a-z, 0-9 and _.</Trans>
            </span>
          </label>
        )}
        <label className="field">
          <span className="field-label">
            <Trans>Whom it is for</Trans>
          </span>
          <input
            className="input"
            maxLength={300}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <PermissionPicker
          legend={t`What it may`}
          offered={matrix.permissions}
          picked={permissions}
          onPick={setPermissions}
        />
        <div className="dialog-foot">
          {role && (
            <Button tone="danger" busy={busy} onClick={() => remove.mutate()}>
              <Trans>Remove</Trans>
            </Button>
          )}
          <span className="grow" />
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={busy}>
            {put.isPending ? t`Saving…` : t`Save`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
