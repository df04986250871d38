// A day of those who have none in the other stories: a viewer, a light agent, an owner, and somebody in a role that
// the workspace made. What they came for is done, what is not theirs is not offered, and nothing that their pages ask
// for is refused them.
import { readFile } from "node:fs/promises";
import type { Browser, Page } from "@playwright/test";
import { approval, expect, signIn, someCall, test } from "./service";

const PASSWORD = "a password nobody guesses";

/** What a page asked for and was refused. */
function refused(page: Page): string[] {
  const refusals: string[] = [];
  page.on("response", (response) => {
    if (response.status() === 403) {
      refusals.push(`${response.request().method()} ${new URL(response.url()).pathname}`);
    }
  });
  return refusals;
}

const places = (page: Page) =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link").allInnerTexts();

/** Follows an invitation's link in a browser of one's own. */
async function join(browser: Browser, link: string, name: string): Promise<Page> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  return page;
}

/** Invites somebody as a person who manages people does, and returns the link that is shown once. */
async function invite(page: Page, email: string, role: string): Promise<string> {
  await page.goto("/settings");
  await page.getByRole("button", { name: "Invite" }).click();
  const asking = page.getByRole("dialog", { name: "Invite somebody" });
  await asking.getByLabel("Email").fill(email);
  await asking.getByLabel("Role").selectOption({ label: role });
  await asking.getByRole("button", { name: "Invite" }).click();
  const link = await page.getByLabel("The link").inputValue();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByRole("list", { name: "Invitations" })).toContainText(email);
  return link;
}

test("a viewer reads the figures, a ticket and an approval, and is offered nothing that they cannot do", async ({
  page,
  context,
}) => {
  const refusals = refused(page);
  await signIn(page, "elif", "/");
  const main = page.locator("#main");
  await expect(main).toContainText("Waiting longest");
  await page.getByRole("button", { name: "Show the numbers" }).click();
  await expect(page.getByRole("region", { name: "Numbers by day" })).toBeVisible();

  // An approval, with all that a decision would rest on and no decision.
  await page.getByRole("link", { name: "Waiting for a decision" }).click();
  const waits = await someCall(context, "shop__change_address");
  await page.goto(`/approvals/${waits.id}`);
  await expect(page.getByRole("heading", { level: 2, name: waits.preview.title })).toBeVisible();
  await expect(page.getByRole("heading", { name: "What will happen" })).toBeVisible();
  await expect(page.locator(".decide")).toContainText(/viewer/i);
  await expect(page.getByRole("toolbar", { name: "Decide" })).toHaveCount(0);
  for (const name of ["Take", "Hand over", "Put off", "Unmask"]) {
    await expect(page.getByRole("button", { name })).toHaveCount(0);
  }
  for (const key of ["a", "r", "x", "i", "s"]) await page.keyboard.press(key);
  await expect(page.getByRole("dialog")).toHaveCount(0);
  expect((await approval(context, waits.id)).approval.status).toBe("pending");

  // Its ticket: read, and nothing to write.
  await page.locator("#approval").getByRole("link", { name: /^#\d+/ }).first().click();
  await expect(page.getByRole("region", { name: "Conversation" })).toBeVisible();
  await expect(page.getByRole("article").first()).toBeVisible();
  await expect(page.getByRole("textbox")).toHaveCount(0);
  for (const name of ["Status", "Priority", "Assignee"]) {
    await expect(page.getByLabel(name, { exact: true })).toBeDisabled();
  }
  await expect(page.getByRole("button", { name: "Unmask" })).toHaveCount(0);

  // How the agents do, without the switch that stops them.
  await page.getByRole("link", { name: "Agents", exact: true }).click();
  await expect(main).toContainText("Runs that ended");
  await expect(page.getByRole("button", { name: "Pause…" })).toHaveCount(0);

  // A file is not masked, so none is offered to who sees masks.
  await page.getByRole("link", { name: "Safety", exact: true }).click();
  await page.getByRole("link", { name: "Autonomy", exact: true }).click();
  await expect(main).toContainText("Where each tool stands");
  await expect(page.getByRole("link", { name: /^(CSV|JSON)$/ })).toHaveCount(0);

  // No way leads to what is not theirs, and its address says why.
  await expect(page.getByRole("link", { name: "Audit", exact: true })).toHaveCount(0);
  await page.getByRole("link", { name: "Settings", exact: true }).click();
  await expect(page.getByRole("list", { name: "People" })).toContainText("Elif Kaya");
  await expect(main.getByRole("button", { name: /Invite|Change/ })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "API keys", exact: true })).toHaveCount(0);
  for (const path of ["/safety/audit", "/safety/personal-data", "/settings/api-keys"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "Not for your role" })).toBeVisible();
  }
  expect(refusals).toEqual([]);
});

test("a light agent leaves a note that names a colleague, who finds it; no reply and no decision is theirs", async ({
  page: owner,
  browser,
  service,
}) => {
  await signIn(owner, "owner", "/");
  const page = await join(
    browser,
    await invite(owner, "noor@northfold.example", "Light agent"),
    "Noor Haddad",
  );
  const refusals = refused(page);

  await page.getByRole("link", { name: "Tickets", exact: true }).click();
  await page.getByText("Needs a person", { exact: true }).click();
  await page.locator("[data-row]").first().click();
  await expect(page.getByRole("region", { name: "Conversation" })).toBeVisible();
  const ticket = new URL(page.url()).pathname;
  await expect(page.getByRole("textbox", { name: "Reply" })).toHaveCount(0);
  await expect(page.getByText("Reply", { exact: true })).toHaveCount(0);
  for (const name of ["Status", "Priority", "Assignee"]) {
    await expect(page.getByLabel(name, { exact: true })).toBeDisabled();
  }

  const note = page.getByRole("textbox", { name: "Private note" });
  await note.click();
  await page.keyboard.type("The courier says it is in Graz. @Jon");
  const named = page.getByRole("listbox", { name: "Colleagues" }).getByText("Jonas Feld");
  await expect(named).toBeVisible();
  await page.keyboard.press("Enter");
  await page.keyboard.type("can you call them?");
  await page.keyboard.press("Control+Enter");
  const said = page.getByRole("article").filter({ hasText: "it is in Graz" });
  await expect(said).toContainText("Noor Haddad");
  await expect(said).toContainText("Private note");

  // What waits is read, and decided by others.
  await page.getByRole("link", { name: /^Approvals/ }).click();
  await expect(page.locator("#approval h2").first()).toBeVisible();
  await expect(page.locator(".decide")).toContainText(/light.agent/i);
  await expect(page.getByRole("toolbar", { name: "Decide" })).toHaveCount(0);
  await expect(page.getByRole("checkbox", { name: /^Select/ })).toHaveCount(0);
  expect(refusals).toEqual([]);

  // Whoever was named finds it, and has seen it once they did.
  const other = await browser.newContext({ baseURL: service });
  const jonas = await other.newPage();
  await signIn(jonas, "agent", "/tickets");
  await jonas.getByText("Mentions me (1)", { exact: true }).click();
  await expect(jonas.getByText("Mentions you")).toBeVisible();
  await jonas.locator("[data-row]").first().click();
  await expect(jonas).toHaveURL(new RegExp(`${ticket}$`));
  await expect(jonas.getByRole("article").filter({ hasText: "it is in Graz" })).toBeVisible();
  await jonas.getByRole("link", { name: "Tickets", exact: true }).first().click();
  await expect(jonas.getByText("Mentions me", { exact: true })).toBeVisible();
  await other.close();
  await page.context().close();
});

test("an owner makes a role and lets somebody in with it, who sees their part alone until they are kept out", async ({
  page,
  browser,
}) => {
  const refusals = refused(page);
  await signIn(page, "owner", "/settings/roles");
  await page.getByRole("button", { name: "Make a role" }).click();
  const making = page.getByRole("dialog", { name: "Make a role" });
  await making.getByLabel("Name").fill("refund_desk");
  await making.getByLabel("Whom it is for").fill("Decides on refunds, and nothing else");
  for (const name of ["Read tickets", "Read approvals", "Decide approvals"]) {
    await making.getByRole("checkbox", { name: new RegExp(`^${name}`) }).check();
  }
  await making.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("list", { name: "Roles of your own" })).toContainText("Refund desk");

  const link = await invite(page, "remy@northfold.example", "Refund desk");
  const remy = await join(browser, link, "Remy Dubois");
  const refusedRemy = refused(remy);
  // Their desk is what their role is about.
  await expect(remy).toHaveURL(/\/approvals\/.+/);
  await expect(remy.locator("#approval h2").first()).toBeVisible();
  expect((await places(remy)).map((each) => each.split("\n")[0])).toEqual([
    "Approvals",
    "Tickets",
    expect.stringContaining("Customer chat"),
  ]);
  await remy.getByRole("link", { name: "Tickets", exact: true }).click();
  await remy.locator("[data-row]").first().click();
  await expect(remy.getByRole("article").first()).toBeVisible();
  await expect(remy.getByRole("heading", { name: "Runs" })).toHaveCount(0);
  await remy.goto("/settings/account");
  await expect(remy.getByRole("list", { name: "Sessions" })).toContainText("This one");
  await remy.goto("/runs");
  await expect(remy.getByRole("heading", { name: "Not for your role" })).toBeVisible();
  await expect(remy.getByText("your role, refund desk,")).toBeVisible();
  expect(refusedRemy).toEqual([]);

  // Kept out: the page they have open is theirs no more.
  await page.goto("/settings");
  await page.getByRole("button", { name: "Change Remy Dubois" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Keep out" }).click();
  const row = page.getByRole("listitem").filter({ hasText: "remy@northfold.example" });
  await expect(row).toContainText("Kept out");
  await expect(async () => {
    await remy.goto("/tickets");
    await expect(remy).toHaveURL(/\/sign-in/, { timeout: 1_000 });
  }).toPass();
  await remy.context().close();

  await page.goto("/safety/audit");
  const entries = page.getByRole("row");
  for (const done of [
    "Stored a role",
    "Invited somebody",
    "Joined the workspace",
    "Changed a colleague",
  ]) {
    await expect(entries.filter({ hasText: done }).first()).toBeVisible();
  }
  expect(refusals).toEqual([]);
});

test("an owner pauses an agent, looks at what is spent, lets it go on, takes the audit along and ends their other session", async ({
  page,
  browser,
  service,
}) => {
  const refusals = refused(page);
  await signIn(page, "owner", "/agents");
  const card = page
    .getByRole("article")
    .filter({ has: page.getByRole("heading", { name: "Copilot" }) });
  await card.getByRole("button", { name: "Pause…" }).click();
  const asking = page.getByRole("dialog");
  await asking.getByLabel("Why?").fill("Its answers are looked through");
  await asking.getByRole("button", { name: "Pause it now" }).click();
  await expect(card).toContainText("Its answers are looked through");
  await expect(page.getByRole("status").filter({ hasText: "Stopped:" })).toBeVisible();

  await page.getByRole("link", { name: "Safety", exact: true }).click();
  await page.getByRole("link", { name: "Limits", exact: true }).click();
  await expect(page.getByRole("heading", { name: "Runs", exact: true })).toBeVisible();
  await page.getByRole("link", { name: "Autonomy", exact: true }).click();
  const [became] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV", exact: true }).click(),
  ]);
  expect((await readFile(await became.path())).toString()).toContain("ticket_id,number");

  await page.getByRole("link", { name: "Breakers", exact: true }).click();
  await page.getByRole("button", { name: "Let it go on" }).click();
  await page.getByLabel("Why may it go on?").fill("They are right");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Nothing is stopped" })).toBeVisible();

  await page.getByRole("link", { name: "Audit", exact: true }).click();
  await page.getByLabel("Which actions").selectOption({ label: "Closed a breaker" });
  await expect(page.getByRole("row").filter({ hasText: "They are right" })).toHaveCount(1);
  const [file] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "CSV", exact: true }).click(),
  ]);
  expect((await readFile(await file.path())).toString()).toContain(
    "Its answers are looked through",
  );

  // They left a browser open elsewhere.
  const other = await browser.newContext({ baseURL: service });
  const elsewhere = await other.newPage();
  await signIn(elsewhere, "owner", "/tickets");
  await page.goto("/settings/account");
  const sessions = page.getByRole("list", { name: "Sessions" }).getByRole("listitem");
  await page.getByRole("button", { name: "End all others" }).click();
  await expect(sessions).toHaveCount(1);
  await expect(async () => {
    await elsewhere.goto("/tickets");
    await expect(elsewhere).toHaveURL(/\/sign-in/, { timeout: 1_000 });
  }).toPass();
  await other.close();
  expect(refusals).toEqual([]);
});
