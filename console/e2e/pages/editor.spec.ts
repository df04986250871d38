// Messages are written with formatting, and read with it: in an approval, on a ticket, in the customer's chat.
import type { Page } from "@playwright/test";
import { answer, approvalView, conversation, first, id, type S, spec } from "./answers";
import { accessible, expect, fits, test } from "./test";

const BODY = "Hello Alex,\nyour tent is **on its way** [1].\n\n* one\n* two";
const HTML =
  "<p>Hello Alex,<br>your tent is <strong>on its way</strong> [1].</p><ul><li>one</li><li>two</li></ul>";

async function edit(page: Page) {
  const call = { ...first.binding.call, tool: "reply_to_customer", args: { body: BODY } };
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/approvals/:id": () =>
      approvalView(
        {
          ...first,
          binding: { ...first.binding, call },
          preview: { title: "Reply to the customer", fields: [], body: BODY },
        },
        { body_html: HTML },
      ),
    "GET /v1/tools/:id": (): S["ToolView"] => ({
      tool: spec("reply_to_customer", {
        parameters: {
          type: "object",
          required: ["body"],
          properties: { body: { type: "string", contentMediaType: "text/markdown" } },
        },
        protected: [],
      }),
      suspended: null,
    }),
    "POST /v1/tools/:id/dry-run": () => ({
      valid: true,
      preview: { title: "Reply to the customer", fields: [], body: BODY },
      body_html: '<p>see <a href="https://a.example/x">here</a></p>',
      verdict: null,
    }),
    "POST /v1/approvals/:id/decisions": (route) => {
      sent.push((route.request().postDataJSON() as { decision: unknown }).decision);
      return { ...first, status: "edited" };
    },
  });
  await page.goto(`/approvals/${first.id}`);
  await expect(page.locator(".customer-sees strong")).toHaveText("on its way");
  await expect(page.locator(".customer-sees li")).toHaveText(["one", "two"]);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit the proposal" });
  const body = form
    .getByRole("textbox", { name: "Body" })
    .and(page.locator("[contenteditable=true]"));
  return { sent, form, body };
}

test("a reply is edited with bold and a link, and what was left alone stays letter for letter", async ({
  page,
}) => {
  const { sent, form, body } = await edit(page);
  await expect(body).toBeFocused();
  await expect(body.locator("strong")).toHaveText("on its way");
  await expect(form.getByRole("button", { name: "Approve with changes" })).toBeDisabled();

  // Its first line.
  await body.getByText("Hello Alex").click({ position: { x: 20, y: 8 } });
  await page.keyboard.press("Home");
  await page.keyboard.press("Shift+End");
  const bold = form.getByRole("button", { name: "Bold" });
  await expect(bold).toHaveAttribute("aria-pressed", "false");
  await page.keyboard.press("ControlOrMeta+b");
  await expect(bold).toHaveAttribute("aria-pressed", "true");
  // With words selected it asks where they lead; without, it finds what one looks for.
  await page.keyboard.press("ControlOrMeta+k");
  const address = form.getByLabel("Address of the link");
  await expect(address).toBeFocused();
  await address.fill("javascript:alert(1)");
  await page.keyboard.press("Enter");
  await expect(form.getByText("Give a web address or a mail address.")).toBeVisible();
  await accessible(page);
  await address.fill("a.example/x");
  await page.keyboard.press("Enter");
  await expect(body).toBeFocused();
  await expect(form.getByRole("button", { name: "Link" })).toHaveAttribute("aria-pressed", "true");
  await expect(form.locator(".text-change ins").first()).toBeVisible();
  // Whoever decides sees where it leads.
  await expect(form.getByText("(https://a.example/x)").first()).toBeVisible();
  await accessible(page);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect.poll(() => sent.length).toBe(1);
  const { type, args } = sent[0] as { type: string; args: { body: string } };
  expect(type).toBe("edit");
  expect(args.body).toMatch(
    /^(\*\*\[Hello Alex,\]\(https:\/\/a\.example\/x\)\*\*|\[\*\*Hello Alex,\*\*\]\(https:\/\/a\.example\/x\))\nyour tent/,
  );
  expect(args.body.endsWith("\n\n* one\n* two")).toBe(true);
});

test("the toolbar is reached by keyboard, and the text as text is always at hand", async ({
  page,
}) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const { form, body } = await edit(page);
  await expect(body).toBeFocused();
  const tools = form.getByRole("toolbar", { name: "Formatting" });
  await tools.getByRole("button", { name: "Bold" }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(tools.getByRole("button", { name: "Italic" })).toBeFocused();
  await fits(page);
  await accessible(page);
  await tools.getByRole("button", { name: "As text" }).click();
  const text = form.getByRole("textbox", { name: "Body" });
  await expect(text).toHaveValue(BODY);
  await expect(text).toBeFocused();
  await text.fill("*Hello*");
  await form.getByRole("button", { name: "With formatting" }).click();
  await expect(body.locator("em")).toHaveText("Hello");
});

test("a customer reads what the desk wrote as it was meant, and their own words as they typed them", async ({
  page,
}) => {
  await page.addInitScript(
    (value) => localStorage.setItem("countersign.conversation", value),
    JSON.stringify({ id: id(100), token: "cv_token" }),
  );
  const [asked, said] = conversation.messages;
  if (!asked || !said) throw new Error("there is a conversation");
  await answer(page, {
    "GET /v1/conversations/:id": () => ({
      ...conversation,
      messages: [
        { ...asked, body: "Is it **late**?", body_html: null },
        { ...said, body: BODY, body_html: HTML },
      ],
    }),
  });
  await page.goto("/chat?embed=1");
  const log = page.getByRole("log");
  await expect(log).toContainText("Is it **late**?");
  await expect(log.locator("strong", { hasText: "on its way" })).toBeVisible();
  await expect(log.locator(".message-text li")).toHaveText(["one", "two"]);
  await expect(log.getByRole("button", { name: /^Source 1/ })).toBeVisible();
  await accessible(page);
});
