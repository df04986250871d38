import {
  answer,
  approvals,
  audited,
  breaker,
  couldBe,
  digest,
  failing,
  problem,
  session,
  viewerMay,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

const refunds = { kind: "tool", name: "shop__refund_order" } as const;

test("what is stopped is said on every page and at the approvals it keeps from being done", async ({
  page,
}) => {
  const stopped = breaker(refunds, "Refunds of the wrong amount");
  await answer(page, {
    "GET /v1/breakers": () => ({ items: [stopped], automatic: [], could_be: [] }),
  });
  await page.goto("/tickets");
  await expect(page.getByText("Stopped: the tool shop__refund_order.")).toBeVisible();
  const refund = approvals.find((each) => each.binding.call.tool === refunds.name);
  const other = approvals.find((each) => each.binding.call.tool !== refunds.name);
  await page.goto(`/approvals/${refund?.id}`);
  await expect(page.locator("#approval")).toContainText("“Refunds of the wrong amount”");
  await accessible(page);
  await page.goto(`/approvals/${other?.id}`);
  await expect(page.locator("#approval h2").first()).toBeVisible();
  await expect(page.locator("#approval")).not.toContainText("is stopped");
});

test("something is stopped with a reason, and let go on with one", async ({ page }) => {
  let open: ReturnType<typeof breaker>[] = [];
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/breakers": () => ({
      items: open,
      automatic: [],
      could_be: open.length === 0 ? couldBe : [],
    }),
    "POST /v1/breakers": (route) => {
      sent.push(route.request().postDataJSON());
      open = [breaker(refunds, "Wrong amounts")];
      return { items: open, automatic: [], could_be: [] };
    },
    "POST /v1/breakers/close": (route) => {
      sent.push(route.request().postDataJSON());
      open = [];
      void route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.goto("/tools");
  await expect(page.getByRole("heading", { level: 1, name: "Tools" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("s");
  await expect(page.getByRole("heading", { name: "Nothing is stopped" })).toBeVisible();
  await accessible(page);
  await page.getByLabel("What").selectOption("tool:shop__refund_order");
  await page.getByLabel("Why").fill("Wrong amounts");
  await page.getByRole("button", { name: "Stop it now" }).click();
  await expect(
    page.getByRole("heading", { name: "The tool shop__refund_order is stopped" }),
  ).toBeVisible();
  await accessible(page);
  await page.getByRole("button", { name: "Let it go on" }).click();
  await page.getByLabel("Why may it go on?").fill("Mended");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Nothing is stopped" })).toBeVisible();
  expect(sent).toEqual([
    { of: refunds, reason: "Wrong amounts" },
    { of: refunds, reason: "Mended" },
  ]);
});

test("what keeps failing is shown with its failure and next try, and may be let go on early", async ({
  page,
}) => {
  let automatic = [failing({ kind: "integration", name: "shop" })];
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/breakers": () => ({ items: [], automatic, could_be: couldBe }),
    "POST /v1/breakers/close": (route) => {
      sent.push(route.request().postDataJSON());
      automatic = [];
      void route.fulfill({ status: 204 });
      return "handled";
    },
  });
  const refund = approvals.find((each) => each.binding.call.tool === refunds.name);
  await page.goto(`/approvals/${refund?.id}`);
  await expect(page.locator("#approval")).toContainText("done by itself when it works again");
  await accessible(page);
  await page.goto("/safety");
  await expect(
    page.getByText("Left alone because it keeps failing: the integration shop."),
  ).toBeVisible();
  const item = page.getByRole("list", { name: "Stopped" }).getByRole("listitem");
  await expect(item).toContainText("The integration shop is left alone");
  await expect(item).toContainText("It failed 5 times in a row. It is tried again at");
  await expect(item).toContainText("Last failure: no answer within 5000 ms");
  await expect(item).toContainText("tried in vain 2 times since");
  await accessible(page);
  await item.getByRole("button", { name: "Let it go on" }).click();
  await page.getByLabel("Why may it go on?").fill("The shop says it is mended");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "Nothing is stopped" })).toBeVisible();
  const of = { kind: "integration", name: "shop" };
  expect(sent).toEqual([{ of, reason: "The shop says it is mended" }]);
});

test("who may not stop or let go on is not offered it", async ({ page }) => {
  const stopped = breaker({ kind: "workspace" }, "Everything went wrong");
  await answer(page, {
    "GET /v1/session": () => ({ ...session, role: "viewer", permissions: viewerMay }),
    "GET /v1/breakers": () => ({ items: [stopped], automatic: [], could_be: couldBe.slice(1) }),
  });
  await page.goto("/safety");
  await expect(page.getByText("Letting it go on takes the permission “Resume”.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Let it go on" })).toHaveCount(0);
  await expect(page.getByRole("form", { name: "Stop something" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Audit" })).toHaveCount(0);
});

test("a failure to stop something stays on the page with what was typed", async ({ page }) => {
  await answer(page, {
    "POST /v1/breakers": () => problem(422, "Invalid", "there is no tool `x`; there are: y"),
  });
  await page.goto("/safety");
  await page.getByLabel("What").selectOption("workspace");
  await page.getByLabel("Why").fill("Wrong amounts");
  await page.getByRole("button", { name: "Stop it now" }).click();
  await expect(page.getByRole("alert")).toContainText("there is no tool");
  await expect(page.getByLabel("Why")).toHaveValue("Wrong amounts");
});

test("the audit is read, narrowed and checked", async ({ page }) => {
  let whole = true;
  const asked: string[] = [];
  await answer(page, {
    "GET /v1/audit": (route) => {
      const wanted = new URL(route.request().url()).searchParams;
      asked.push(`${wanted.get("from")} ${wanted.get("until")}`);
      const action = wanted.get("action");
      const items = audited.filter((each) => !action || each.action === action);
      return { items, next_cursor: null };
    },
    "GET /v1/audit/verification": () => ({
      whole,
      entries: 4,
      head: { seq: 4, digest: digest(4) },
      kept_after: { seq: 0, digest: digest(0) },
      broken: whole ? null : { seq: 3, why: "what it says is not what was written" },
    }),
  });
  await page.goto("/safety/audit");
  const rows = page.getByRole("row");
  await expect(rows).toHaveCount(5);
  await expect(rows.nth(1)).toContainText("Decided an approval");
  await expect(rows.nth(1)).toContainText("Decision: approve");
  await page.getByRole("button", { name: "Check the chain" }).click();
  await expect(page.getByText("The chain is whole")).toBeVisible();
  await expect(page.getByText(digest(4)).first()).toBeVisible();
  await accessible(page);
  whole = false;
  await page.getByRole("button", { name: "Check the chain" }).click();
  await expect(page.getByRole("alert")).toContainText("broken at entry 3");
  await page.getByLabel("Which actions").selectOption("breaker.opened");
  await expect(rows).toHaveCount(2);
  await expect(page).toHaveURL(/action=breaker\.opened/);
  await page.getByLabel("From").fill("2026-01-30");
  await page.getByLabel("To, with that day (UTC)").fill("2026-01-31");
  await expect(page).toHaveURL(/from=2026-01-30&until=2026-01-31/);
  await expect.poll(() => asked.at(-1)).toBe("2026-01-30T00:00:00Z 2026-02-01T00:00:00.000Z");
  await accessible(page);
  await expect(page.getByRole("link", { name: "CSV" })).toHaveAttribute(
    "href",
    "/v1/audit/export?format=csv",
  );
});

test("the safety pages fit a phone", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const stopped = breaker(refunds, "Refunds of the wrong amount");
  await answer(page, {
    "GET /v1/breakers": () => ({ items: [stopped], automatic: [], could_be: couldBe }),
  });
  for (const path of ["/safety", "/safety/audit"]) {
    await page.goto(path);
    await expect(page.getByRole("heading", { name: "Safety" })).toBeVisible();
    await fits(page);
    await accessible(page);
  }
});

test("limits show what is in use of them, and which of them is used up", async ({ page }) => {
  await answer(page);
  await page.goto("/safety/limits");
  const row = (name: string) => page.getByRole("row", { name });
  await expect(row("The workspace Day")).toContainText("8.25 of 10 credits");
  await expect(row("The workspace Day")).toContainText("0.12 credits set aside");
  await expect(row("The workspace Day")).toContainText("Nearly used up");
  await expect(row("The workspace Month")).toContainText("41.5 credits");
  await expect(row("The workspace Month")).toContainText("No ceiling");
  await expect(row("The tool shop__refund_order")).toContainText("Used up until");
  await expect(row("The agent resolution Minute")).toContainText("3 of 10 runs");
  await expect(row("mails")).toContainText("12 of 100 mails");
  await accessible(page);
});

test("limits that cannot be read say why", async ({ page }) => {
  await answer(page, {
    "GET /v1/credits": () => problem(503, "Not available right now", "the database is away"),
  });
  await page.goto("/safety/limits");
  await expect(page.getByRole("alert")).toContainText("the database is away");
});
