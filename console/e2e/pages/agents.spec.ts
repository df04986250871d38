import { answer, breaker, type S } from "./answers";
import { accessible, expect, fits, test } from "./test";

const resolution: S["BreakerOf"] = { kind: "agent", name: "resolution" };

test("an agent shows what it did, what it may and what it has left of its limits", async ({
  page,
}) => {
  await answer(page);
  await page.goto("/agents");
  const card = page.getByRole("article", { name: "Resolution" });
  await expect(card.getByText("Works", { exact: true })).toBeVisible();
  await expect(card.getByRole("row", { name: "Tickets resolved" })).toContainText("31, 2 reopened");
  await expect(card.getByRole("row", { name: "Confidence of its calls" })).toContainText(
    "91 % in 12 calls",
  );
  await expect(card.getByText("61 of 100 runs")).toBeVisible();
  await expect(card.getByText("Moves money")).toHaveCount(0);
  await expect(card.getByText("Irreversible")).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 800 });
  await fits(page);
  await card.getByRole("link", { name: "Its runs" }).click();
  await expect(page).toHaveURL(/\/runs\?agent=resolution/);
});

test("an agent is paused with a reason, and let go on with another", async ({ page }) => {
  const said: unknown[] = [];
  let items: S["Breaker"][] = [];
  const list = () => ({ items, automatic: [], could_be: [] });
  await answer(page, {
    "GET /v1/breakers": list,
    "POST /v1/breakers": (route) => {
      said.push(route.request().postDataJSON());
      items = [breaker(resolution, "It promises refunds")];
      return list();
    },
    "POST /v1/breakers/close": async (route) => {
      said.push(route.request().postDataJSON());
      items = [];
      await route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.goto("/agents");
  const card = page.getByRole("article", { name: "Resolution" });
  await card.getByRole("button", { name: "Pause…" }).click();
  const dialog = page.getByRole("dialog");
  await accessible(page);
  await dialog.getByRole("button", { name: "Pause it now" }).click();
  expect(said).toEqual([]);
  await dialog.getByLabel("Why?").fill("It promises refunds");
  await dialog.getByRole("button", { name: "Pause it now" }).click();
  await expect(card.getByText("Paused", { exact: true })).toBeVisible();
  await expect(card.getByText("It promises refunds")).toBeVisible();
  await expect(card.getByRole("button", { name: "Pause…" })).toHaveCount(0);
  await card.getByRole("button", { name: "Let it go on" }).click();
  await card.getByLabel("Why may it go on?").fill("The prompt was corrected");
  await card.getByRole("button", { name: "Let it go on" }).click();
  await expect(card.getByText("Works", { exact: true })).toBeVisible();
  expect(said).toEqual([
    { of: resolution, reason: "It promises refunds" },
    { of: resolution, reason: "The prompt was corrected" },
  ]);
});
