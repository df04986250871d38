import { answer, approvalDesk, at, id, problem, type S, session } from "./answers";
import { account, mailed } from "./examples/account";
import { accessible, expect, fits, test } from "./test";

test("after a failure a code may be what is missing, and nobody is told", async ({ page }) => {
  let sent: unknown;
  await answer(page, {
    "GET /v1/session": () => (sent ? session : problem(401, "Sign in first", "sign in")),
    "POST /v1/session": (route) => {
      const body = route.request().postDataJSON() as { code?: string };
      if (!body.code) return problem(401, "Sign in first", "the password or the code is wrong");
      sent = body;
      return session;
    },
  });
  await page.goto("/sign-in");
  await expect(page.getByLabel("Code")).toHaveCount(0);
  await page.getByLabel("Email").fill("reviewer@northfold.example");
  await page.getByLabel("Password").fill("right");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("the code is wrong");
  await accessible(page);
  await expect(page.getByLabel("Password")).toHaveValue("right");
  await page.getByLabel("Code").fill("492 039");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: session.workspace.name })).toBeVisible();
  expect(sent).toMatchObject({ code: "492 039" });
});

test("companies and passkeys are offered, and why a company failed is said", async ({ page }) => {
  await answer(page);
  await page.goto("/sign-in?failed=domain&next=/tickets");
  await expect(page.getByRole("alert")).toContainText("Addresses of your domain");
  const company = page.getByRole("link", { name: "Sign in with Acme" });
  await expect(company).toHaveAttribute("href", "/v1/sign-in/openid/acme?next=%2Ftickets");
  await expect(page.getByRole("button", { name: "Sign in with a passkey" })).toBeVisible();
});

test("a forgotten password is answered alike for everybody", async ({ page }) => {
  await answer(page, { "POST /v1/password-resets": () => ({}) });
  await page.goto("/sign-in");
  await page.getByRole("link", { name: "Forgotten your password?" }).click();
  // The page to sign in asks for an address as well.
  await expect(page.getByRole("heading", { name: "Forgotten your password?" })).toBeVisible();
  await page.getByLabel("Email").fill("who@ever.example");
  await page.getByRole("button", { name: "Send a link" }).click();
  await expect(page.getByRole("status")).toContainText("If the address has an account");
});

test("a link to choose a password says what is wrong with the password", async ({ page }) => {
  let tries = 0;
  await answer(page, {
    "POST /v1/password-resets/complete": (route) => {
      const { token } = route.request().postDataJSON() as { token: string };
      expect(token).toBe("abc");
      tries += 1;
      return tries === 1 ? problem(422, "A value does not fit", "known from a breach") : {};
    },
  });
  await page.goto("/reset#abc");
  await page.getByLabel("New password").fill("password1234");
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByRole("alert")).toContainText("known from a breach");
  await page.getByLabel("New password").fill("a password nobody guesses");
  await page.getByRole("button", { name: "Change the password" }).click();
  await expect(page.getByRole("status")).toContainText("Your password is changed");
});

test("an invitation that is over says whom to ask", async ({ page }) => {
  await answer(page, {
    "POST /v1/invitations/look": () => problem(422, "A value does not fit", "ask for another"),
  });
  await page.goto("/invitation#abc");
  await expect(page.getByRole("heading", { name: "This invitation opens nothing" })).toBeVisible();
  await expect(page.getByText("Ask for another")).toBeVisible();
  await expect(page.getByRole("link", { name: "Sign in" })).toBeVisible();
  await accessible(page);
});

test("an authenticator app is set up with a picture, a key and a code", async ({ page }) => {
  let totp = false;
  await answer(page, {
    "GET /v1/account": () => ({ ...account, totp, recovery_codes_left: totp ? 10 : 0 }),
    "POST /v1/account/totp/confirm": () => {
      totp = true;
      return { codes: ["abcd-efgh-jkmn-pqrs", "tuvw-xyz2-3456-7890"] };
    },
  });
  await page.goto("/settings/account");
  await page.getByRole("button", { name: "Set up an app" }).click();
  const dialog = page.getByRole("dialog", { name: "Set up an authenticator app" });
  await accessible(page);
  await dialog.getByLabel("Your password").fill("right");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await expect(page.getByRole("img", { name: /QR code/ })).toBeVisible();
  await expect(page.getByText("JBSW Y3DP")).toBeVisible();
  await accessible(page);
  await page.getByLabel("Code", { exact: true }).fill("123456");
  await page.keyboard.press("Enter");
  const codes = page.getByRole("list", { name: "Recovery codes" });
  await expect(codes.getByRole("listitem")).toHaveCount(2);
  await accessible(page);
  await page.getByRole("button", { name: "I have kept them" }).click();
  await expect(codes).toHaveCount(0);
  await expect(page.getByText("10 recovery codes left")).toBeVisible();
});

test("where one is signed in is listed, and ended one by one or all at once", async ({ page }) => {
  const ended: string[] = [];
  await answer(page, {
    "DELETE /v1/sessions/:id": (_, path) => {
      ended.push(path);
      return {};
    },
    "DELETE /v1/sessions": () => ({ ended: 3 }),
  });
  await page.goto("/settings/account");
  const list = page.getByRole("list", { name: "Sessions" });
  await expect(list).toContainText("Chrome on Linux");
  await expect(list).toContainText("This one");
  await list.getByRole("button", { name: "End the session of Firefox on Android" }).click();
  await expect(page.getByText("That session is ended")).toBeVisible();
  expect(ended).toEqual([`/v1/sessions/${id(911)}`]);
  await page.getByRole("button", { name: "End all others" }).click();
  await expect(page.getByText("3 sessions ended")).toBeVisible();
});

test("who has yet to set up a second factor is led there and to nothing else", async ({ page }) => {
  await answer(page, { "GET /v1/session": () => ({ ...session, second_factor_missing: true }) });
  await page.goto("/tickets");
  await expect(page).toHaveURL(/\/settings\/account$/);
  await expect(page.getByText("Set up a second factor to go on.")).toBeVisible();
});

test("who belongs to several workspaces goes from one to another", async ({ page }) => {
  let went: unknown;
  const other = { id: id(3), slug: "south", name: "Southfold Indoor" };
  await answer(page, {
    "GET /v1/session": () => ({ ...session, workspaces: [session.workspace, other] }),
    "POST /v1/session/workspace": (route) => {
      went = route.request().postDataJSON();
      return { ...session, workspace: other };
    },
  });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/tickets");
  await page.getByRole("button", { name: "Menu" }).click();
  await accessible(page);
  await fits(page);
  await page.getByLabel("Workspace").selectOption("Southfold Indoor");
  await expect(page).toHaveURL(/\/$/);
  expect(went).toEqual({ workspace_id: id(3) });
});

test("approvals are handed over while one is away, and taken back", async ({ page }) => {
  const sent: unknown[] = [];
  let delegations: S["Delegation"][] = [];
  await answer(page, {
    "GET /v1/approvals/desk": () => ({ ...approvalDesk, delegations }),
    "PUT /v1/approvals/delegation": (route) => {
      const { to, until } = route.request().postDataJSON() as { to: string; until: string };
      sent.push(to);
      delegations = [{ user_id: id(1), delegate_id: to, until, created_at: at(0) }];
      return { items: delegations };
    },
    "DELETE /v1/approvals/delegation": async (route) => {
      sent.push("back");
      delegations = [];
      await route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.goto("/settings/account");
  const section = page.getByRole("region", { name: "While you are away" });
  const whom = section.getByLabel("Who sees to your approvals");
  await expect(whom.locator("option")).toHaveText(["Choose…", "Noor Haddad", "Sam Okoye"]);
  await whom.selectOption("Noor Haddad");
  const day = section.getByLabel("Until the end of");
  await day.fill((await day.getAttribute("max")) ?? "");
  await accessible(page);
  await section.getByRole("button", { name: "Hand them over" }).click();
  await expect(section).toContainText("Noor Haddad sees to your approvals until");
  await section.getByRole("button", { name: "I am back" }).click();
  await expect(whom).toBeVisible();
  expect(sent).toEqual([id(2), "back"]);
});

test("that no mail is sent is one sentence, and not a column for each of its words", async ({
  page,
}) => {
  await answer(page, { "GET /v1/approvals/mail": () => ({ ...mailed, possible: false }) });
  await page.goto("/settings/account");
  const note = page.getByRole("note").filter({ hasText: "This service sends no mail" });
  await expect(note.locator("> *")).toHaveCount(1);
});
