import { answer, id, problem, session } from "./answers";
import { accessible, expect, fits, test } from "./test";

const PAGES: [string, RegExp][] = [
  ["/", /Home/],
  ["/approvals", /Approvals/],
  ["/tickets", /Tickets/],
  [`/tickets/${id(100)}`, /#40/],
  ["/customers", /Customers/],
  [`/customers/${id(10)}`, /Alex/],
  ["/runs", /Runs/],
  [`/runs/compare?left=${id(40)}&right=${id(41)}`, /Compare runs/],
  [`/runs/${id(40)}`, /Run of \W*resolution/],
  ["/knowledge", /Knowledge/],
  [`/knowledge/documents/${id(400)}`, /Returns and refunds/],
  ["/knowledge/search?q=return", /Try the knowledge/],
  ["/knowledge/search?mode=ask", /Try the knowledge/],
  ["/knowledge/sources", /Sources/],
  ["/knowledge/gaps", /Gaps/],
  ["/knowledge/recall", /Recall/],
  ["/knowledge/templates", /Templates/],
  ["/tools", /Tools/],
  ["/agents", /Agents/],
  ["/policy", /Policy/],
  ["/evaluations", /Evaluations/],
  [`/evaluations/${id(802)}`, /Evaluation/],
  [`/evaluations/${id(802)}/4`, /Case/],
  ["/safety", /Breakers/],
  ["/safety/limits", /Limits/],
  ["/safety/autonomy", /Autonomy/],
  ["/safety/reviewing", /My reviewing/],
  ["/safety/audit", /Audit/],
  ["/safety/personal-data", /Personal data/],
  ["/settings", /People/],
  ["/settings/roles", /Roles/],
  ["/settings/teams", /Teams/],
  ["/settings/api-keys", /API keys/],
  ["/settings/models", /Models/],
  ["/settings/channels", /Channels/],
  ["/settings/appearance", /Appearance/],
  ["/chat", /Chat/],
  ["/help", /Help/],
  ["/help/articles/returns-and-refunds", /Returns and refunds/],
  ["/help/ask", /Write to us/],
  ["/help/conversations", /My conversations/],
  ["/sign-in", /Sign in/],
  ["/reset", /New password/],
  ["/reset#token", /New password/],
  ["/invitation#token", /Invitation/],
  ["/settings/account", /Account/],
];

for (const [path, title] of PAGES) {
  test(`${path} is accessible in light and dark, and fits a window of 360 pixels`, async ({
    page,
  }) => {
    await answer(page);
    await page.emulateMedia({ colorScheme: "light", reducedMotion: "reduce" });
    await page.goto(path);
    await expect(page).toHaveTitle(title);
    await expect(page.locator(".skeleton")).toHaveCount(0);
    await accessible(page);
    await page.emulateMedia({ colorScheme: "dark" });
    await accessible(page);
    await page.setViewportSize({ width: 360, height: 740 });
    await expect(page.locator(".skeleton")).toHaveCount(0);
    await fits(page);
  });
}

test("an error shows the service's own words and a way to try again", async ({ page }) => {
  let works = false;
  await answer(page, {
    "GET /v1/tickets": () =>
      works
        ? { items: [], next_cursor: null }
        : problem(500, "Something went wrong", "the tickets cannot be read; try again in a minute"),
  });
  await page.goto("/tickets");
  await expect(page.getByRole("alert")).toContainText("the tickets cannot be read");
  works = true;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(page.getByText("No tickets yet")).toBeVisible();
});

test("a lost connection is said and does not clear the page", async ({ page }) => {
  await answer(page);
  await page.goto("/tickets");
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
  // The canned stream ends at once, which is what a cut looks like.
  await expect(page.getByText(/No connection to the service/)).toBeVisible();
  await expect(page.getByText("Parcel says delivered")).toBeVisible();
});

test("whoever is not signed in is asked to, and comes back to where they were going", async ({
  page,
}) => {
  let signedIn = false;
  await answer(page, {
    ...(await import("./answers").then(({ session }) => ({
      "GET /v1/session": () =>
        signedIn ? session : problem(401, "Not signed in", "sign in or use an API key"),
      "POST /v1/session": (route: import("@playwright/test").Route) => {
        const { password } = route.request().postDataJSON() as { password: string };
        if (password !== "right") {
          return problem(401, "Not signed in", "the address or the password is wrong");
        }
        signedIn = true;
        return session;
      },
    }))),
  });
  await page.goto("/tickets?status=open");
  await expect(page.getByRole("heading", { name: "Sign in to Countersign" })).toBeVisible();
  await page.getByLabel("Email").fill("reviewer@northfold.example");
  await page.getByLabel("Password").fill("wrong");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert")).toContainText("the address or the password is wrong");
  await page.getByLabel("Password").fill("right");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/tickets\?status=open/);
});

test("the keyboard map lists what the keys do here, and single keys can be switched off", async ({
  page,
}) => {
  await answer(page);
  await page.goto("/approvals");
  await expect(page.getByRole("button", { name: "Approve" })).toBeVisible();
  await page.keyboard.press("?");
  const map = page.getByRole("dialog", { name: "Keyboard" });
  await expect(map).toContainText("Reject");
  await expect(map).toContainText("Select for several at once");
  await accessible(page);
  await map.getByRole("checkbox").uncheck();
  await page.keyboard.press("Escape");
  await expect(map).toBeHidden();
  await page.keyboard.press("r");
  await expect(page.getByLabel("Why should this not happen?")).toHaveCount(0);
});

test("two keys go to a page", async ({ page }) => {
  await answer(page);
  await page.goto("/");
  await expect(page.getByText("Waiting longest")).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("t");
  await expect(page).toHaveURL(/\/tickets$/);
});

test("the theme can be chosen and stays", async ({ page }) => {
  await answer(page);
  await page.goto("/");
  await page.getByRole("button", { name: /Theme/ }).click();
  await page.getByRole("button", { name: /Theme: light/ }).click();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("data-theme", "dark");
});

test("on a phone the navigation is behind a menu", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await answer(page);
  await page.goto("/");
  await page.getByRole("button", { name: "Menu" }).click();
  await page.getByRole("link", { name: "Tickets", exact: true }).click();
  await expect(page).toHaveURL(/\/tickets$/);
  await expect(page.getByRole("dialog")).toHaveCount(0);
});

test("who may not see a page is not led there, and is told so at its address", async ({ page }) => {
  const asked: string[] = [];
  const permissions = ["read_tickets", "read_knowledge"];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  await answer(page, { "GET /v1/session": () => ({ ...session, role: "viewer", permissions }) });
  await page.goto("/safety/audit");
  await expect(page.getByRole("heading", { name: "Not for your role" })).toBeVisible();
  await expect(page.getByText("“Read audit”")).toBeVisible();
  const places = page.getByRole("navigation", { name: "Main" }).getByRole("listitem");
  await expect(places).toHaveText([/Tickets/, /Knowledge/, /Customer chat/]);
  expect(asked.filter((path) => /audit|approvals/.test(path) && path.startsWith("/v1"))).toEqual(
    [],
  );
  await accessible(page);
  await fits(page);
});

for (const [permission, paths] of [
  ["read_system", ["/"]],
  ["read_approvals", [`/approvals/${id(200)}`]],
  ["read_tickets", [`/tickets/${id(100)}`]],
  ["read_customers", [`/customers/${id(10)}`]],
  ["read_runs", [`/runs/${id(40)}`]],
  ["read_tools", ["/agents"]],
  ["read_knowledge", [`/knowledge/documents/${id(400)}`, "/knowledge/gaps", "/knowledge/recall"]],
] as const) {
  test(`who may ${permission} and nothing else is led nowhere else`, async ({ page }) => {
    await answer(page, { "GET /v1/session": () => ({ ...session, permissions: [permission] }) });
    for (const path of paths) {
      await page.goto(path);
      await expect(page.locator("#main :is(h1, h2)").first()).toBeVisible();
      await expect(page.locator(".skeleton")).toHaveCount(0);
      const led = await page
        .locator("#main a[href^='/']")
        .evaluateAll((links) => links.map((link) => link.getAttribute("href") ?? ""));
      const noun = path.split("/")[1];
      const theirs = noun === "" ? /^\/(safety(\/limits)?)?$/ : new RegExp(`^/${noun}\\b`);
      expect(led.filter((href) => !theirs.test(href))).toEqual([]);
    }
  });
}

test("who may not see the desk begins at the first page that is theirs", async ({ page }) => {
  const permissions = ["read_tickets", "read_knowledge"];
  await answer(page, {
    "GET /v1/session": () => ({ ...session, role: "refund_desk", permissions }),
  });
  await page.goto("/");
  await expect(page).toHaveURL(/\/tickets$/);
  await expect(page.getByRole("heading", { level: 1, name: "Tickets" })).toBeVisible();
  await expect(page.getByText("Not for your role")).toHaveCount(0);
});

test("who may not read tickets has no stream, and is not told that they lost it", async ({
  page,
}) => {
  const asked: string[] = [];
  page.on("request", (request) => asked.push(new URL(request.url()).pathname));
  const permissions = ["read_knowledge", "read_system"];
  await answer(page, {
    "GET /v1/session": () => ({ ...session, role: "librarian", permissions }),
  });
  await page.goto("/");
  await expect(page.getByRole("link", { name: "Stopped", exact: true })).toBeVisible();
  // Figures are theirs, the lists behind them are not.
  await expect(page.getByRole("link", { name: "Open tickets" })).toHaveCount(0);
  await expect(page.getByText("Open tickets")).toBeVisible();
  await page.goto("/knowledge/search");
  await page.getByText("In one language, or more passages").click();
  await expect(page.getByLabel("Language first")).toBeVisible();
  await expect(page.getByText("No connection to the service")).toHaveCount(0);
  expect(asked.filter((path) => /stream|customers|approvals/.test(path))).toEqual([]);
});
