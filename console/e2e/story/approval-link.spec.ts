// What waits comes by mail, and its link decides: a person's own mailbox beside the console.
import type { Page } from "@playwright/test";
import { withMails } from "./mail";
import { atRest, expect, signIn, waiting } from "./service";

const test = withMails({
  COUNTERSIGN_APPROVALS__MAIL__AFTER_SECONDS: "1",
  COUNTERSIGN_APPROVALS__MAIL__AT_MOST_AN_HOUR: "50",
  COUNTERSIGN_APPROVALS__UNDO_SECONDS: "3",
});

/** The link in the mail about this approval. */
async function linkTo(mails: string[], approval: string): Promise<string> {
  const about = () => mails.find((mail) => mail.includes(`/approvals/${approval}`));
  await expect.poll(() => about() !== undefined, { timeout: 30_000 }).toBe(true);
  const link = /http\S+\/decide#\w+/.exec(about() ?? "");
  if (!link) throw new Error(`there is no link in ${about()}`);
  return link[0];
}

async function optIn(page: Page): Promise<void> {
  await page.goto("/settings/account");
  const section = page.getByRole("region", { name: "Mail me what waits for me" });
  await section.getByLabel("Everything that waits for me").click();
  await expect(section.getByLabel("Everything that waits for me")).toBeChecked();
}

test("a refund is approved from the mailbox, and the console shows it at once", async ({
  page,
  browser,
  mails,
}) => {
  await signIn(page, "reviewer", "/");
  await optIn(page);
  await atRest(page.context());
  const refunds = (await waiting(page.context())).filter(
    (each) => each.binding.call.tool === "shop__refund_order",
  );
  const [refund, other] = refunds;
  if (!refund || !other) throw new Error("two refunds wait in the demo workspace");
  const link = await linkTo(mails, refund.id);
  const mail = mails.find((each) => each.includes(link)) ?? "";
  expect(mail).toContain("To: reviewer@northfold.example");
  expect(mail).toContain("Why it stopped:");

  // The console has it open; the mailbox is another browser, in which nobody is signed in.
  await page.goto(`/approvals/${refund.id}`);
  await expect(page.getByRole("heading", { name: refund.preview.title })).toBeVisible();
  const elsewhere = await browser.newContext();
  const mailbox = await elsewhere.newPage();
  await mailbox.goto(link);
  await expect(mailbox.getByRole("heading", { name: refund.preview.title })).toBeVisible();
  await expect(mailbox.getByRole("heading", { name: "Conversation" })).toBeVisible();
  await mailbox.getByRole("button", { name: "Approve" }).click();
  await mailbox.getByRole("button", { name: "Yes, approve" }).click();
  await expect(mailbox.getByRole("heading", { name: "This is decided" })).toBeVisible();
  await expect(
    page.getByRole("region", { name: "Approval" }).getByText("Approved").first(),
  ).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);

  // Used up: the same link tells who decided, and the session of nobody was begun.
  await mailbox.reload();
  await expect(mailbox.getByText("This link is used up.")).toBeVisible();
  await mailbox.getByRole("link", { name: "Open the console" }).click();
  await expect(mailbox.getByRole("heading", { name: /Sign in/ })).toBeVisible();

  // The other way round: the console is first, and the link says so.
  const second = await linkTo(mails, other.id);
  await mailbox.goto(second);
  await mailbox.reload();
  await expect(mailbox.getByRole("heading", { name: other.preview.title })).toBeVisible();
  await page.goto(`/approvals/${other.id}`);
  await page.getByRole("button", { name: "Reject" }).click();
  await page.keyboard.type("The photos show wear.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { name: "Rejected" })).toBeVisible();
  await mailbox.getByRole("button", { name: "Approve" }).click();
  await mailbox.getByRole("button", { name: "Yes, approve" }).click();
  await expect(mailbox.getByRole("heading", { name: "This is decided" })).toBeVisible();
  await expect(mailbox.getByText(/You: rejected/)).toBeVisible();
  await elsewhere.close();
});
