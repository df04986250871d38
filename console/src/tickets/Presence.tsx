// Who else has the ticket open, so that two people do not answer it at once.
import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, send } from "../api/client";
import type { Presence as Present } from "../api/words";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { listed } from "../text/format";

/** The service forgets whoever is silent for 25 seconds. */
const EVERY_MS = 10_000;

function say(id: string, doing: Present["doing"] | null, keepalive = false) {
  return send(
    api.PUT("/v1/tickets/{id}/presence", { params: { path: { id } }, body: { doing }, keepalive }),
  );
}

export function presenceText(others: readonly Present[]): string {
  const some = (doing: Present["doing"]) =>
    others.filter((one) => one.doing === doing).map((one) => one.name);
  const who = (names: string[]) =>
    names.length > 3
      ? listed([...names.slice(0, 2), t`${names.length - 2} others`])
      : listed(names);
  const write = some("writing");
  const view = some("viewing");
  const writers = who(write);
  const viewers = who(view);
  return [
    write.length > 0 &&
      plural(write.length, {
        one: `${writers} is writing here`,
        other: `${writers} are writing here`,
      }),
    view.length > 0 &&
      plural(view.length, {
        one: `${viewers} has this ticket open`,
        other: `${viewers} have this ticket open`,
      }),
  ]
    .filter((each) => each !== false)
    .join("; ");
}

/** Says that one is here while it is shown, and shows who else is. */
export function Presence({ ticketId, writing }: { ticketId: string; writing: boolean }) {
  const { userId } = useSession();
  const doing = writing ? "writing" : "viewing";
  const { data } = useQuery({
    queryKey: ["presence", ticketId, doing],
    queryFn: () => say(ticketId, doing),
    enabled: Boolean(userId),
    refetchInterval: EVERY_MS,
    retry: false,
    gcTime: 0,
    placeholderData: (before) => before,
  });

  useEffect(() => {
    if (!userId) return;
    // Nobody waits for it, and what is not heard is forgotten by itself.
    const leave = () => void say(ticketId, null, true).catch(() => undefined);
    window.addEventListener("pagehide", leave);
    return () => {
      window.removeEventListener("pagehide", leave);
      leave();
    };
  }, [ticketId, userId]);

  const others = data?.others ?? [];
  return (
    <div role="status" className="presence small" data-writing={others[0]?.doing === "writing"}>
      {others.length > 0 && (
        <>
          <Icon name="eye" /> {presenceText(others)}
        </>
      )}
    </div>
  );
}
