// Every page against the service itself: it shows what the service has, breaks no content policy,
// and is accessible in both themes and on a phone.
import { accessible, fits } from "../pages/test";
import { atRest, expect, signIn, test } from "./service";

const PAGES: [string, RegExp][] = [
  ["/", /Waiting longest/],
  ["/approvals", /What will happen/],
  ["/tickets", /#\d+/],
  ["/runs", /Resolution/],
  ["/knowledge", /Returns and refunds|returns-and-refunds/],
  ["/tools", /shop__refund_order/],
  ["/agents", /May call/],
  ["/safety", /Nothing is stopped/],
];

for (const [look, colorScheme, width] of [
  ["light", "light", 1360],
  ["dark", "dark", 1360],
  ["on a phone", "light", 360],
] as const) {
  test(`the pages, ${look}`, async ({ page }) => {
    const errors: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !/status of 401/.test(message.text())) {
        errors.push(message.text());
      }
    });
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 860 });
    // The menu hides the navigation on a phone, so people sign in on a wide window first.
    await page.goto("/sign-in");
    await page.getByLabel("Email").fill("admin@northfold.example");
    await page.getByLabel("Password").fill("countersign");
    await page.getByRole("button", { name: "Sign in", exact: true }).click();
    await expect(page).toHaveTitle(/Home/);
    for (const [path, shows] of PAGES) {
      await page.goto(path);
      if (path === "/approvals" && width < 860) {
        await page.locator(".queue-link").first().click();
      }
      await expect(page.locator("#main")).toContainText(shows);
      await expect(page.locator(".skeleton")).toHaveCount(0);
      await accessible(page);
      await fits(page);
      if (process.env.SHOTS) {
        const name = path.slice(1) || "home";
        await page.screenshot({ path: `shots/real-${look.replaceAll(" ", "-")}-${name}.png` });
      }
    }
    for (const list of ["/tickets", "/runs"]) {
      await page.goto(list);
      await page.locator("[data-row]").first().click();
      await expect(page).toHaveURL(/\/(tickets|runs)\/[0-9a-f-]{36}/);
      await expect(page.locator(".skeleton")).toHaveCount(0);
      await accessible(page);
      await fits(page);
      if (process.env.SHOTS) {
        await page.screenshot({
          path: `shots/real-${look.replaceAll(" ", "-")}-one-${list.slice(1)}.png`,
        });
      }
    }
    expect(errors).toEqual([]);
  });
}

test("a run's journal replays exactly", async ({ page, context }) => {
  await signIn(page, "admin", "/");
  await atRest(context);
  await page.goto("/runs?status=done");
  await page.locator("[data-row]").first().click();
  await page.getByRole("button", { name: "Check replay" }).click();
  await expect(page.getByText("The journal replays exactly.")).toBeVisible();
});

test("a wrong password says so", async ({ page }) => {
  await page.goto("/sign-in");
  await page.getByLabel("Email").fill("reviewer@northfold.example");
  await page.getByLabel("Password").fill("wrong");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText(
    "the address, the password or the code is wrong",
  );
});
