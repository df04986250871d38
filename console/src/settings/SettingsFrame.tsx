// The settings pages share a heading and the way from one to the next.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, Outlet } from "@tanstack/react-router";
import type { Permission } from "../api/words";
import { useSession } from "../session/session";
import "./settings.css";

/** Who lacks what a section takes does not see it. */
const SECTIONS = [
  { to: "/settings", label: msg`People`, takes: "read_people" },
  { to: "/settings/roles", label: msg`Roles`, takes: "read_people" },
  { to: "/settings/teams", label: msg`Teams`, takes: "read_people" },
  { to: "/settings/api-keys", label: msg`API keys`, takes: "manage_keys" },
  { to: "/settings/models", label: msg`Models`, takes: "read_system" },
  { to: "/settings/channels", label: msg`Channels`, takes: "read_system" },
  { to: "/settings/account", label: msg`Account`, takes: undefined },
  { to: "/settings/appearance", label: msg`Appearance`, takes: undefined },
] as const satisfies readonly {
  to: string;
  label: MessageDescriptor;
  takes: Permission | undefined;
}[];

export function SettingsFrame() {
  const { may } = useSession();
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Settings</Trans>
        </h1>
      </header>
      <nav aria-label={t`Settings`} className="tabs">
        {SECTIONS.filter(({ takes }) => takes === undefined || may(takes)).map((section) => (
          <Link
            key={section.to}
            to={section.to}
            className="tab"
            activeOptions={{ exact: section.to === "/settings" }}
          >
            {t(section.label)}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}
