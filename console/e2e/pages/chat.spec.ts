import type { Page } from "@playwright/test";
import { answer, conversation, id, problem } from "./answers";
import { accessible, expect, test } from "./test";

async function resume(page: Page) {
  await page.addInitScript(
    (value) => localStorage.setItem("countersign.conversation", value),
    JSON.stringify({ id: id(100), token: "cv_token" }),
  );
}

test("a conversation starts with a message and goes on after a reload", async ({ page }) => {
  await answer(page);
  await page.goto("/chat");
  await page.getByLabel("How can we help?").fill("How long do I have to return a tent?");
  await page.keyboard.press("Enter");
  await expect(page.getByText("within 30 days of delivery").first()).toBeVisible();
  await page.reload();
  await expect(page.getByText("within 30 days of delivery").first()).toBeVisible();
});

test("a service that is crowded is asked again until it answers", async ({ page }) => {
  await resume(page);
  let asked = 0;
  await answer(page, {
    "GET /v1/conversations/:id": () => {
      asked += 1;
      return asked === 1
        ? problem(429, "Too many requests", "try again in a moment")
        : conversation;
    },
  });
  await page.goto("/chat");
  await expect(page.getByText("try again in a moment")).toBeVisible();
  await expect(page.getByText("within 30 days of delivery").first()).toBeVisible();
});

test("a source mark leads to its quote, by keyboard too", async ({ page }) => {
  await resume(page);
  await answer(page);
  await page.goto("/chat?embed=1");
  const mark = page.getByRole("button", { name: "Source 1: Returns and refunds" });
  await mark.focus();
  await page.keyboard.press("Enter");
  await expect(page.locator("blockquote")).toBeVisible();
  await accessible(page);
});

test("an answer that a person checks first is announced", async ({ page }) => {
  await resume(page);
  const messages = conversation.messages.slice(0, 1);
  await answer(page, {
    "GET /v1/conversations/:id": () => ({ ...conversation, handed_off: false, messages }),
  });
  await page.goto("/chat");
  await expect(page.getByText("A person is checking this")).toBeVisible();
  await accessible(page);
});

test("a message that could not be sent stays and is sent again under the same key", async ({
  page,
}) => {
  await resume(page);
  const keys: (string | undefined)[] = [];
  await answer(page, {
    "POST /v1/conversations/:id/messages": (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      if (keys.length === 1) {
        return problem(429, "Too many requests", "wait a moment before the next message");
      }
      return { ...conversation.messages[0], id: id(99), body: "Also without the box?" };
    },
  });
  await page.goto("/chat");
  await page.getByLabel("Your message").fill("Also without the box?");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Not sent: wait a moment")).toBeVisible();
  await page.getByRole("button", { name: "Send again" }).click();
  await expect(page.getByText("Not sent")).toHaveCount(0);
  await expect(page.getByText("Also without the box?")).toHaveCount(1);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
});

test("an ended conversation says so, is forgotten and makes way for a new one", async ({
  page,
}) => {
  await resume(page);
  await answer(page, {
    "GET /v1/conversations/:id": () => problem(401, "Not signed in", "the token has run out"),
  });
  await page.goto("/chat");
  await expect(page.getByText("Your last conversation has ended.")).toBeVisible();
  await expect(page.getByLabel("How can we help?")).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem("countersign.conversation"))).toBe("null");
});
