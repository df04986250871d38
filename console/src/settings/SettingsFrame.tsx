// The settings pages share a heading and the way from one to the next.
import { Link, Outlet } from "@tanstack/react-router";
import type { Permission } from "../api/words";
import { useSession } from "../session/session";
import "./settings.css";

/** Who lacks what a section takes does not see it. */
const SECTIONS = [
  { to: "/settings", label: "People", takes: "read_people" },
  { to: "/settings/roles", label: "Roles", takes: "read_people" },
  { to: "/settings/teams", label: "Teams", takes: "read_people" },
  { to: "/settings/api-keys", label: "API keys", takes: "manage_keys" },
  { to: "/settings/models", label: "Models", takes: "read_system" },
  { to: "/settings/channels", label: "Channels", takes: "read_system" },
  { to: "/settings/account", label: "Account", takes: undefined },
  { to: "/settings/appearance", label: "Appearance", takes: undefined },
] as const satisfies readonly { to: string; label: string; takes: Permission | undefined }[];

export function SettingsFrame() {
  const { may } = useSession();
  return (
    <div className="page">
      <header className="page-head">
        <h1>Settings</h1>
      </header>
      <nav aria-label="Settings" className="tabs">
        {SECTIONS.filter(({ takes }) => takes === undefined || may(takes)).map((section) => (
          <Link
            key={section.to}
            to={section.to}
            className="tab"
            activeOptions={{ exact: section.to === "/settings" }}
          >
            {section.label}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}
