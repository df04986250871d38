// The name of the workspace one is in; for who belongs to several, the way to the others.
import { t } from "@lingui/core/macro";
import { useMutation } from "@tanstack/react-query";
import { api, send } from "../api/client";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";

export function WorkspaceSwitch() {
  const { workspace, workspaces } = useSession();
  const go = useMutation({
    mutationFn: (id: string) =>
      send(api.POST("/v1/session/workspace", { body: { workspace_id: id } })),
    // Everything on the page is of the other workspace, the live stream too.
    onSuccess: () => window.location.assign("/"),
    onError: (error) => tell(t`The workspace could not be changed`, "error", error.message),
  });
  if (workspaces.length < 2) return <span className="truncate">{workspace.name}</span>;
  return (
    <select
      className="select nav-switch"
      aria-label={t`Workspace`}
      value={go.isPending ? go.variables : workspace.id}
      onChange={(event) => go.mutate(event.target.value)}
    >
      {workspaces.map(({ id, name }) => (
        <option key={id} value={id}>
          {name}
        </option>
      ))}
    </select>
  );
}
