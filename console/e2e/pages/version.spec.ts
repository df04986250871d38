// A page that is older than the service, one that fails, and a machine without a network.
import { test as bare } from "@playwright/test";
import { answer } from "./answers";
import { accessible, expect, test } from "./test";

const NEWER =
  '<!doctype html><script type="module" src="/assets/index-newer.js"></script><div id="root"></div>';

test("a new version is said when the page comes to the front, and nothing reloads by itself", async ({
  page,
}) => {
  await answer(page);
  await page.goto("/tickets");
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
  await expect(page.getByText("A new version was deployed.")).toHaveCount(0);
  await page.route(
    (url) => url.pathname === "/",
    (route) => route.fulfill({ contentType: "text/html", body: NEWER }),
  );
  await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await expect(page.getByText("A new version was deployed.")).toBeVisible();
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
  await accessible(page);
  const loaded = page.waitForEvent("load");
  await page.getByRole("button", { name: "Reload" }).click();
  await loaded;
});

test("without a network the page says so and stays", async ({ page, context }) => {
  await answer(page);
  await page.goto("/tickets");
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
  await context.setOffline(true);
  await expect(page.getByText(/No connection to the service/)).toBeVisible();
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
});

// These pages fail on purpose, which browsers write into their console.
bare("a page that fails leaves the others as they are", async ({ page }) => {
  await answer(page, { "GET /v1/agents": () => ({ items: [{ name: null }] }) });
  await page.goto("/agents");
  await expect(page.getByRole("alert")).toContainText("This page failed");
  await accessible(page);
  await page.getByRole("link", { name: "Tickets", exact: true }).click();
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
});

bare("a part that a deploy took away says so and offers the new version", async ({ page }) => {
  await answer(page);
  await page.goto("/tickets");
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
  await page.route("**/assets/AppearancePage*", (route) => route.fulfill({ status: 404 }));
  await page.route(
    (url) => url.pathname === "/",
    (route) => route.fulfill({ contentType: "text/html", body: NEWER }),
  );
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search and commands" }).fill("appearance");
  await page.getByRole("option", { name: "Appearance" }).click();
  await expect(page.getByText(/A new version was deployed/).first()).toBeVisible();
  await expect(page.getByRole("button", { name: "Reload" }).first()).toBeVisible();
});
