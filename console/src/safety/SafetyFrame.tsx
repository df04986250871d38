// The safety pages share a heading and the way from one to the next.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, Outlet } from "@tanstack/react-router";
import { useSession } from "../session/session";
import "./safety.css";

export function SafetyFrame() {
  const { may } = useSession();
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Safety</Trans>
        </h1>
      </header>
      <nav aria-label={t`Safety`} className="tabs">
        <Link to="/safety" className="tab" activeOptions={{ exact: true }}>
          <Trans>Breakers</Trans>
        </Link>
        <Link to="/safety/limits" className="tab">
          <Trans>Limits</Trans>
        </Link>
        {may("read_policy") && (
          <Link to="/safety/autonomy" className="tab">
            <Trans>Autonomy</Trans>
          </Link>
        )}
        {(may("decide_approvals") || may("read_review_quality")) && (
          <Link to="/safety/reviewing" className="tab">
            <Trans>Reviewing</Trans>
          </Link>
        )}
        {may("read_audit") && (
          <Link to="/safety/audit" className="tab" activeOptions={{ includeSearch: false }}>
            <Trans>Audit</Trans>
          </Link>
        )}
        {may("redact") && (
          <Link to="/safety/personal-data" className="tab">
            <Trans>Personal data</Trans>
          </Link>
        )}
      </nav>
      <Outlet />
    </div>
  );
}
