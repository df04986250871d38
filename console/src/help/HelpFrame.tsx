// The customers' place: the help centre, writing to us, one's own conversations, and the tickets of who signs in. It
// has none of the staff's frame and asks nobody to sign in.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Link, Outlet, useSearch } from "@tanstack/react-router";
import { had } from "../chat/held";
import { Button } from "../parts/Button";
import { useKept } from "../parts/store";
import { useCustomer, useSignOut } from "../portal/session";
import "./help.css";

export function HelpFrame() {
  const { workspace } = useSearch({ from: "/help" });
  const mine = useKept(had).length;
  const customer = useCustomer(workspace);
  const search = workspace ? { workspace } : {};
  return (
    <div className="help">
      <a className="skip" href="#help">
        <Trans>Skip to the page</Trans>
      </a>
      <header className="help-head">
        <Link to="/help" search={search} className="help-name">
          <Trans>Help</Trans>
        </Link>
        <nav aria-label={t`Help`}>
          <Link to="/help/ask" search={search} className="help-place">
            <Trans>Write to us</Trans>
          </Link>
          <Link to="/help/conversations" search={search} className="help-place">
            <Trans>My conversations</Trans>
            {mine > 0 && ` (${mine})`}
          </Link>
          <Link to="/help/tickets" search={search} className="help-place">
            <Trans>My tickets</Trans>
          </Link>
          {customer && <SignOut />}
        </nav>
      </header>
      <main id="help" className="help-main" tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function SignOut() {
  const signOut = useSignOut();
  return (
    <Button size="small" tone="quiet" onClick={() => void signOut()}>
      <Trans>Sign out</Trans>
    </Button>
  );
}
