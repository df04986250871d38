// What this browser said of answers. The service keeps it on the ticket; this is for showing it again.
import { kept } from "../parts/store";

type Ratings = Record<string, boolean>;

const MOST = 200;

const isRatings = (value: unknown): value is Ratings =>
  typeof value === "object" &&
  value !== null &&
  Object.values(value).every((each) => typeof each === "boolean");

export const ratings = kept<Ratings>("countersign.ratings", {}, isRatings);

/** With one more word; of very many the oldest go. */
export function withRating(all: Ratings, messageId: string, helpful: boolean): Ratings {
  const others = Object.entries(all).filter(([id]) => id !== messageId);
  return Object.fromEntries([...others.slice(1 - MOST), [messageId, helpful]]);
}
