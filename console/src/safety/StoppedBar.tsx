// On every page while something is stopped: nobody should wonder why nothing happens.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { BreakerOf } from "../api/words";
import { useSession } from "../session/session";
import { breakerKey, breakerWords } from "./breakers";
import { breakersQuery } from "./queries";

const NAMED = 2;

export function StoppedBar() {
  const enabled = useSession().may("read_system");
  const data = useQuery({ ...breakersQuery, enabled }).data;
  const open = data?.items ?? [];
  const failing = data?.automatic ?? [];
  if (open.length === 0 && failing.length === 0) return null;
  return (
    <div role="status" className="stopped-bar">
      {open.length > 0 && t`Stopped: ${named(open)}. `}
      {failing.length > 0 && t`Left alone because it keeps failing: ${named(failing)}. `}
      <Link to="/safety" key={[...open, ...failing].map(({ of }) => breakerKey(of)).join()}>
        <Trans>See why</Trans>
      </Link>
    </div>
  );
}

function named(open: { of: BreakerOf }[]): string {
  const more = open.length - NAMED;
  const names = open.slice(0, NAMED).map(({ of }) => breakerWords(of));
  return names.join(", ") + (more > 0 ? t` and ${more} more` : "");
}
