// A tool is stopped on the service itself: what is approved meanwhile waits, and is done once.
import { approval, effects, expect, signIn, someCall, test } from "./service";

test("an approved cancellation waits while its tool is stopped, and is done once it may go on", async ({
  page,
  context,
}) => {
  await signIn(page, "admin", "/safety");
  await page.getByLabel("What").selectOption("tool:shop__cancel_order");
  await page.getByLabel("Why").fill("The wrong orders were cancelled");
  await page.getByRole("button", { name: "Stop it now" }).click();
  await expect(page.getByText("Stopped: the tool shop__cancel_order.")).toBeVisible();

  const call = await someCall(context, "shop__cancel_order");
  await page.goto(`/approvals/${call.id}`);
  await expect(page.locator("#approval")).toContainText("The wrong orders were cancelled");
  await page.keyboard.press("a");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Approved" })).toBeVisible();
  await page.goto(`/runs/${(await approval(context, call.id)).run.id}`);
  await expect(page.getByText(/Waits for an open breaker: the tool cancel order/)).toBeVisible();
  const made = async () =>
    (await effects(context, call.ticket_id ?? ""))
      .filter((each) => each.approval_id === call.id)
      .map((each) => each.status);
  expect(await made()).toEqual([]);

  await page.goto("/safety");
  await page.getByRole("button", { name: "Let it go on" }).click();
  await page.getByLabel("Why may it go on?").fill("Mended");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Nothing is stopped" })).toBeVisible();
  await expect.poll(made).toEqual(["succeeded"]);

  await page.getByRole("link", { name: "Audit" }).click();
  const rows = page.getByRole("row");
  // Other stories of the same service close breakers as well.
  const closed = rows.filter({ hasText: "Closed a breaker" }).filter({ hasText: "Mended" });
  await expect(closed).toHaveCount(1);
  await expect(rows.filter({ hasText: "Decided an approval" }).first()).toBeVisible();
  await page.getByRole("button", { name: "Check the chain" }).click();
  await expect(page.getByText("The chain is whole")).toBeVisible();
});
