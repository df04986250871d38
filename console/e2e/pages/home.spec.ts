import type { Page } from "@playwright/test";
import { answer, at, desk, deskOf, newDesk, page as pageOf, problem } from "./answers";
import { accessible, expect, fits, test } from "./test";

const tile = (page: Page, name: string) =>
  page.getByRole("listitem").filter({ has: page.getByRole("link", { name, exact: true }) });

test("the desk is seen at a glance, and each figure leads to what it counts", async ({ page }) => {
  // As old as it says when it is asked for, however long this process has been running.
  await answer(page, { "GET /v1/desk": () => deskOf(desk.days) });
  await page.goto("/");
  await expect(tile(page, "Waiting for a decision")).toContainText("4");
  await expect(tile(page, "Waiting for a decision")).toContainText(/longest for \W*4\d\W* min/);
  await expect(tile(page, "Credits spent today")).toContainText("of 10;");
  await expect(tile(page, "Stopped")).toContainText("every agent and tool works");
  // What was opened again is not resolved, and no list shows just these.
  const { confirmed, assumed, unhelpful, reopened } = desk.today;
  const today = page.getByRole("listitem").filter({ hasText: "Resolved by agents today" });
  await expect(today.locator(".tile-value")).toHaveText(`${confirmed + assumed}`);
  await expect(today).toContainText(
    new RegExp(
      `${confirmed}\\W* confirmed, \\W*${assumed}\\W* assumed; \\W*${unhelpful}\\W* of no help, \\W*${reopened}\\W* reopened`,
    ),
  );
  await expect(today.getByRole("link")).toHaveCount(0);
  const became = page.getByRole("region", { name: "Resolved by agents", exact: true });
  for (const [name, n] of Object.entries(desk.resolved)) {
    const term = became.getByText(name.charAt(0).toUpperCase() + name.slice(1), { exact: true });
    await expect(term.locator("..")).toContainText(`${n}`);
  }
  await expect(became).toContainText("An estimate");
  await tile(page, "Tickets waiting for staff").getByRole("link").click();
  await expect(page).toHaveURL(/\/tickets\?status=waiting_for_staff/);
});

test("the chart says what it shows, and its numbers are behind a click", async ({ page }) => {
  await answer(page);
  await page.goto("/");
  const { confirmed } = desk.resolved;
  await expect(
    page.getByRole("img", { name: new RegExp(`30 days: ${confirmed} confirmed`) }),
  ).toBeVisible();
  await expect(page.getByRole("table")).toHaveCount(0);
  await page.getByRole("button", { name: "Show the numbers" }).click();
  await expect(page.getByRole("table").getByRole("row")).toHaveCount(31);
  await expect(page.getByRole("columnheader")).toHaveText([
    "Day (UTC)",
    "Came in",
    "Confirmed",
    "Assumed",
    "Unhelpful",
    "Reopened",
  ]);
  await accessible(page);
  await page.getByText("Spending", { exact: true }).click();
  await expect(page.getByRole("img", { name: /30 days: .* credits spent/ })).toBeVisible();
  await expect(page.getByRole("columnheader")).toHaveText(["Day (UTC)", "Spent"]);
  await page.getByRole("button", { name: "Hide the numbers" }).click();
  await expect(page.getByRole("table")).toHaveCount(0);
});

test("the numbers fit a phone in the dark", async ({ page }) => {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 740 });
  await answer(page);
  await page.goto("/");
  await page.getByRole("button", { name: "Show the numbers" }).click();
  await expect(page.getByRole("table")).toBeVisible();
  await fits(page);
  await accessible(page);
});

test("a desk that nobody has written to shows noughts", async ({ page }) => {
  await answer(page, { "GET /v1/desk": () => newDesk, "GET /v1/approvals": () => pageOf([]) });
  await page.goto("/");
  await expect(page.getByText("Nothing waits for a person.")).toBeVisible();
  await expect(tile(page, "Waiting for a decision")).toContainText("0");
  await expect(
    page.getByRole("img", { name: /0 confirmed, 0 assumed, 0 unhelpful, 0 reopened$/ }),
  ).toBeVisible();
  await accessible(page);
});

test("figures that cannot be read are asked for again, and nothing is made up", async ({
  page,
}) => {
  let works = false;
  await answer(page, {
    "GET /v1/desk": () =>
      works ? desk : problem(500, "Something went wrong", "the desk cannot be counted"),
  });
  await page.goto("/");
  await expect(page.getByRole("alert")).toContainText("the desk cannot be counted");
  await expect(page.getByRole("link", { name: "Credits spent today" })).toHaveCount(0);
  works = true;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(tile(page, "Open tickets")).toContainText("12");
});

test("an event on the stream makes the figures fresh", async ({ page }) => {
  let asked = 0;
  await answer(page, {
    "GET /v1/desk": () => {
      asked += 1;
      return asked === 1 ? desk : deskOf(desk.days, { approvals: { n: 5, oldest: at(42) } });
    },
  });
  await page.route("**/v1/stream*", (route) =>
    route.fulfill({
      contentType: "text/event-stream",
      body: `retry: 600000\n\nevent: approval\ndata: ${JSON.stringify({ type: "approval", approval_id: "a", run_id: "b" })}\n\n`,
    }),
  );
  await page.goto("/");
  await expect(tile(page, "Waiting for a decision")).toContainText("5");
});
