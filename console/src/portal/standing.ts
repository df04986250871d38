// How a ticket stands, in words for its customer.
import type { S } from "../api/words";
import type { BadgeTone } from "../parts/Badge";

export type CustomerStanding = S["CustomerStanding"];

export function standingOf(standing: CustomerStanding): { words: string; tone: BadgeTone } {
  switch (standing) {
    case "in_progress":
      return { words: "In progress", tone: "grey" };
    case "being_checked":
      return { words: "Being checked", tone: "amber" };
    case "with_a_person":
      return { words: "With a person", tone: "amber" };
    case "waiting_for_you":
      return { words: "Answered", tone: "blue" };
    case "solved":
      return { words: "Solved", tone: "green" };
    case "closed":
      return { words: "Closed", tone: "grey" };
  }
}

/** Writing on it opens it again. */
export const isOver = (standing: CustomerStanding) =>
  standing === "solved" || standing === "closed";
