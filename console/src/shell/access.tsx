// Which permission a page takes: who lacks it is not led there, and is told so when they come by an address.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, Navigate, Outlet, useRouterState } from "@tanstack/react-router";
import { permissionName, roleName } from "../api/names";
import type { Permission } from "../api/words";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { lowerFirst } from "../text/format";

/** By where pages stand; the longest that fits counts. What is not listed is everybody's. */
const TAKES: readonly (readonly [path: string, takes: Permission])[] = [
  ["/approvals", "read_approvals"],
  ["/tickets", "read_tickets"],
  ["/customers", "read_customers"],
  ["/runs", "read_runs"],
  ["/knowledge", "read_knowledge"],
  ["/tools", "read_tools"],
  ["/agents", "read_tools"],
  ["/policy", "read_policy"],
  ["/evaluations", "read_evaluations"],
  ["/safety/personal-data", "redact"],
  ["/safety/autonomy", "read_policy"],
  ["/safety/audit", "read_audit"],
  ["/safety", "read_system"],
  ["/settings/roles", "read_people"],
  ["/settings/teams", "read_people"],
  ["/settings/api-keys", "manage_keys"],
  ["/settings/models", "read_system"],
  ["/settings/channels", "read_system"],
];

/** What a page takes, by its path. */
export function takes(path: string): Permission | undefined {
  if (path === "/") return "read_system";
  if (path === "/settings" || path === "/settings/") return "read_people";
  return TAKES.find(([prefix]) => path === prefix || path.startsWith(`${prefix}/`))?.[1];
}

/** Whether the signed-in person may see a page. */
export function useMaySee(): (path: string) => boolean {
  const { may } = useSession();
  return (path) => {
    const permission = takes(path);
    return permission === undefined || may(permission);
  };
}

/** The page, if they may see it. */
export function AllowedOutlet() {
  // Of the page that stands here, not of one that is on its way.
  const path = useRouterState({
    select: ({ location, matches }) => matches.at(-1)?.pathname ?? location.pathname,
  });
  const { may, role } = useSession();
  const maySee = useMaySee();
  // Nobody is met with a refusal when they sign in: who may not see the desk begins at the first page that is theirs.
  if (path === "/" && !maySee(path)) {
    const [first] = TAKES.find(([, permission]) => may(permission)) ?? ["/settings/account"];
    return <Navigate to={first} replace />;
  }
  return maySee(path) ? <Outlet /> : <NotForThem takes={takes(path)} role={role} />;
}

function NotForThem({ takes, role }: { takes: Permission | undefined; role: string | null }) {
  useTitle(t`Not for your role`);
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Not for your role</Trans>
        </h1>
      </header>
      <p>
        <Trans>
          This page takes the permission “{takes ? permissionName(takes) : ""}”, which{" "}
          {role ? t`your role, ${lowerFirst(roleName(role))},` : t`your key`} does not have.
          Somebody who manages people can give it to you.
        </Trans>
      </p>
      <p>
        <Link to="/settings/account">
          <Trans>Your account</Trans>
        </Link>
      </p>
    </div>
  );
}
