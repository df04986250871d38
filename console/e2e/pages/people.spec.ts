import {
  accounts,
  answer,
  asked,
  at,
  keys,
  matrix,
  page as pageOf,
  people,
  type S,
  session,
  teamOf,
} from "./answers";
import { accessible, expect, test } from "./test";

const owner = { ...session, role: "owner", permissions: [...session.permissions, "manage_roles"] };

test("a colleague's role is changed to one that may no more than the reader", async ({ page }) => {
  const sent: unknown[] = [];
  await answer(page, {
    "PATCH /v1/people/:id": (route) => {
      sent.push(route.request().postDataJSON());
      return { ...people[1], role: "admin" };
    },
  });
  await page.goto("/settings");
  await expect(page.getByText("Kept out")).toBeVisible();
  await page.getByRole("button", { name: "Change Ada Ring" }).click();
  const dialog = page.getByRole("dialog");
  // Nobody gives what they do not hold: an admin does not make owners.
  await expect(dialog.getByLabel("Role").locator("option")).toHaveText([
    "Viewer",
    "Agent",
    "Admin",
    "Refund desk",
  ]);
  await accessible(page);
  await dialog.getByLabel("Role").selectOption("admin");
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(dialog).toBeHidden();
  expect(sent).toEqual([{ role: "admin", title: "Support" }]);
});

test("somebody is invited, and the link is shown where no mail goes", async ({ page }) => {
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/invitations": () => ({ items: sent.length === 1 ? [asked] : [] }),
    "POST /v1/invitations": (route) => {
      sent.push(route.request().postDataJSON());
      return { invitation: asked, mailed: false, link: "https://desk.example/invitation#abc" };
    },
    "DELETE /v1/invitations/:id": (_, path) => {
      sent.push(path);
      return {};
    },
  });
  await page.goto("/settings");
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog", { name: "Invite somebody" });
  await dialog.getByLabel("Email").fill("dee@example.com");
  await accessible(page);
  await page.keyboard.press("Enter");
  await expect(page.getByLabel("The link")).toHaveValue("https://desk.example/invitation#abc");
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByLabel("The link")).toHaveCount(0);
  await page.getByRole("button", { name: "Take back the invitation of dee@example.com" }).click();
  await expect(page.getByRole("list", { name: "Invitations" })).toHaveCount(0);
  expect(sent).toEqual([
    { email: "dee@example.com", role: "agent" },
    `/v1/invitations/${asked.id}`,
  ]);
});

test("a role is made of permissions, with the keyboard alone", async ({ page }) => {
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/session": () => owner,
    "PUT /v1/roles/:id": (route, path) => {
      sent.push([path, route.request().postDataJSON()]);
      return matrix.roles[4];
    },
  });
  await page.goto("/settings/roles");
  await expect(page.getByRole("region", { name: "Matrix" })).toBeVisible();
  await page.getByRole("button", { name: "Make a role" }).press("Enter");
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("night_shift");
  await dialog.getByLabel("Read tickets").press("Space");
  await accessible(page);
  await dialog.getByLabel("Name").press("Enter");
  await expect(dialog).toBeHidden();
  expect(sent).toEqual([
    ["/v1/roles/night_shift", { description: "", permissions: ["read_tickets"] }],
  ]);
});

test("who may not manage sees people, roles and teams, and no buttons", async ({ page }) => {
  await answer(page, {
    "GET /v1/session": () => ({ ...session, role: "viewer", permissions: ["read_people"] }),
  });
  await page.goto("/settings");
  await expect(page.getByText("Ada Ring")).toBeVisible();
  await expect(page.getByRole("button", { name: /^Change/ })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "API keys" })).toHaveCount(0);
  await page.getByRole("link", { name: "Teams" }).click();
  await expect(page.getByRole("button", { name: "Make a team" })).toHaveCount(0);
});

test("a team gets a member", async ({ page }) => {
  const [robin, ada] = people as [S["User"], S["User"], ...S["User"][]];
  let members = [robin];
  await answer(page, {
    "GET /v1/teams/:id": () => teamOf(...members),
    "PUT /v1/teams/:id/members/:id": () => {
      members = [robin, ada];
      return teamOf(...members);
    },
  });
  await page.goto("/settings/teams");
  await page.getByRole("button", { name: "Members of Refunds" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("listitem")).toHaveCount(1);
  await dialog.getByLabel("Put in").selectOption({ label: "Ada Ring" });
  await expect(dialog.getByRole("listitem")).toHaveCount(2);
  await accessible(page);
});

test("a key is shown once", async ({ page }) => {
  const sent: unknown[] = [];
  await answer(page, {
    "POST /v1/service-accounts": () => accounts[0],
    "POST /v1/api-keys": (route) => {
      sent.push(route.request().postDataJSON());
      return { key: keys[0], token: "cs_live_1a2b3c4d" };
    },
  });
  await page.goto("/settings/api-keys");
  await expect(page.getByText("cs_live_1a2b…")).toBeVisible();
  await page.getByRole("button", { name: "Make a key" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("What it is for").fill("Orders");
  await expect(dialog.getByLabel("Decide approvals")).toHaveCount(0);
  await dialog.getByLabel("Read tickets").check();
  await accessible(page);
  await dialog.getByRole("button", { name: "Make", exact: true }).click();
  await expect(page.getByLabel("The key")).toHaveValue("cs_live_1a2b3c4d");
  // There is no second look at it: neither a stray click nor Escape takes it away.
  await page.mouse.click(5, 5);
  await page.keyboard.press("Escape");
  await expect(page.getByLabel("The key")).toBeVisible();
  await page.getByRole("button", { name: "Done" }).click();
  await expect(page.getByLabel("The key")).toHaveCount(0);
  expect(sent).toEqual([
    {
      name: "Orders",
      scopes: ["read_tickets"],
      service_account_id: accounts[0]?.id,
      expires_in_days: 90,
    },
  ]);
});

test("a service account is added, and stopped with its keys", async ({ page }) => {
  const sent: unknown[] = [];
  let stopped = false;
  await answer(page, {
    "GET /v1/service-accounts": () =>
      pageOf(accounts.map((each) => ({ ...each, deactivated_at: stopped ? at(0) : null }))),
    "POST /v1/service-accounts": (route) => {
      sent.push(route.request().postDataJSON());
      return accounts[0];
    },
    "DELETE /v1/service-accounts/:id": async (route, path) => {
      sent.push(path);
      stopped = true;
      await route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.goto("/settings/api-keys");
  const list = page.getByRole("list", { name: "Service accounts" });
  await expect(list).toContainText("1 open key");
  await page.getByRole("button", { name: "Add a service account" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("The program").fill("Warehouse");
  await dialog.getByLabel("What it does").fill("Stock levels");
  await accessible(page);
  await dialog.getByRole("button", { name: "Add" }).click();
  await expect(dialog).toBeHidden();
  await list.getByRole("button", { name: "Deactivate Shop" }).click();
  await list.getByRole("button", { name: "Deactivate Shop for good" }).click();
  await expect(list.getByText("Deactivated", { exact: true })).toBeVisible();
  expect(sent).toEqual([
    { name: "Warehouse", description: "Stock levels" },
    `/v1/service-accounts/${accounts[0]?.id}`,
  ]);
});
