// What a visit begins with, before the page's scripts are there.
import type { Page } from "@playwright/test";
import { answer, approvals, problem, session } from "./answers";
import { expect, test } from "./test";

/** As somebody leaves this browser who was signed in. */
async function wasHere(page: Page): Promise<void> {
  await page.addInitScript((permissions) => {
    localStorage.setItem("countersign.known", JSON.stringify(permissions));
  }, session.permissions);
}

function askedFor(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    const { pathname } = new URL(request.url());
    if (pathname.startsWith("/v1/")) asked.push(pathname);
  });
  return asked;
}

test("who comes back finds the first approval open, and K and J move at once", async ({ page }) => {
  await wasHere(page);
  const asked = askedFor(page);
  await answer(page);
  await page.goto("/approvals");
  await expect(page).toHaveURL(new RegExp(`/approvals/${approvals[0]?.id}$`));
  await expect(page.getByRole("button", { name: /^Approve/ }).first()).toBeEnabled();
  await page.keyboard.press("j");
  await expect(page).toHaveURL(new RegExp(`/approvals/${approvals[1]?.id}$`));
  expect(asked.slice(0, 2).toSorted()).toEqual(["/v1/approvals", "/v1/session"]);
  await page.goto("/approvals?risk=outward");
  await expect(page).toHaveURL(/risk=outward/);
  await expect(page.getByRole("region", { name: "Queue" })).toBeVisible();
});

test("a session that ended leads to its sign-in, and the next visit begins with nothing of staff's", async ({
  page,
}) => {
  await page.goto("/favicon.svg");
  await page.evaluate(() => localStorage.setItem("countersign.known", '["read_approvals"]'));
  const over = () => problem(401, "Unauthorized", "sign in");
  await answer(page, { "GET /v1/session": over, "GET /v1/approvals": over });
  await page.goto("/approvals");
  await expect(page).toHaveURL(/\/sign-in\?next=%2Fapprovals/);
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem("countersign.known"))).toBeNull();
  const asked = askedFor(page);
  await page.goto("/approvals");
  await expect(page.getByRole("button", { name: "Sign in", exact: true })).toBeVisible();
  expect(asked.filter((path) => path.startsWith("/v1/approvals"))).toEqual([]);
});

test("customers' pages begin with nothing of staff's, whoever was here", async ({ page }) => {
  await wasHere(page);
  const asked = askedFor(page);
  const scripts: string[] = [];
  page.on("request", (request) => scripts.push(new URL(request.url()).pathname));
  await answer(page);
  await page.goto("/chat");
  await expect(page.getByLabel("How can we help?")).toBeEditable();
  expect(asked.filter((path) => !path.startsWith("/v1/conversations"))).toEqual([]);
  expect(scripts.filter((path) => /\/(?:staff|desk|office)-/.test(path))).toEqual([]);
});

test("an early question that fails is asked again by the page, which says what is wrong", async ({
  page,
}) => {
  await wasHere(page);
  await answer(page, { "GET /v1/approvals": () => problem(500, "Failed", "the queue is gone") });
  await page.goto("/approvals");
  await expect(page.getByText("the queue is gone")).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
});
