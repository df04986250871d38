// The safety pages share a heading and the way from one to the next.
import { Link, Outlet } from "@tanstack/react-router";
import { useSession } from "../session/session";
import "./safety.css";

export function SafetyFrame() {
  const { may } = useSession();
  return (
    <div className="page">
      <header className="page-head">
        <h1>Safety</h1>
      </header>
      <nav aria-label="Safety" className="tabs">
        <Link to="/safety" className="tab" activeOptions={{ exact: true }}>
          Breakers
        </Link>
        <Link to="/safety/limits" className="tab">
          Limits
        </Link>
        {may("read_audit") && (
          <Link to="/safety/audit" className="tab" activeOptions={{ includeSearch: false }}>
            Audit
          </Link>
        )}
        {may("redact") && (
          <Link to="/safety/personal-data" className="tab">
            Personal data
          </Link>
        )}
      </nav>
      <Outlet />
    </div>
  );
}
