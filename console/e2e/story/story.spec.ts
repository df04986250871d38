// The whole way through the house, on the service itself: a customer asks, an agent answers with
// its source; a refund waits for a person, is countersigned and done exactly once.
import { accessible } from "../pages/test";
import {
  approval,
  ask,
  atRest,
  effects,
  expect,
  signIn,
  someRefund,
  test,
  waiting,
} from "./service";

test("a customer is answered with a source", async ({ page }) => {
  await ask(page, "How long do I have to return a tent?");
  const answer = page.getByRole("article").filter({ hasText: "Assistant" });
  await expect(answer.first()).toContainText("30 days");
  await answer
    .first()
    .getByRole("button", { name: /^Source 1/ })
    .click();
  await expect(answer.first().locator("blockquote").first()).toContainText("30 days");
  await page.reload();
  await expect(page.getByRole("log")).toContainText("How long do I have to return a tent?");
});

test("a refund waits for a person, is countersigned by keyboard and done exactly once", async ({
  browser,
  page,
  context,
  service,
}) => {
  // A person is at the desk before the customer writes: the queue must fill by itself.
  await signIn(page, "reviewer", "/");
  await atRest(context);
  await page.goto("/approvals");
  await expect(page.locator("#approval h2").first()).toBeVisible();

  const outside = await browser.newContext({ baseURL: service });
  const customer = await outside.newPage();
  await ask(
    customer,
    "Please refund my order NF-10482, the tent arrived with a torn seam.",
    "alex@mail.example",
  );

  const row = page.getByRole("link", { name: /Refund .* NF-10482/ });
  // What is new is counted and moves nothing until the reader wants to see it.
  await page.getByRole("button", { name: /new ones?: show/ }).click();
  await expect(row).toBeVisible();
  const proposed = (await waiting(context)).find((each) => each.preview.title.includes("NF-10482"));
  expect(proposed).toBeDefined();
  const title = proposed?.preview.title ?? "";

  // By keyboard alone: up the queue, for it has the most at stake, until it is open.
  for (let at = 0; at < 50; at += 1) {
    if (await page.getByRole("heading", { level: 2, name: title }).isVisible()) break;
    await page.keyboard.press("k");
    await page.waitForURL(/approvals\/.+/);
    await expect(page.locator("#approval h2").first()).toBeVisible();
  }
  await expect(page.getByRole("heading", { level: 2, name: title })).toBeVisible();
  await expect(page.locator("#approval")).toContainText("NF-10482");
  await page.keyboard.press("a");
  await expect(page.getByText("It cannot be undone.")).toBeVisible();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Approved" })).toBeVisible();
  await expect(row).toHaveCount(0);

  // The customer is told, on the page they never left.
  await expect(
    customer
      .getByRole("article")
      .filter({ hasText: "Assistant" })
      .filter({ hasText: /refund/i }),
  ).toHaveCount(1);

  const ticketId = proposed?.ticket_id ?? "";
  const refunds = (await effects(context, ticketId)).filter(
    (effect) => effect.call.tool === "shop__refund_order",
  );
  expect(refunds.map((effect) => effect.status)).toEqual(["succeeded"]);
  expect(refunds[0]?.approval_id).toBe(proposed?.id);

  await page.goto(`/tickets/${ticketId}`);
  await expect(page.getByText(/Waits for a person: Refund/)).toBeVisible();
  await expect(page.getByText("offline model").first()).toBeVisible();
  await outside.close();
});

test("an edited proposal is done as edited", async ({ page, context }) => {
  await signIn(page, "reviewer", "/");
  const refund = await someRefund(context);
  const args = refund.binding.call.args as { amount_cents: number };
  await page.goto(`/approvals/${refund.id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const amount = page.getByLabel("Amount in cents");
  await expect(amount).toHaveValue(String(args.amount_cents));
  await amount.fill("1000");
  await expect(page.getByText("= 10.00")).toBeVisible();
  await expect(page.getByText("With your changes")).toBeVisible();
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { name: "Approved with changes" })).toBeVisible();
  await expect
    .poll(async () => (await approval(context, refund.id)).approval.status)
    .toBe("edited");
  await expect
    .poll(async () =>
      (await effects(context, refund.ticket_id ?? ""))
        .filter((effect) => effect.approval_id === refund.id)
        .map((effect) => [effect.status, (effect.call.args as typeof args).amount_cents]),
    )
    .toEqual([["succeeded", 1000]]);
});

test("a rejected proposal is not done, and its reason is kept", async ({ page, context }) => {
  await signIn(page, "reviewer", "/");
  const refund = await someRefund(context);
  await page.goto(`/approvals/${refund.id}`);
  await expect(page.getByRole("heading", { level: 2, name: refund.preview.title })).toBeVisible();
  await page.keyboard.press("r");
  await page.keyboard.type("The photos show wear, not damage.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { name: "Rejected" })).toBeVisible();
  await page.goto(`/approvals/${refund.id}`);
  await expect(page.getByText("“The photos show wear, not damage.”")).toBeVisible();
  const done = await effects(context, refund.ticket_id ?? "");
  expect(done.filter((effect) => effect.call.tool === "shop__refund_order")).toEqual([]);
});

test("of two people who decide a refund at once, one for and one against, one outcome stands", async ({
  browser,
  page,
  context,
  service,
}) => {
  await signIn(page, "reviewer", "/");
  const refund = await someRefund(context);
  const other = await browser.newContext({ baseURL: service });
  const second = await other.newPage();
  // Neither hears of the other, so that both decide on what they were shown.
  for (const each of [page, second]) {
    await each.route("**/v1/stream", (route) => route.abort());
  }
  await signIn(second, "admin", "/");
  await page.goto(`/approvals/${refund.id}`);
  await page.getByRole("button", { name: "Approve" }).click();
  await expect(page.getByText("It cannot be undone.")).toBeVisible();
  await second.goto(`/approvals/${refund.id}`);
  await second.getByRole("button", { name: "Reject" }).click();
  const reason = second.getByLabel("Why should this not happen?");
  await reason.fill("Not covered.");
  const approve = page.getByRole("form", { name: "Confirm" }).getByRole("button");
  await Promise.all([approve.first().press("Enter"), reason.press("Control+Enter")]);

  // Whoever came second is told what there was before them.
  const decided = async () => (await approval(context, refund.id)).approval.status;
  await expect.poll(decided).toMatch(/^(approved|rejected)$/);
  const outcome = await decided();
  const [loser, shown, not] =
    outcome === "approved" ? [second, "Approved", "Rejected"] : [page, "Rejected", "Approved"];
  await expect(loser.getByText(new RegExp(`already ${outcome}`))).toBeVisible();
  expect((await approval(context, refund.id)).decisions).toHaveLength(1);
  for (const each of [page, second]) {
    await each.goto(`/approvals/${refund.id}`);
    const head = each.locator("#approval .approval-head");
    await expect(head.getByText(shown, { exact: true })).toBeVisible();
    await expect(head.getByText(not, { exact: true })).toHaveCount(0);
    await expect(each.getByRole("toolbar", { name: "Decide" })).toHaveCount(0);
  }
  const refunds = async () =>
    (await effects(context, refund.ticket_id ?? ""))
      .filter((effect) => effect.approval_id === refund.id)
      .map((effect) => effect.status);
  await expect.poll(refunds).toEqual(outcome === "approved" ? ["succeeded"] : []);
  await other.close();
});

test("staff answer a customer who sees it at once", async ({ browser, page, service }) => {
  const outside = await browser.newContext({ baseURL: service });
  const customer = await outside.newPage();
  await ask(customer, "I want to talk to a human being, please.");
  await signIn(page, "agent", "/tickets");
  await page
    .getByRole("link", { name: /talk to a human/ })
    .first()
    .click();
  await page.getByRole("textbox", { name: "Reply" }).fill("Hello, this is Sam. How can I help?");
  await page.keyboard.press("Control+Enter");
  await expect(customer.getByRole("log")).toContainText("Hello, this is Sam.");
  await page.keyboard.press("Escape");
  await page.getByText("Private note", { exact: true }).first().click();
  await page.getByRole("textbox", { name: "Private note" }).fill("Called back as well.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("article").filter({ hasText: "Called back" })).toBeVisible();
  await expect(customer.getByRole("log")).not.toContainText("Called back");
  await outside.close();
});

test("a reply that waits is edited with bold and a link, and the customer sees both", async ({
  browser,
  page,
  context,
  service,
}) => {
  const outside = await browser.newContext({ baseURL: service });
  const customer = await outside.newPage();
  await signIn(page, "reviewer", "/");
  await ask(customer, "Which batch codes of the Ember Duo stove are recalled?");
  const reply = async () =>
    (await waiting(context)).find(
      (each) =>
        each.binding.call.tool === "reply_to_customer" && each.preview.body?.includes("ED-2541"),
    );
  await expect.poll(async () => (await reply())?.id).toBeTruthy();
  const proposed = await reply();
  await page.goto(`/approvals/${proposed?.id}`);
  await page.getByRole("button", { name: "Edit" }).click();
  const form = page.getByRole("form", { name: "Edit the proposal" });
  const body = form
    .getByRole("textbox", { name: "Body" })
    .and(page.locator("[contenteditable=true]"));
  await expect(body).toContainText("ED-2541");
  // An editor alone changes nothing.
  await expect(form.getByRole("button", { name: "Approve with changes" })).toBeDisabled();
  await body.press("ControlOrMeta+End");
  await body.press("Enter");
  await page.keyboard.type("Please ");
  const bold = form.getByRole("button", { name: "Bold" });
  await page.keyboard.press("ControlOrMeta+b");
  await expect(bold).toHaveAttribute("aria-pressed", "true");
  await page.keyboard.type("stop");
  await page.keyboard.press("ControlOrMeta+b");
  await expect(bold).toHaveAttribute("aria-pressed", "false");
  await page.keyboard.type(" using it: ");
  await form.getByRole("button", { name: "Link" }).click();
  await form.getByLabel("Address of the link").fill("northfold.example/recall");
  await page.keyboard.press("Enter");
  await expect(form.locator(".text-change")).toContainText(
    "Please **stop** using it: [https://northfold.example/recall](https://northfold.example/recall)",
  );
  await accessible(page);
  await page.keyboard.press("ControlOrMeta+Enter");
  await expect(page.getByRole("heading", { name: "Approved with changes" })).toBeVisible();

  const answer = customer
    .getByRole("article")
    .filter({ hasText: "Assistant" })
    .filter({ hasText: "ED-2541" });
  await expect(answer.locator("strong", { hasText: "stop" })).toBeVisible();
  const link = answer.getByRole("link", { name: "https://northfold.example/recall" });
  await expect(link).toHaveAttribute("rel", "noopener noreferrer nofollow");
  await expect(link).toHaveAttribute("target", "_blank");
  await expect(answer.getByRole("button", { name: /^Source 1/ })).toBeVisible();
  await outside.close();
});
