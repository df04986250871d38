// The customers' place: help centre, writing to us, one's own conversations.
import { answer, conversation, helpArticles, id, problem } from "./answers";
import { accessible, expect, test } from "./test";

test("articles are found by words, opened and read", async ({ page }) => {
  await answer(page);
  await page.goto("/help");
  await expect(page.getByRole("heading", { name: "Gear" })).toBeVisible();
  await page.getByLabel("Search the help centre").fill("return a tent");
  await expect(page).toHaveURL(/q=return/);
  await expect(page.getByRole("link", { name: /Setting up a tent/ })).toHaveCount(0);
  await page.getByRole("link", { name: /Returns and refunds/ }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Returns and refunds");
  await expect(page.getByText("within 30 days")).toBeVisible();
});

test("an article that is not public says so without saying more", async ({ page }) => {
  await answer(page);
  await page.goto("/help/articles/internal-chargebacks");
  await expect(page.getByText("This article cannot be read here")).toBeVisible();
  await accessible(page);
});

test("articles are suggested before a ticket is sent, and what is sent can be gone back to", async ({
  page,
}) => {
  let sent: unknown;
  await answer(page, {
    "POST /v1/conversations": (route) => {
      sent = route.request().postDataJSON();
      return {
        conversation_id: id(100),
        token: "cv_token",
        token_expires_at: new Date(Date.now() + 1e9).toISOString(),
        ticket_number: 40,
      };
    },
  });
  await page.goto("/help/ask?workspace=northfold");
  const suggested = page.getByRole("complementary", { name: "This may answer it" });
  await expect(suggested.getByRole("link")).toHaveCount(0);
  await page.getByLabel("What is it about?").fill("Returning a tent");
  await expect(suggested.getByRole("link", { name: /Returns and refunds/ })).toBeVisible();
  await page.getByLabel("Your message").fill("Can I send it back?");
  await accessible(page);
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page).toHaveURL(new RegExp(`/help/conversations/${id(100)}`));
  expect(sent).toEqual({
    message: "Returning a tent\n\nCan I send it back?",
    workspace: "northfold",
  });
  await expect(page.getByRole("log")).toContainText("within 30 days of delivery");
  await page.getByRole("link", { name: "My conversations", exact: true }).click();
  await expect(page.getByRole("link", { name: /Returning a tent/ })).toContainText("With a person");
});

test("a conversation whose token has run out leaves the list", async ({ page }) => {
  const one = { number: 40, subject: "Old tent", startedAt: "2026-01-31T09:30:00Z" };
  await page.addInitScript(
    (value) => localStorage.setItem("countersign.conversations", value),
    JSON.stringify([
      { ...one, id: id(101), token: "cv_gone" },
      { ...one, id: id(100), token: "cv_token", subject: "New tent" },
    ]),
  );
  await answer(page, {
    "GET /v1/conversations/:id": (_, path) =>
      path.endsWith(id(101)) ? problem(401, "Sign in first", "it has run out") : conversation,
  });
  await page.goto("/help/conversations");
  await expect(page.getByRole("link", { name: /New tent/ })).toBeVisible();
  await expect(page.getByRole("link", { name: /Old tent/ })).toHaveCount(0);
});

test("the help centre can be walked through by keyboard", async ({ page }) => {
  await answer(page, { "GET /v1/help/articles": () => ({ items: helpArticles }) });
  await page.goto("/help");
  await expect(page.getByRole("link", { name: /Exchanges/ })).toBeVisible();
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the page" })).toBeFocused();
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await expect(page.getByLabel("Search the help centre")).toBeFocused();
});
