import { t } from "@lingui/core/macro";
import type { Actor } from "../api/words";
import { words } from "../text/format";

/** Who did something, by the name people know them by. */
export function actorName(actor: Actor): string {
  switch (actor.kind) {
    case "customer":
      return actor.name || t`Visitor`;
    case "agent":
      return t`${words(actor.agent)} agent`;
    case "user":
    case "api_key":
      return actor.name;
    case "system":
      return t`Countersign`;
  }
}
