// Examples of how people review, and of an item that was no approval.
import { id, minute, type S } from "./base";

const WEEK = 7 * 24 * 60 * minute;
const monday = (ago: number) =>
  new Date(Date.parse("2026-01-05") + (11 - ago) * WEEK).toISOString();

export const noFigures: S["ReviewFigures"] = {
  decisions: 0,
  time: null,
  unread: null,
  found: null,
  by_slip: [],
  together: null,
  second_looks: null,
};

export const reviewFigures: S["ReviewFigures"] = {
  decisions: 214,
  time: { measured: 190, median: 0.65 },
  unread: { n: 120, of_them: 30, share: 0.25, low: 0.18, high: 0.33 },
  found: { n: 8, of_them: 6, share: 0.75, low: 0.41, high: 0.93 },
  by_slip: [
    { slip: "amount", n: 5, found: 5 },
    { slip: "citation", n: 3, found: 1 },
  ],
  together: { rate: { n: 12, of_them: 11, share: 11 / 12, low: 0.65, high: 0.99 }, kappa: null },
  second_looks: { rate: { n: 5, of_them: 4, share: 0.8, low: 0.38, high: 0.96 }, kappa: 0.55 },
};

export const exerciseSettings: S["ExerciseSettings"] = { on: false, one_in: 50, most_a_day: 2 };

const weeks = Array.from({ length: 12 }, (_, at) => ({
  starts_at: monday(11 - at),
  figures: at % 4 === 3 ? noFigures : { ...reviewFigures, decisions: 10 + at },
}));

export const ownReview: S["OwnReviewQuality"] = {
  figures: reviewFigures,
  weeks,
  words_a_minute: 238,
  exercises: exerciseSettings,
};

export const allReviews: S["ReviewQuality"] = {
  weeks: weeks.map(({ starts_at, figures }, at) => ({
    starts_at,
    figures: at % 4 === 3 ? null : { ...figures, by_slip: [], found: null },
  })),
  least_people: 5,
  words_a_minute: 238,
};

export const exerciseResult: S["ExerciseResult"] = {
  slip: "amount",
  at: "/amount_cents",
  was: "34900",
  became: "349000",
  found: false,
  earlier: "approve",
  agreed: null,
  approval_id: id(290),
};
