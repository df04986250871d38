// A customer comes back to what they wrote by mail: a link in their mailbox, their ticket, an answer, and out again.
import type { Page } from "@playwright/test";
import type { components } from "../../src/api/schema.gen";
import { accessible } from "../pages/test";
import { withMails } from "./mail";
import { atRest, expect, signIn } from "./service";

type S = components["schemas"];

const test = withMails();

/** A ticket that came by mail, with the address it came from. */
async function mailed(desk: Page): Promise<{ ticket: S["Ticket"]; address: string }> {
  const list = await desk.request.get("/v1/tickets?channel=email");
  const [row] = ((await list.json()) as S["PageOfTicketRow"]).items;
  if (!row) throw new Error("the demo workspace has no ticket that came by mail");
  const shown = await desk.request.get(`/v1/tickets/${row.id}`);
  const { ticket, contact } = (await shown.json()) as S["TicketView"];
  if (!contact) throw new Error("nobody wrote it");
  return { ticket, address: contact.email };
}

async function askForLink(page: Page, address: string): Promise<void> {
  await page.goto("/help/tickets");
  await page.getByLabel("Email").fill(address);
  await page.getByRole("button", { name: "Mail me a link" }).click();
  await expect(
    page.getByRole("status").filter({ hasText: "If we know the address" }),
  ).toBeVisible();
}

test("a customer signs in by a mailed link, sees their mail's ticket, is answered and leaves", async ({
  page: desk,
  browser,
  mails,
}) => {
  await signIn(desk, "reviewer", "/");
  await atRest(desk.context());
  const { ticket, address } = await mailed(desk);
  const context = await browser.newContext();
  const page = await context.newPage();

  await askForLink(page, "nobody@nowhere.example");
  await askForLink(page, address);
  await accessible(page);
  const found = () =>
    mails.map((mail) => /http\S+\/help\/sign-in#\w+/.exec(mail)?.[0]).find(Boolean);
  await expect.poll(found, { timeout: 30_000 }).toBeTruthy();
  expect(mails.filter((mail) => mail.includes("/help/sign-in#"))).toHaveLength(1);
  const link = found() ?? "";

  // Opened twice, as a scanner of mails does, and not used up.
  await page.goto(link);
  await page.goto("/help");
  await page.goto(link);
  await expect(page).toHaveURL(/\/help\/sign-in$/);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/help\/tickets$/);
  await accessible(page);
  await page.getByRole("link", { name: new RegExp(`#${ticket.number},`) }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(ticket.subject);
  const log = page.getByRole("log");
  await expect(log.getByRole("article").first()).toBeVisible();

  await page.getByLabel("Your message").fill("It is the left pole, by the way.");
  await page.getByLabel("Your message").press("Enter");
  await expect(log).toContainText("It is the left pole, by the way.");
  await expect(page.getByLabel("Your message")).toHaveValue("");
  await accessible(page);

  await desk.goto(`/tickets/${ticket.id}`);
  await expect(desk.getByText("It is the left pole, by the way.").first()).toBeVisible();
  const note = { body: "Ada, look at this.", visibility: "internal" };
  const reply = { body: "Then we send the left one." };
  for (const data of [note, reply]) {
    const answer = await desk.request.post(`/v1/tickets/${ticket.id}/messages`, {
      data,
      headers: { "sec-fetch-site": "same-origin" },
    });
    expect(answer.status()).toBe(201);
  }
  await expect(log).toContainText("Then we send the left one.");
  await expect(log).not.toContainText("Ada, look at this.");

  await page.getByRole("button", { name: "Close this ticket" }).click();
  await expect(page.getByRole("button", { name: "Open again and send" })).toBeVisible();

  await page.getByRole("button", { name: "Sign out" }).click();
  await page.goto("/help/tickets");
  await expect(page.getByRole("button", { name: "Mail me a link" })).toBeVisible();
  await page.goto(`/help/tickets/${ticket.id}`);
  await expect(page.getByRole("button", { name: "Mail me a link" })).toBeVisible();
  await page.goto(link);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("was used already");
  await context.close();
});
