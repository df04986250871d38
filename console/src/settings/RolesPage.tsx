// The matrix of roles and permissions, and roles of the workspace's own.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { Permission, S } from "../api/words";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { upperFirst, words } from "../text/format";
import { PermissionPicker } from "./PermissionPicker";
import { rolesQuery } from "./queries";
import "./settings.css";

type RoleView = S["RoleView"];

export function RolesPage() {
  useTitle("Roles");
  const { may } = useSession();
  const query = useQuery(rolesQuery);
  const [editing, setEditing] = useState<RoleView | "new">();
  const own = query.data?.roles.filter((role) => !role.built_in) ?? [];
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          A role is a set of permissions. The built-in ones stay as they are; make one of your own
          where none fits.
        </p>
        {may("manage_roles") && (
          <Button tone="primary" onClick={() => setEditing("new")}>
            Make a role
          </Button>
        )}
      </div>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {own.length > 0 && (
        <ul className="settings-list" aria-label="Roles of your own">
          {own.map((role) => (
            <li key={role.name} className="card row settings-item">
              <div className="grow settings-who">
                <strong>{words(role.name)}</strong>
                <span className="muted small">
                  {role.description || `${role.permissions.length} permissions`}
                </span>
              </div>
              {may("manage_roles") && (
                <Button
                  size="small"
                  onClick={() => setEditing(role)}
                  aria-label={`Change ${words(role.name)}`}
                >
                  Change
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
    <div className="settings-matrix" role="region" tabIndex={0} aria-label="Matrix">
      <table>
        <caption className="sr-only">Which role has which permission</caption>
        <thead>
          <tr>
            <th scope="col">Permission</th>
            {matrix.roles.map((role) => (
              <th key={role.name} scope="col">
                {words(role.name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.permissions.map((permission) => (
            <tr key={permission.name}>
              <th scope="row">
                {upperFirst(words(permission.name))}
                <span className="muted small">
                  {permission.means}
                  {permission.takes_a_person && " Takes a person."}
                </span>
              </th>
              {matrix.roles.map((role) => {
                const held = role.permissions.includes(permission.name);
                return (
                  <td key={role.name} data-held={held}>
                    <span aria-hidden="true">{held ? "✓" : "·"}</span>
                    <span className="sr-only">{held ? "yes" : "no"}</span>
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
    onSuccess: () => done("Saved"),
  });
  const remove = useMutation({
    mutationFn: () => send(api.DELETE("/v1/roles/{name}", { params: { path: { name } } })),
    onSuccess: () => done("Removed"),
  });
  const error = put.error ?? remove.error;
  const busy = put.isPending || remove.isPending;
  return (
    <Dialog open onClose={onClose} size="wide" title={role ? words(role.name) : "Make a role"}>
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
            <span className="field-label">Name</span>
            <input
              className="input"
              required
              pattern="[a-z][a-z0-9_]{1,39}"
              title="2 to 40 characters a-z, 0-9 and _, beginning with a letter"
              placeholder="refund_desk"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
            <span className="field-hint">Policies ask the role by this name: a-z, 0-9 and _.</span>
          </label>
        )}
        <label className="field">
          <span className="field-label">Whom it is for</span>
          <input
            className="input"
            maxLength={300}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <PermissionPicker
          legend="What it may"
          offered={matrix.permissions}
          picked={permissions}
          onPick={setPermissions}
        />
        <div className="dialog-foot">
          {role && (
            <Button tone="danger" busy={busy} onClick={() => remove.mutate()}>
              Remove
            </Button>
          )}
          <span className="grow" />
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={busy}>
            {put.isPending ? "Saving…" : "Save"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
