import type { Page } from "@playwright/test";
import {
  allReviews,
  answer,
  approvals,
  approvalView,
  exerciseResult,
  exerciseSettings,
  first,
  noFigures,
  ownReview,
  page as pageOf,
  problem,
  type S,
  session,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

/** The first approval of the queue turns out to be an exercise. */
async function exercised(page: Page, result: S["ExerciseResult"]) {
  const sent: { decision: unknown; attention?: S["Attention"] }[] = [];
  let decided = false;
  await answer(page, {
    "GET /v1/approvals": () =>
      pageOf(
        approvals
          .filter((each) => !decided || each.id !== first.id)
          .map((approval) => ({ approval, may_decide: true, stake_cents: 488, ticket: null })),
      ),
    "POST /v1/approvals/:id/decisions": (route) => {
      sent.push(route.request().postDataJSON() as (typeof sent)[number]);
      decided = true;
      return { ...first, status: "approved", exercise: result };
    },
  });
  return sent;
}

test("an exercise looks like any item, says what it was once it is decided, and lets go on", async ({
  page,
}) => {
  const sent = await exercised(page, exerciseResult);
  await page.goto("/approvals");
  await expect(page.getByRole("heading", { name: first.preview.title })).toBeVisible();
  await expect(page.getByText(/exercise/i)).toHaveCount(0);
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  const reveal = page.getByRole("heading", { name: "This was an exercise" });
  await expect(reveal).toBeFocused();
  await expect(page.locator("#approval")).toContainText("easy to miss");
  await expect(page.locator("#approval")).toContainText("349.00 had been made into 3490.00");
  await expect(page.locator("#approval")).toContainText("Nothing was done because of it");
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Approved" })).toHaveCount(0);
  await accessible(page);
  expect(sent[0]?.attention?.in_view_ms).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Next" }).click();
  await expect(page.getByRole("heading", { name: /Change the delivery address/ })).toBeVisible();
  await expect(reveal).toHaveCount(0);
});

test("a second look says whether both came to the same", async ({ page }) => {
  const { approval_id } = exerciseResult;
  await exercised(page, {
    slip: null,
    at: null,
    was: null,
    became: null,
    found: null,
    earlier: "reject",
    agreed: false,
    approval_id,
  });
  await page.goto("/approvals");
  await expect(page.getByRole("heading", { name: first.preview.title })).toBeVisible();
  await page.keyboard.press("a");
  await expect(page.getByText("It cannot be undone.")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.locator("#approval")).toContainText("the first came to something else");
  await expect(page.locator("#approval")).toContainText("The real one was rejected");
});

test("evidence counts as seen when it was on the screen, and time when the page was in view", async ({
  page,
}) => {
  const sent = await exercised(page, exerciseResult);
  const source = {
    chunk_id: first.id,
    document_id: first.id,
    document_version: 1,
    slug: "returns",
    title: "Returns",
    quote: "Returns are taken within 30 days.",
  };
  await page.route(`**/v1/approvals/${first.id}`, async (route) => {
    await route.fulfill({
      json: approvalView({ ...first, risk: "outward", evidence: [source, source] }),
    });
  });
  await page.goto(`/approvals/${first.id}`);
  const evidence = page.locator("[data-evidence]");
  await expect(evidence).toHaveCount(2);
  await evidence.first().scrollIntoViewIfNeeded();
  await expect(async () => {
    const marks = await evidence.evaluateAll((all) => all.map((each) => each.dataset.evidence));
    expect(marks).toEqual(["0", "1"]);
  }).toPass();
  await evidence.last().scrollIntoViewIfNeeded();
  await expect(page.locator("[data-seen]")).toHaveCount(2);
  await page.keyboard.press("a");
  await expect(page.getByRole("heading", { name: "This was an exercise" })).toBeVisible();
  expect(sent[0]?.attention?.evidence_seen).toEqual([0, 1]);
});

test("one sees one's own figures with what they rest on", async ({ page }) => {
  await answer(page);
  await page.goto("/safety/reviewing");
  const own = page.getByRole("region", { name: "My reviewing" });
  await expect(own).toContainText("nobody else is shown these figures");
  await expect(own).toContainText("6 of 8 (75 %)");
  await expect(own).toContainText("between 41 % and 93 %");
  await expect(own).toContainText("238 words a minute");
  await expect(own).toContainText("κ 0.55, moderate");
  await expect(own.getByRole("img", { name: /twelve weeks/ })).toBeVisible();
  await expect(own.getByRole("row", { name: /Citations 3 1/ })).toBeVisible();
  await own.getByText("The numbers").click();
  await accessible(page);
});

test("who may see all reviewers sees weeks and never people", async ({ page }) => {
  const asked: (string | null)[] = [];
  await answer(page, {
    "GET /v1/review-quality": (route) => {
      const team = new URL(route.request().url()).searchParams.get("team");
      asked.push(team);
      const weeks = allReviews.weeks.map(({ starts_at }) => ({ starts_at, figures: null }));
      return team ? { ...allReviews, weeks } : allReviews;
    },
  });
  await page.goto("/safety/reviewing");
  const all = page.getByRole("region", { name: "All reviewers" });
  await expect(all).toContainText("at least 5 people together");
  await expect(all.getByRole("row", { name: /too few people/ })).toHaveCount(3);
  await all.getByLabel("Whose").selectOption({ index: 1 });
  await expect(all).toContainText("Too few people decided in any of these weeks");
  expect(asked[0]).toBeNull();
  expect(asked[1]).not.toBeNull();
});

test("whoever may not see all reviewers sees their own alone, and no switch", async ({ page }) => {
  const permissions = session.permissions.filter(
    (each) => each !== "read_review_quality" && each !== "change_policy",
  );
  await answer(page, {
    "GET /v1/session": () => ({ ...session, permissions }),
    "GET /v1/me/review-quality": () => ({ ...ownReview, figures: noFigures }),
  });
  await page.goto("/safety/reviewing");
  await expect(page.getByText("What you decide in the queue of approvals")).toBeVisible();
  await expect(page.getByRole("region", { name: "All reviewers" })).toHaveCount(0);
  await expect(page.getByRole("region", { name: "Exercises", exact: true })).toContainText("Off:");
  await expect(page.getByRole("button", { name: "Switch on" })).toHaveCount(0);
});

test("exercises are switched on with a rate and off again", async ({ page }) => {
  let now = exerciseSettings;
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/review-quality/exercises": () => now,
    "PUT /v1/review-quality/exercises": (route) => {
      now = route.request().postDataJSON() as typeof now;
      sent.push(now);
      return now;
    },
  });
  await page.goto("/safety/reviewing");
  const exercises = page.getByRole("region", { name: "Exercises", exact: true });
  await expect(exercises).toContainText("Nothing is ever done because of one");
  await exercises.getByLabel("One in so many items").fill("20");
  await exercises.getByRole("button", { name: "Switch on" }).click();
  await expect(exercises).toContainText("On: about one in 20 items of each reviewer");
  await exercises.getByRole("button", { name: "Switch off" }).click();
  await expect(exercises).toContainText("Off: every item of the queue is a real one.");
  expect(sent).toEqual([
    { on: true, one_in: 20, most_a_day: 2 },
    { on: false, one_in: 20, most_a_day: 2 },
  ]);
});

test("figures that cannot be read are asked for again", async ({ page }) => {
  let works = false;
  await answer(page, {
    "GET /v1/me/review-quality": () =>
      works ? ownReview : problem(500, "Something went wrong", "the figures cannot be counted"),
  });
  await page.goto("/safety/reviewing");
  const own = page.getByRole("region", { name: "My reviewing" });
  await expect(own.getByRole("alert")).toContainText("the figures cannot be counted");
  works = true;
  await own.getByRole("button", { name: "Try again" }).click();
  await expect(own).toContainText("6 of 8 (75 %)");
});

test("the page fits a phone in the dark", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 740 });
  await answer(page);
  await page.goto("/safety/reviewing");
  await expect(page.getByRole("region", { name: "All reviewers" })).toContainText("Week from");
  await fits(page);
  await accessible(page);
});
