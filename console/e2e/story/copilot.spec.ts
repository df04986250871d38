// A colleague asks the service itself, which has no language model: what it finds is there, and leads there.
import { accessible } from "../pages/test";
import { expect, signIn, test } from "./service";

test("a question is answered from the records, and its sources lead to them", async ({ page }) => {
  await signIn(page, "reviewer", "/");
  await page.keyboard.press("Control+j");
  const panel = page.getByRole("complementary", { name: "Copilot" });
  const field = page.getByRole("textbox", { name: "Question to the copilot" });
  await field.fill("Which tickets are waiting for us?");
  await field.press("Enter");
  await expect(panel).toContainText(/There (is|are) \d+ tickets? waiting for us\./);
  const first = panel.getByRole("link", { name: /^Ticket: #/ }).first();
  const named = /#\d+/.exec((await first.getAttribute("aria-label")) ?? "")?.[0] ?? "none";
  await first.click();
  await expect(page.locator("#main")).toContainText(named);
  await panel.getByRole("button", { name: "What happened in ticket" }).first().click();
  await expect(panel).toContainText("It was opened");
  await accessible(page);

  await panel.getByRole("button", { name: "New" }).click();
  await panel.getByRole("button", { name: "Summarise this ticket" }).click();
  await expect(panel).toContainText(`Ticket ${named}`);

  await panel.getByRole("button", { name: "New" }).click();
  await field.fill("How much may a team lead refund without asking?");
  await field.press("Enter");
  await expect(panel.getByRole("link", { name: /^Article: / }).first()).toBeVisible();

  await panel.getByRole("button", { name: "Conversations" }).click();
  await panel.getByRole("button", { name: /^Which tickets are waiting for us\?/ }).click();
  await expect(panel).toContainText("It was opened");
});
