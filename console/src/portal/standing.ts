// How a ticket stands, in words for its customer.
import { t } from "@lingui/core/macro";
import type { S } from "../api/words";
import type { BadgeTone } from "../parts/Badge";

export type CustomerStanding = S["CustomerStanding"];

export function standingOf(standing: CustomerStanding): { words: string; tone: BadgeTone } {
  switch (standing) {
    case "in_progress":
      return { words: t`In progress`, tone: "grey" };
    case "being_checked":
      return { words: t`Being checked`, tone: "amber" };
    case "with_a_person":
      return { words: t`With a person`, tone: "amber" };
    case "waiting_for_you":
      return { words: t`Answered`, tone: "blue" };
    case "solved":
      return { words: t`Solved`, tone: "green" };
    case "closed":
      return { words: t`Closed`, tone: "grey" };
  }
}

/** Writing on it opens it again. */
export const isOver = (standing: CustomerStanding) =>
  standing === "solved" || standing === "closed";
