// What the knowledge pages say of answers, gaps and recalls, with canned answers of the API.
import { answer, answered, gap, id, problem } from "./answers";
import { accessible, expect, test } from "./test";

test("each sentence of an answer names its source, and a reader says what that is worth", async ({
  page,
}) => {
  let said: unknown;
  await answer(page, {
    "POST /v1/knowledge/answer": () => answered,
    "POST /v1/knowledge/chunks/:id/feedback": (route) => {
      said = route.request().postDataJSON();
      return { ...(said as object), author: "user:1" };
    },
  });
  await page.goto("/knowledge/search?mode=ask");
  await page.getByRole("textbox", { name: "Question" }).fill("How long can I return a tent?");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Source 1: Returns and refunds" }).click();
  await expect(page.getByRole("list", { name: "Sources" }).getByRole("listitem")).toBeFocused();
  await page.getByText("1 sentence left out").click();
  await expect(page.getByText("no source carries: 2")).toBeVisible();
  await page.getByRole("button", { name: "Outdated" }).click();
  await expect(page.getByRole("button", { name: "✓ Outdated" })).toBeVisible();
  expect(said).toEqual({ verdict: "outdated" });
  await accessible(page);
});

test("an abstention and a question back are shown as such", async ({ page }) => {
  const asked: { turns: unknown[] }[] = [];
  await answer(page, {
    "POST /v1/knowledge/answer": (route) => {
      asked.push(route.request().postDataJSON());
      const open = {
        lacks: "object" as const,
        alternatives: ["Reset your password"],
        question: "What is it about?",
      };
      return asked.length === 1
        ? {
            ...answered,
            outcome: "asked_back",
            text: open.question,
            sentences: [],
            answerability: { ...answered.answerability, underspecified: open },
          }
        : {
            ...answered,
            outcome: "abstained",
            text: "The knowledge base says nothing about “bitcoin”.",
            sentences: [],
          };
    },
  });
  await page.goto("/knowledge/search?mode=ask");
  await page.getByRole("textbox", { name: "Question" }).fill("It does not work");
  await page.getByRole("button", { name: "Ask", exact: true }).click();
  await expect(page.getByText("It asks back")).toBeVisible();
  await page.getByRole("button", { name: "Reset your password" }).click();
  await expect(page.getByText("It does not answer")).toBeVisible();
  expect(asked[1]?.turns).toHaveLength(2);
  await accessible(page);
});

test("a gap becomes an article that somebody goes on with", async ({ page }) => {
  await answer(page, {
    "POST /v1/knowledge/gaps/:id/draft": () => ({
      gap: gap.gap,
      slug: "draft-bitcoin",
      markdown: "---\ntitle: Bitcoin\n---\n# Bitcoin\n",
    }),
  });
  await page.goto("/knowledge/gaps");
  await expect(page.getByRole("link", { name: "Ticket", exact: true })).toHaveAttribute(
    "href",
    `/tickets/${id(100)}`,
  );
  await page.getByRole("button", { name: "Write it yourself" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByLabel("Name")).toHaveValue("draft-bitcoin");
  const text = dialog.getByLabel("Markdown");
  await expect(text).toHaveValue(/# Bitcoin/);
  // What was written is not lost by a stray click or key; what was not changed closes by either.
  await text.fill("# Bitcoin\n\nWe take none.");
  await page.mouse.click(5, 5);
  await page.keyboard.press("Escape");
  await expect(text).toHaveValue("# Bitcoin\n\nWe take none.");
  await dialog.getByRole("button", { name: "Cancel" }).click();
  await expect(dialog).toHaveCount(0);
});

test("a gap is dismissed with a second word", async ({ page }) => {
  let dismissed = 0;
  await answer(page, {
    "POST /v1/knowledge/gaps/:id/dismiss": () => {
      dismissed += 1;
      return { ...gap.gap, status: "dismissed" };
    },
  });
  await page.goto("/knowledge/gaps");
  await page.getByRole("button", { name: "Dismiss", exact: true }).click();
  expect(dismissed).toBe(0);
  await page.getByRole("button", { name: "No article will answer it" }).click();
  await expect(page.getByText(/Dismissed; further questions/).first()).toBeVisible();
  expect(dismissed).toBe(1);
});

test("a follow-up says that it waits for approval, and a refusal is in the service's words", async ({
  page,
}) => {
  let works = false;
  await answer(page, {
    "POST /v1/knowledge/recall/:id/follow-up": () =>
      works
        ? { ticket_id: id(100) }
        : problem(409, "Conflict", "a follow-up to this answer was proposed already"),
  });
  await page.goto("/knowledge/recall");
  await expect(page.locator(".compared ins")).toHaveText("45");
  await page.getByRole("button", { name: "Offer a follow-up" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("nothing is sent until somebody approves it");
  await accessible(page);
  await dialog.getByRole("button", { name: "Put it before a reviewer" }).click();
  await expect(dialog.getByRole("alert")).toContainText("was proposed already");
  works = true;
  await dialog.getByRole("button", { name: "Put it before a reviewer" }).click();
  await expect(page.getByText("Offered; it waits for approval").first()).toBeVisible();
});
