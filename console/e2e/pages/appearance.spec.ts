import { answer } from "./answers";
import { accessible, expect, test } from "./test";

test("colours and density are chosen, kept over a reload, and each is accessible", async ({
  page,
}) => {
  await answer(page);
  await page.goto("/settings/appearance");
  await page.getByLabel(/^\W?Dark/).check();
  await page.getByLabel(/^\W?Compact/).check();
  await page.reload();
  await expect(page.getByLabel(/^\W?Dark/)).toBeChecked();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await expect(page.locator("html")).toHaveAttribute("data-density", "compact");
  await accessible(page);
  await page.goto("/tickets");
  const row = page.locator("[data-row]").first();
  await expect(row).toBeVisible();
  expect((await row.boundingBox())?.height).toBeLessThan(38);
  await accessible(page);
  if (process.env.SHOTS) await page.screenshot({ path: "shots/dark-compact-tickets.png" });
});
