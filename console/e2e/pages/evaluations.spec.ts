import type { Page } from "@playwright/test";
import {
  answer,
  approvalView,
  decidedCase,
  evaluation,
  first,
  page as pageOf,
  problem,
  results,
  type S,
  session,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

test("a suite leads to its evaluation, what it lost and the story of a case", async ({ page }) => {
  const asked: string[] = [];
  await answer(page, {
    "GET /v1/evaluations/:id/results": (route) => {
      asked.push(new URL(route.request().url()).search);
      return pageOf(results);
    },
  });
  await page.goto("/evaluations");
  const suite = page.getByRole("list", { name: "Suites" }).getByRole("listitem").first();
  await expect(suite).toContainText("95.5 %");
  await expect(suite.getByRole("img")).toHaveAccessibleName(
    "From 94.0 % to 95.5 % in 3 evaluations",
  );
  await suite.getByText("Numbers of shop").click();
  await expect(suite.getByRole("row")).toHaveCount(4);
  await accessible(page);
  await suite.getByRole("link", { name: "shop", exact: true }).click();
  await expect(page.getByText("3 gained, 1 lost")).toBeVisible();
  await page.getByRole("radio", { name: "Changed" }).check({ force: true });
  await expect(page).toHaveURL(/show=changed/);
  await expect.poll(() => asked.at(-1)).toContain("changed=true");
  await accessible(page);
  await page.getByRole("link", { name: /a refund without a number/ }).click();
  await expect(page.getByText("Which order do you mean?")).toBeVisible();
  await page.getByText("Steps of turn 1").click();
  await page.getByText("What was expected of turn 1").click();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});

test("with nothing published the page says how to", async ({ page }) => {
  await answer(page, {
    "GET /v1/evaluations": (): S["Suites"] => ({ suites: [] }),
    "GET /v1/evaluations/cases": () => pageOf([]),
  });
  await page.goto("/evaluations");
  await expect(page.getByText("countersign eval run --publish")).toBeVisible();
  await expect(page.getByText(/What was decided on an approval can be made/)).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});

test("what cannot be read says so and is tried again", async ({ page }) => {
  let works = false;
  await answer(page, {
    "GET /v1/evaluations": () =>
      works ? { suites: [] } : problem(503, "Not available right now", "the database is busy"),
    "GET /v1/evaluations/:id": () => problem(404, "Not found", "the evaluation does not exist"),
  });
  await page.goto("/evaluations");
  await expect(page.getByText("the database is busy")).toBeVisible();
  works = true;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("No evaluation has been published yet")).toBeVisible();
  await page.goto(`/evaluations/${evaluation.id}`);
  await expect(page.getByText("This evaluation does not exist")).toBeVisible();
});

/** The first approval of the queue is rejected. */
async function rejected(page: Page, others: Parameters<typeof answer>[1] = {}) {
  const made: unknown[] = [];
  await answer(page, {
    "GET /v1/approvals/:id": () =>
      approvalView(
        { ...first, status: "rejected", decided_at: first.requested_at },
        { may_decide: false, may_not: "it is already rejected" },
      ),
    "POST /v1/evaluations/cases": (route) => {
      made.push(route.request().postDataJSON());
      return decidedCase;
    },
    ...others,
  });
  return made;
}

test("a decision is made into a case with one click", async ({ page }) => {
  const made = await rejected(page);
  await page.goto(`/approvals/${first.id}`);
  await page.getByRole("button", { name: "Make this a case" }).click();
  await expect(page.getByText("It is a case of the evaluations now")).toBeVisible();
  expect(made).toEqual([{ approval_id: first.id }]);
  await accessible(page);
  await page.getByRole("link", { name: decidedCase.case.name }).click();
  await expect(page.getByRole("heading", { name: "Made of decisions" })).toBeVisible();
});

test("the message that a decision was taken offers the same", async ({ page }) => {
  const made: unknown[] = [];
  await answer(page, {
    "POST /v1/approvals/:id/decisions": () => ({ ...first, status: "approved" }),
    "POST /v1/evaluations/cases": (route) => {
      made.push(route.request().postDataJSON());
      return decidedCase;
    },
  });
  await page.goto("/approvals");
  await expect(page.getByRole("heading", { name: first.preview.title })).toBeVisible();
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Make this a case" }).click();
  await expect(page.getByText("It is a case of the evaluations now")).toBeVisible();
  expect(made).toEqual([{ approval_id: first.id }]);
});

test("a case is removed after a question, by whoever may", async ({ page }) => {
  let cases = [decidedCase];
  await answer(page, {
    "GET /v1/evaluations/cases": () => pageOf(cases),
    "DELETE /v1/evaluations/cases/:id": async (route) => {
      cases = [];
      await route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.goto("/evaluations");
  await expect(page.getByRole("link", { name: "Export YAML" })).toBeVisible();
  await page.getByRole("button", { name: `Remove ${decidedCase.case.name}` }).click();
  const dialog = page.getByRole("dialog", { name: "Remove this case?" });
  await accessible(page);
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(page.getByText(/None yet/)).toBeVisible();
});

test("who only reads makes and removes nothing", async ({ page }) => {
  const permissions: S["Permission"][] = ["read_approvals", "read_evaluations", "read_system"];
  await rejected(page, { "GET /v1/session": () => ({ ...session, permissions }) });
  await page.goto(`/approvals/${first.id}`);
  await expect(page.getByRole("heading", { name: first.preview.title })).toBeVisible();
  await expect(page.getByRole("button", { name: "Make this a case" })).toHaveCount(0);
  await page.goto("/evaluations");
  await expect(page.getByRole("link", { name: decidedCase.case.name })).toBeVisible();
  await expect(page.getByRole("button", { name: /Remove/ })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Export YAML" })).toHaveCount(0);
});
