import {
  answer,
  dangerous,
  dryRun,
  POLICY,
  policyOf,
  problem,
  replay,
  report,
  session,
} from "./answers";
import { agentMay } from "./examples/base";
import { accessible, expect, fits, test } from "./test";

const CHANGED = POLICY.replace("50000", "10000");

test("a policy is checked while it is written, and put in effect with a reason", async ({
  page,
}) => {
  let version = 2;
  const checked: string[] = [];
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/policy": () => policyOf(version),
    "POST /v1/policy/check": (route) => {
      const { text } = route.request().postDataJSON() as { text: string };
      checked.push(text);
      return text === POLICY ? report() : report(dangerous);
    },
    "PUT /v1/policy": (route) => {
      sent.push(route.request().postDataJSON());
      version = 3;
      return { policy: policyOf(3, { text: CHANGED }), report: report(dangerous) };
    },
  });
  await page.goto("/tools");
  await expect(page.getByRole("heading", { level: 1, name: "Tools" })).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("p");
  await expect(page.getByRole("heading", { level: 1, name: "Policy" })).toBeVisible();
  const check = page.getByRole("region", { name: "Check" });
  await expect(check).toContainText("2 rules, tried on 164 imagined calls: nothing found");
  await accessible(page);
  const editor = page.getByLabel("Policy in TOML");
  await expect(page.getByRole("button", { name: "Put it in effect" })).toHaveCount(0);
  await editor.fill(CHANGED);
  await expect(check).toContainText("1 warning");
  await expect(check).toContainText("whatever the amount");
  await check.getByRole("button", { name: "large_amount" }).click();
  await expect(editor).toBeFocused();
  const marked = await editor.evaluate((element: HTMLTextAreaElement) =>
    element.value.slice(element.selectionStart, element.selectionEnd),
  );
  expect(marked).toBe('name = "large_amount"');
  expect(checked.at(-1)).toBe(CHANGED);
  await accessible(page);
  await page.getByLabel("Why is it changed?").fill("Less by itself");
  await page.getByRole("button", { name: "Put it in effect" }).click();
  await expect(page.getByText("Version 3", { exact: true })).toBeVisible();
  await expect(page.getByRole("button", { name: "Put it in effect" })).toHaveCount(0);
  await expect(editor).toHaveValue(CHANGED);
  expect(sent).toEqual([{ text: CHANGED, note: "Less by itself", expected: 2 }]);
});

test("who was overtaken keeps what they wrote and chooses what becomes of it", async ({ page }) => {
  let version = 2;
  const sent: { expected: number }[] = [];
  await answer(page, {
    "GET /v1/policy": () => policyOf(version),
    "PUT /v1/policy": (route) => {
      const body = route.request().postDataJSON() as { expected: number };
      sent.push(body);
      if (body.expected === 3) return { policy: policyOf(4, { text: CHANGED }), report: report() };
      version = 3;
      return problem(
        409,
        "Conflict",
        "somebody changed the policy meanwhile: version 3 is in effect",
      );
    },
  });
  await page.goto("/policy");
  const editor = page.getByLabel("Policy in TOML");
  await editor.fill(CHANGED);
  await page.getByLabel("Why is it changed?").fill("Less by itself");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Version 3 is in effect meanwhile")).toBeVisible();
  await expect(page.getByText("somebody changed the policy meanwhile")).toBeVisible();
  await expect(editor).toHaveValue(CHANGED);
  await accessible(page);
  await page.getByRole("button", { name: "Put mine after it" }).click();
  await expect(page.getByLabel("Why is it changed?")).toHaveValue("Less by itself");
  await page.getByRole("button", { name: "Put it in effect" }).click();
  await expect(page.getByText("Version 4", { exact: true })).toBeVisible();
  expect(sent.map((body) => body.expected)).toEqual([2, 3]);
});

test("a dry run shows what would change and what cannot be told", async ({ page }) => {
  await answer(page, { "POST /v1/policy/dry-run": () => dryRun });
  await page.goto("/policy");
  await page.getByRole("button", { name: "Try it on past calls" }).click();
  const region = page.getByRole("region", { name: "Dry run" });
  await expect(region).toContainText("Of 40 calls, 1 would change; of 1 it cannot be told.");
  await expect(region.getByRole("row")).toHaveCount(3);
  await expect(region.getByRole("row").nth(1)).toContainText("refuse");
  await expect(region.getByRole("link", { name: /Refund 349/ })).toBeVisible();
  await accessible(page);
  // What was found is of the text that was tried.
  await page.getByLabel("Policy in TOML").fill(CHANGED);
  await expect(region.getByRole("row")).toHaveCount(0);
});

test("a policy is tried on past tickets, and what is lost stands first", async ({ page }) => {
  let state: "running" | "done" = "running";
  const tried: unknown[] = [];
  await answer(page, {
    "POST /v1/replays": (route) => {
      tried.push(route.request().postDataJSON());
      return replay("running");
    },
    "GET /v1/replays/:id": () => replay(state),
  });
  await page.goto("/policy");
  const region = page.getByRole("region", { name: "Past tickets" });
  await region.getByRole("button", { name: "Try it on past tickets" }).click();
  await expect(region.getByRole("progressbar")).toBeVisible();
  await expect(region).toContainText("12 of 40 runs");
  await expect(region.getByRole("button", { name: "Stop" })).toBeVisible();
  state = "done";
  await expect(region).toContainText(
    "Of 40 runs, 38 stay the same, 0 change, 0 are gained and 1 lost; of 1 it cannot be told.",
  );
  expect(tried).toEqual([{ policy: POLICY, last: 500 }]);
  const lost = region.getByRole("listitem").filter({ hasText: "Mira Halloran" }).first();
  await lost.getByText("a person approved it").click();
  await expect(lost.getByText("We have refunded 129.00 EUR for your order")).toBeVisible();
  await expect(lost.getByText("A colleague will look at this.")).toBeVisible();
  await expect(lost.getByRole("link", { name: "The run" })).toBeVisible();
  await expect(region.getByRole("link", { name: "Export" })).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 800 });
  await fits(page);
  // What was found is of the text that was tried.
  await page.getByLabel("Policy in TOML").fill(CHANGED);
  await expect(region.getByText("Mira Halloran")).toHaveCount(0);
});

test("a version is looked at and taken into the editor", async ({ page }) => {
  await answer(page, {
    "GET /v1/policy/versions/1": () => policyOf(1, { text: "# the first\n" }),
  });
  await page.goto("/policy");
  const versions = page.getByRole("region", { name: "Versions" });
  await expect(versions).toContainText("The first of our own");
  await expect(versions.getByText("In effect")).toHaveCount(1);
  await versions.getByRole("button", { name: "Look at version 1" }).click();
  const dialog = page.getByRole("dialog", { name: "Version 1" });
  await expect(dialog).toContainText("# the first");
  await accessible(page);
  await dialog.getByRole("button", { name: "Take it into the editor" }).click();
  await expect(page.getByLabel("Policy in TOML")).toHaveValue("# the first\n");
  await page.getByRole("button", { name: "Discard" }).click();
  await expect(page.getByLabel("Policy in TOML")).toHaveValue(POLICY);
});

test("who may not change the policy reads it", async ({ page }) => {
  await answer(page, {
    "GET /v1/session": () => ({ ...session, role: "agent", permissions: agentMay }),
    "GET /v1/policy": () => policyOf(2, { problem: "rule `moon`: there is no variable `moon`" }),
  });
  await page.goto("/policy");
  await expect(page.getByRole("alert")).toContainText("Everything is refused");
  await expect(page.getByLabel("Policy in TOML")).not.toBeEditable();
  await expect(page.getByRole("region", { name: "Check" })).toHaveCount(0);
  await expect(page.getByRole("region", { name: "Dry run" })).toHaveCount(0);
  await accessible(page);
});

test("the policy page fits a phone", async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await answer(page, { "POST /v1/policy/check": () => report(dangerous) });
  await page.goto("/policy");
  await expect(page.getByRole("region", { name: "Check" })).toContainText("whatever the amount");
  await fits(page);
  await accessible(page);
});
