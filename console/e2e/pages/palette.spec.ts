// The command palette: by keyboard, everywhere.
import { answer, problem, session, tickets, viewerMay } from "./answers";
import { accessible, expect, fits, test } from "./test";

const box = (page: import("@playwright/test").Page) =>
  page.getByRole("combobox", { name: "Search and commands" });

test("Ctrl and K open it anywhere, also while one writes, and close it again", async ({ page }) => {
  await answer(page);
  await page.goto("/tickets");
  await page
    .getByRole("searchbox")
    .or(page.getByLabel(/Search/).first())
    .first()
    .focus();
  await page.keyboard.press("Control+k");
  await expect(box(page)).toBeFocused();
  await accessible(page);
  await page.keyboard.press("Control+k");
  await expect(box(page)).toHaveCount(0);
  await page.keyboard.press("Control+k");
  await expect(box(page)).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(box(page)).toHaveCount(0);
});

test("pages are gone to and things are done by keyboard alone", async ({ page }) => {
  await answer(page);
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await box(page).fill("audit");
  await expect(page.getByRole("option", { name: /Safety · Audit/ })).toHaveAttribute(
    "data-highlighted",
    "",
  );
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/safety\/audit/);
  await page.keyboard.press("Control+k");
  await box(page).fill("theme dark");
  await page.keyboard.press("Enter");
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("what the page declares for its keys can be done from it, and new things from anywhere", async ({
  page,
}) => {
  await answer(page);
  await page.goto("/knowledge");
  await expect(page.getByRole("button", { name: "Upload files" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await box(page).fill("filter");
  await expect(
    page.getByRole("group", { name: "On this page" }).getByRole("option", { name: /Filter/ }),
  ).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("searchbox")).toBeFocused();
  await page.goto("/agents");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await box(page).fill("new doc");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeVisible();
  await expect(page).toHaveURL(/\/knowledge$/);
});

test("records are found by the searches of the service, and the last ones are kept", async ({
  page,
}) => {
  const asked: (string | null)[] = [];
  await answer(page, {
    "GET /v1/tickets": (route) => {
      asked.push(new URL(route.request().url()).searchParams.get("q"));
      return { items: tickets.slice(0, 2), next_cursor: null };
    },
    "GET /v1/customers": () => ({ items: [], next_cursor: null }),
  });
  await page.goto("/agents");
  await page.getByRole("button", { name: "Search" }).click();
  await box(page).fill("refund");
  const found = page.getByRole("option", { name: /torn seam/ });
  await expect(found.first()).toBeVisible();
  await expect(page.getByRole("option", { name: /Returns and refunds/ })).toBeVisible();
  expect(asked).toContain("refund");
  await page.getByRole("option", { name: /Refund for order NF-10482/ }).click();
  await expect(page).toHaveURL(/\/tickets\/019ab0f4/);
  await page.keyboard.press("Control+k");
  const recent = page.getByRole("group", { name: "Recent" });
  await expect(recent.getByRole("option")).toHaveCount(1);
  await expect(recent).toContainText("Refund for order NF-10482");
});

test("who sees masks is not made to search names, and a search that fails is said", async ({
  page,
}) => {
  let customers = 0;
  await answer(page, {
    "GET /v1/session": () => ({ ...session, permissions: viewerMay }),
    "GET /v1/customers": () => {
      customers += 1;
      return problem(403, "Not allowed", "names are masked for you");
    },
    "GET /v1/knowledge/search": () => problem(403, "Not allowed", "no"),
  });
  await page.goto("/agents");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await box(page).fill("zzzz");
  await expect(page.getByText("Not everything could be searched.")).toBeVisible();
  expect(customers).toBe(0);
});

test("the keyboard map lists it, and it fits a phone", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await answer(page);
  await page.goto("/agents");
  await expect(page.getByRole("button", { name: "Menu" })).toBeVisible();
  await page.keyboard.press("?");
  await expect(page.getByRole("dialog", { name: "Keyboard" })).toContainText("Search and commands");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await expect(box(page)).toBeFocused();
  await fits(page);
  await page.keyboard.type("theme");
  await expect(page.getByRole("option", { name: "Theme: dark" })).toBeVisible();
  if (process.env.SHOTS) await page.screenshot({ path: "shots/palette-phone.png" });
});

test("every page of safety and settings is gone to from it, by who may see it", async ({
  page,
}) => {
  await answer(page);
  await page.goto("/agents");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+k");
  const found = page.getByRole("group", { name: "Go to" }).getByRole("option");
  await box(page).fill("settings");
  await expect(found).toHaveText([
    /^\W*Settings\W*GI$/,
    "Settings · Roles",
    "Settings · Teams",
    "Settings · API keys",
    "Settings · Models",
    "Settings · Channels",
    "Settings · Account",
    "Appearance",
  ]);
  await box(page).fill("reviewing");
  await expect(found).toHaveText(["Safety · Reviewing"]);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/safety\/reviewing/);

  await answer(page, { "GET /v1/session": () => ({ ...session, permissions: viewerMay }) });
  await page.goto("/agents");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await box(page).fill("settings");
  await expect(found.filter({ hasText: "Settings · Account" })).toHaveCount(1);
  await expect(found.filter({ hasText: "API keys" })).toHaveCount(0);
  await box(page).fill("reviewing");
  await expect(found).toHaveCount(0);
});
