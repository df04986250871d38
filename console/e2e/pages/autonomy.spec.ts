import { answer, known, ladder, problem, type S, session, unknownYet } from "./answers";
import { accessible, expect, fits, test } from "./test";

test("the ladder says what can be promised, and in words where nothing can", async ({ page }) => {
  const asked: string[] = [];
  await answer(page, {
    "GET /v1/autonomy": (route) => {
      asked.push(new URL(route.request().url()).search);
      return ladder;
    },
  });
  await page.goto("/safety/autonomy");
  const table = page.getByRole("region", { name: "The ladder" });
  const reply = table.getByRole("row", { name: /Reply to the customer/ });
  await expect(reply).toContainText("Act");
  await expect(reply).toContainText("96 % of 127");
  await expect(reply).toContainText("From 0.85 on, which is 76 % of calls");
  const refund = table.getByRole("row", { name: /Refund an order/ });
  await expect(refund).toContainText("Policy alone");
  await expect(refund).toContainText("Not reachable yet: 12 judged that count, at least 89");
  await page.getByLabel("At most so many wrong, in per cent").fill("2.5");
  await page.getByRole("button", { name: "Show what that takes" }).click();
  await expect.poll(() => asked.at(-1)).toBe("?ceiling=0.025&delta=0.1");
  const csv = page.getByRole("link", { name: "CSV" });
  await expect(csv).toHaveAttribute("href", "/v1/autonomy/resolutions?format=csv");
});

test("a row opens what its confidence is worth, with the numbers behind a click", async ({
  page,
}) => {
  await answer(page);
  await page.goto("/safety/autonomy");
  await page.getByRole("button", { name: /Details of Reply to the customer/ }).click();
  const detail = page.getByRole("region", { name: /Reply to the customer ·/ });
  await expect(detail).toContainText("since");
  await expect(detail).toContainText("the figures of autumn");
  await expect(detail).toContainText("40 did, and 1 of them were wrong");
  await expect(detail).toContainText("It stands on 98 calls at least so sure");
  await expect(detail.getByRole("img", { name: /by stated confidence/ })).toBeVisible();
  await expect(detail.getByRole("img", { name: /share of errors/ })).toBeVisible();
  await detail.getByText("The numbers").first().click();
  await expect(detail.getByRole("row", { name: /0.85 97 1/ })).toContainText("yes");
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});

test("a rung is changed with a reason, and nothing is shown as changed before it is", async ({
  page,
}) => {
  let now: S["AutonomyCell"] = unknownYet;
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/autonomy": () => ({ ...ladder, cells: [now] }),
    "GET /v1/autonomy/cell": () => known(now),
    "POST /v1/autonomy/level": (route) => {
      const body = route.request().postDataJSON() as S["SetLevel"];
      sent.push(body);
      if (sent.length === 1) return problem(409, "Conflict", "somebody changed where this stands");
      const rung = ladder.cells[0]?.rung as NonNullable<S["AutonomyCell"]["rung"]>;
      now = {
        ...now,
        rung: { ...rung, ...body, level: "ask", threshold: null, version: 1 },
        version: 1,
      };
      return known(now);
    },
  });
  await page.goto("/safety/autonomy");
  await page.getByRole("button", { name: /Details of Refund an order/ }).click();
  const rungs = page.getByRole("list", { name: "Rungs" });
  const act = rungs.getByRole("listitem").filter({ hasText: "at least as sure" });
  await expect(act).toContainText("It is not shown that fewer than 5.0 % are.");
  await expect(act.getByRole("button")).toHaveCount(0);
  const ask = rungs.getByRole("listitem").filter({ has: page.getByText("Ask", { exact: true }) });
  await ask.getByRole("button", { name: "Put it here" }).click();
  const dialog = page.getByRole("dialog", { name: "Refund an order: Ask?" });
  await dialog.getByLabel("Why? Others read it.").fill("money");
  await accessible(page);
  await dialog.getByRole("button", { name: "Put it there" }).click();
  await expect(dialog.getByRole("alert")).toContainText("somebody changed where this stands");
  await dialog.getByRole("button", { name: "Put it there" }).click();
  await expect(dialog).toHaveCount(0);
  await expect(ask).toHaveAttribute("aria-current", "step");
  expect(sent[1]).toMatchObject({ intent: "refund", level: "ask", version: 0, why: "money" });
});

test("whoever may not change it sees what is known and no way to", async ({ page }) => {
  const permissions = session.permissions.filter((each) => each !== "manage_autonomy");
  await answer(page, { "GET /v1/session": () => ({ ...session, permissions }) });
  await page.goto("/safety/autonomy");
  await page.getByRole("button", { name: /Details of Refund an order/ }).click();
  await expect(page.getByText("takes the permission “Manage autonomy”")).toBeVisible();
  await expect(page.getByRole("button", { name: "Put it here" })).toHaveCount(0);
});

test("who sees masks is offered no file, which cannot be masked", async ({ page }) => {
  const permissions = session.permissions.filter((each) => each !== "see_personal_data");
  await answer(page, { "GET /v1/session": () => ({ ...session, permissions }) });
  await page.goto("/safety/autonomy");
  await expect(page.getByRole("region", { name: "The ladder" })).toBeVisible();
  await expect(page.getByRole("link", { name: /^(CSV|JSON)$/ })).toHaveCount(0);
});

test("where nothing was decided yet, the page says what would count", async ({ page }) => {
  await answer(page, { "GET /v1/autonomy": () => ({ ...ladder, cells: [] }) });
  await page.goto("/safety/autonomy");
  await expect(page.getByText("Nothing is known yet")).toBeVisible();
});
