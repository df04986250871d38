// Personal data: seen by those who may, masked for others, shown for a reason, and taken out for good.
import {
  answer,
  approvalView,
  contact,
  customer,
  first,
  maskedMessage,
  maskedTicket,
  masksAlone,
  masksSeen,
  page as pageOf,
  plainMessage,
  plainTicket,
  problem,
  type S,
  saidEvent,
  scanned,
  suggested,
  ticket,
} from "./answers";
import { accessible, expect, fits, follow, test } from "./test";

const TICKET = `/tickets/${ticket(0).id}`;

test("what was found is marked where it stands, by its kind, also behind an emoji", async ({
  page,
}) => {
  await answer(page, { "GET /v1/tickets/:id/events": () => pageOf([saidEvent(plainMessage)]) });
  await page.goto(TICKET);
  const mark = page.locator("mark.personal");
  await expect(mark).toHaveText("jane@example.com (Email)");
  await expect(mark).toHaveAttribute("title", "Email");
  await expect(page.getByRole("button", { name: /Unmask/ })).toHaveCount(0);
  await accessible(page);
});

test("who sees masks has one message shown, for a reason", async ({ page }) => {
  const asked: unknown[] = [];
  let refuses = true;
  await answer(page, {
    "GET /v1/session": () => masksSeen,
    "GET /v1/tickets/:id": () => maskedTicket,
    "GET /v1/tickets/:id/events": () => pageOf([saidEvent(maskedMessage)]),
    "POST /v1/tickets/:id/messages/:id/unmask": (route) => {
      asked.push(route.request().postDataJSON());
      if (refuses) return problem(429, "Too many requests", "too many requests; wait a moment");
      return plainMessage;
    },
  });
  await page.goto(TICKET);
  await expect(page.locator("mark.personal")).toContainText("j•••@e•••.com");
  await accessible(page);

  const message = page.getByRole("article");
  await message.getByRole("button", { name: /^Unmask/ }).focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: /^Unmask the message of/ });
  await expect(dialog.getByLabel("Why do you need to see it?")).toBeFocused();
  await expect(dialog.getByRole("button", { name: "Show it" })).toBeDisabled();
  await accessible(page);
  await page.keyboard.type("To call them back");
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toContainText("wait a moment");
  refuses = false;
  await dialog.getByRole("button", { name: "Show it" }).click();
  await expect(message).toContainText("jane@example.com");
  await expect(message.getByRole("status")).toContainText("in the audit");
  expect(asked.at(-1)).toEqual({ reason: "To call them back" });
  await accessible(page);
  await message.getByRole("button", { name: "Mask again" }).click();
  await expect(message).not.toContainText("jane@example.com");
});

test("the customer of a ticket is masked, and shown with the ticket", async ({ page }) => {
  await answer(page, {
    "GET /v1/session": () => masksSeen,
    "GET /v1/tickets/:id": () => maskedTicket,
    "POST /v1/tickets/:id/unmask": () => plainTicket,
  });
  await page.goto(TICKET);
  const properties = page.getByRole("complementary", { name: "Properties" });
  await expect(properties).toContainText("m•••@e•••.com");
  await expect(properties.getByRole("link", { name: /@/ })).toHaveCount(0);
  await properties.getByRole("button", { name: "Unmask the ticket and its customer" }).click();
  await page.getByLabel("Why do you need to see it?").fill("To call them back");
  await page.keyboard.press("Enter");
  await expect(properties.getByRole("link", { name: contact.email })).toBeVisible();
});

test("what was shown of one ticket is beside no other", async ({ page }) => {
  const other = {
    ...maskedTicket,
    ticket: ticket(1),
    contact: { ...contact, email: "b•••@e•••.com" },
  };
  await answer(page, {
    "GET /v1/session": () => masksSeen,
    "GET /v1/tickets/:id": (_, path) => (path.endsWith(ticket(1).id) ? other : maskedTicket),
    "POST /v1/tickets/:id/unmask": () => plainTicket,
  });
  await page.goto(`/tickets/${ticket(1).id}`);
  const properties = page.getByRole("complementary", { name: "Properties" });
  await expect(properties).toContainText("b•••@e•••.com");
  await follow(page, TICKET);
  await properties.getByRole("button", { name: "Unmask the ticket and its customer" }).click();
  await page.getByLabel("Why do you need to see it?").fill("To call them back");
  await page.keyboard.press("Enter");
  await expect(properties).toContainText(contact.email);
  await follow(page, `/tickets/${ticket(1).id}`);
  await expect(properties).toContainText("b•••@e•••.com");
  await expect(properties).not.toContainText(contact.email);
});

test("a ticket that was unmasked is changed, and is masked again when its customer is another", async ({
  page,
}) => {
  let now: S["TicketView"] = maskedTicket;
  await answer(page, {
    "GET /v1/session": () => masksSeen,
    "GET /v1/tickets/:id": () => now,
    "POST /v1/tickets/:id/unmask": () => plainTicket,
    "PATCH /v1/tickets/:id": (route) => {
      const { status } = route.request().postDataJSON() as { status?: S["TicketStatus"] };
      now = {
        ...now,
        ticket: { ...now.ticket, version: now.ticket.version + 1, status: status ?? "open" },
        contact: status ? now.contact : { ...contact, name: "B. F.", email: "b•••@e•••.com" },
      };
      return now;
    },
  });
  await page.goto(TICKET);
  const properties = page.getByRole("complementary", { name: "Properties" });
  await properties.getByRole("button", { name: "Unmask the ticket and its customer" }).click();
  await page.getByLabel("Why do you need to see it?").fill("To call them back");
  await page.keyboard.press("Enter");
  await expect(properties).toContainText(contact.email);
  const status = properties.getByLabel("Status");
  await status.selectOption("resolved");
  await expect(status).toBeEnabled();
  await expect(status).toHaveValue("resolved");
  await expect(properties).toContainText(contact.email);
  await properties.getByLabel("Priority").selectOption("high");
  await expect(properties).toContainText("b•••@e•••.com");
  await expect(properties).not.toContainText(contact.email);
});

test("who may not unmask is not offered it", async ({ page }) => {
  await answer(page, {
    "GET /v1/session": () => masksAlone,
    "GET /v1/tickets/:id": () => maskedTicket,
    "GET /v1/tickets/:id/events": () => pageOf([saidEvent(maskedMessage)]),
  });
  await page.goto(TICKET);
  await expect(page.locator("mark.personal")).toContainText("j•••@e•••.com");
  await expect(page.getByRole("button", { name: /Unmask/ })).toHaveCount(0);
  await page.goto("/safety");
  await expect(page.getByRole("link", { name: "Personal data" })).toHaveCount(0);
});

test("an approval marks what it would send, and is shown for a reason", async ({ page }) => {
  const with_ = (body: string): S["Approval"] => ({
    ...first,
    preview: { ...first.preview, body },
  });
  const shown = approvalView(with_("We wrote to j•••@e•••.com."), {
    ticket: ticket(0),
    messages: [maskedMessage],
    findings: [{ at: "/preview/body", kind: "email", start: 12, end: 25 }],
    customer,
    may_decide: false,
    may_not: "it is asked of another role",
  });
  await answer(page, {
    "GET /v1/session": () => masksSeen,
    "GET /v1/approvals/:id": () => shown,
    "POST /v1/approvals/:id/unmask": () => with_("We wrote to jane@example.com."),
  });
  await page.goto(`/approvals/${first.id}`);
  const approval = page.locator("#approval");
  await expect(approval.locator(".customer-sees mark")).toHaveText("j•••@e•••.com (Email)");
  await accessible(page);
  await approval.getByRole("button", { name: "Unmask this approval" }).click();
  await page.getByLabel("Why do you need to see it?").fill("To decide about it");
  await page.getByRole("button", { name: "Show it" }).click();
  await expect(approval.locator(".customer-sees")).toContainText("jane@example.com");
});

test("what a colleague decides is seen by who had the approval unmasked", async ({ page }) => {
  const with_ = (body: string, status: S["ApprovalStatus"]): S["Approval"] => ({
    ...first,
    status,
    preview: { ...first.preview, body },
  });
  let status: S["ApprovalStatus"] = "pending";
  const approval = page.locator("#approval");
  const sees = approval.locator(".customer-sees");
  await answer(page, {
    "GET /v1/session": () => masksSeen,
    "GET /v1/approvals/:id": () =>
      approvalView(with_("We wrote to j•••@e•••.com.", status), {
        ticket: ticket(0),
        findings: [{ at: "/preview/body", kind: "email", start: 12, end: 25 }],
        customer,
        may_decide: status === "pending",
      }),
    "POST /v1/approvals/:id/unmask": () => with_("We wrote to jane@example.com.", "pending"),
    "GET /v1/stream": async () => {
      await expect(sees).toContainText("jane@example.com");
      status = "rejected";
      const event: S["Event"] = {
        ...saidEvent(maskedMessage),
        body: {
          type: "approval_decided",
          approval_id: first.id,
          run_id: first.run_id,
          tool: first.binding.call.tool,
          status,
          by: null,
        },
      };
      return `event: event\nid: 9\ndata: ${JSON.stringify({ type: "event", event })}\n\n`;
    },
  });
  await page.goto(`/approvals/${first.id}`);
  const acts = page.getByRole("toolbar", { name: "Decide" });
  await expect(acts).toBeVisible();
  // Who is served masks would save them.
  await expect(acts.getByRole("button", { name: "Edit" })).toHaveCount(0);
  await expect(approval).toContainText("an edit would save the masks");
  await page.keyboard.press("e");
  await expect(page.getByRole("form", { name: "Edit the proposal" })).toHaveCount(0);
  await accessible(page);
  await approval.getByRole("button", { name: "Unmask this approval" }).click();
  await page.getByLabel("Why do you need to see it?").fill("To decide about it");
  await page.getByRole("button", { name: "Show it" }).click();
  await expect(approval.locator(".approval-head").getByText("Rejected")).toBeVisible();
  await expect(acts).toHaveCount(0);
  await expect(sees).toContainText("jane@example.com");
});

test("what a scan found is redacted in a batch, after a word of warning", async ({ page }) => {
  let left = suggested;
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/guards/suggestions": () => pageOf(left),
    "POST /v1/guards/suggestions/decisions": (route): S["DecidedSuggestions"] => {
      const { ids } = route.request().postDataJSON() as { ids: string[] };
      sent.push(route.request().postDataJSON());
      left = left.filter((each) => !ids.includes(each.id));
      return { results: ids.map((id) => ({ id, done: true, why: null })) };
    },
  });
  await page.goto("/safety/personal-data");
  await expect(page.getByText("1,204 messages of 1,204 read")).toBeVisible();
  const redact = page.getByRole("button", { name: "Redact…" });
  await expect(redact).toBeDisabled();
  await page.getByLabel("My card is •••• 4242").check();
  await redact.click();
  const dialog = page.getByRole("dialog", { name: "Redact for good" });
  await expect(dialog).toContainText("Nobody can undo it");
  await accessible(page);
  await dialog.getByRole("button", { name: "Redact", exact: true }).click();
  await expect(page.getByLabel("My card is •••• 4242")).toHaveCount(0);
  await page.getByLabel("All 1 shown").check();
  await page.getByRole("button", { name: "Keep" }).click();
  await expect(page.getByRole("heading", { name: "Nothing waits for a decision" })).toBeVisible();
  expect(sent).toEqual([
    { ids: [suggested[0]?.id], decision: "redact" },
    { ids: [suggested[1]?.id], decision: "keep" },
  ]);
  await fits(page);
});

test("a scan under way shows how far it is and can be stopped", async ({ page }) => {
  let status: S["ScanStatus"] = "done";
  const scan = (): Partial<S["Scan"]> => ({ status, messages: 200, messages_read: 50, found: 1 });
  await answer(page, {
    "GET /v1/guards/scans": () => pageOf([{ ...scanned, ...scan() }]),
    "POST /v1/guards/scans": () => {
      status = "running";
      return { ...scanned, ...scan() };
    },
    "POST /v1/guards/scans/:id/stop": () => {
      status = "stopped";
      return { ...scanned, ...scan() };
    },
  });
  await page.goto("/safety/personal-data");
  await page.getByRole("button", { name: "Scan now" }).click();
  await expect(page.getByRole("progressbar", { name: "Messages read" })).toHaveAttribute(
    "value",
    "50",
  );
  await accessible(page);
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page.getByText("The last scan was stopped")).toBeVisible();
});
