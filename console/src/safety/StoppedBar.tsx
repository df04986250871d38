// On every page while something is stopped: nobody should wonder why nothing happens.
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { breakerKey, breakerWords } from "./breakers";
import { breakersQuery } from "./queries";

const NAMED = 2;

export function StoppedBar() {
  const open = useQuery(breakersQuery).data?.items ?? [];
  if (open.length === 0) return null;
  const more = open.length - NAMED;
  return (
    <div role="status" className="stopped-bar">
      Stopped:{" "}
      {open
        .slice(0, NAMED)
        .map(({ of }) => breakerWords(of))
        .join(", ")}
      {more > 0 && ` and ${more} more`}.{" "}
      <Link to="/safety" key={open.map(({ of }) => breakerKey(of)).join()}>
        See why
      </Link>
    </div>
  );
}
