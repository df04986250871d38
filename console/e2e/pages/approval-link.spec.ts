import type { Page } from "@playwright/test";
import {
  answer,
  approvalView,
  at,
  customer,
  messages,
  problem,
  first as refund,
  type S,
  tickets,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

const TOKEN = `ca_${"0".repeat(32)}_${"a".repeat(64)}`;

const view = approvalView(refund, { ticket: tickets[0] ?? null, messages, customer });
const open: S["LinkedApproval"] = {
  person: "Robin Vermeer",
  workspace: "Northfold",
  state: "open",
  detail: "",
  title: refund.preview.title,
  decision: null,
  view,
  reject_reasons: ["The amount is wrong"],
};
const over = (
  state: S["LinkState"],
  detail: string,
  decision: S["LinkedDecision"] | null = null,
): S["LinkedApproval"] => ({ ...open, state, detail, decision, view: null });
const byYou: S["LinkedDecision"] = {
  by: "Robin Vermeer",
  by_you: true,
  kind: "approve",
  at: at(0),
  undo_until: null,
};

interface Sent {
  path: string;
  token: string | undefined;
  body: unknown;
}

/** A desk behind the link: what it was sent, and what it says now. */
async function behind(page: Page, first: unknown, after: unknown = first) {
  const sent: Sent[] = [];
  const desk = { says: first };
  const take = (route: import("@playwright/test").Route, path: string) => {
    const request = route.request();
    sent.push({ path, token: request.headers().authorization, body: request.postDataJSON() });
    desk.says = after;
    return after;
  };
  await answer(page, {
    "GET /v1/session": () => problem(401, "Sign in first", "sign in"),
    "GET /v1/approval-link": (route) => {
      expect(route.request().headers().authorization).toBe(`Bearer ${TOKEN}`);
      return desk.says;
    },
    "POST /v1/approval-link/decision": take,
    "POST /v1/approval-link/undo": take,
  });
  return { sent, desk };
}

test("the page shows what a reviewer sees, and approving takes a second word", async ({ page }) => {
  const { sent } = await behind(page, open, over("decided", "You have decided on this.", byYou));
  await page.goto(`/decide#${TOKEN}`);
  await expect(page.getByRole("heading", { name: refund.preview.title })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Why it stopped" })).toBeVisible();
  await expect(page.getByRole("heading", { name: "Evidence" })).toBeVisible();
  await expect(page.getByText("my tent arrived with a torn seam")).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
  await page.getByRole("button", { name: "Approve" }).click();
  expect(sent, "nothing is decided by one press").toEqual([]);
  await expect(page.getByText("It cannot be undone.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Yes, approve" })).toBeFocused();
  await accessible(page);
  await fits(page);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "This is decided" })).toBeVisible();
  expect(sent).toEqual([
    {
      path: "/v1/approval-link/decision",
      token: `Bearer ${TOKEN}`,
      body: { digest: refund.digest, decision: { type: "approve" } },
    },
  ]);
  await accessible(page);
});

test("a refusal needs a reason, and what was decided can be taken back for a while", async ({
  page,
}) => {
  const undo_until = at(-1);
  const rejected = over("decided", "You have decided on this.", {
    ...byYou,
    kind: "reject",
    undo_until,
  });
  const { sent, desk } = await behind(page, open, rejected);
  await page.goto(`/decide#${TOKEN}`);
  await page.getByRole("button", { name: "Reject" }).click();
  await expect(page.getByLabel("Why not? The agent reads this.")).toBeFocused();
  await page.getByRole("button", { name: "The amount is wrong" }).click();
  await page.getByRole("button", { name: "Reject", exact: true }).click();
  await expect(page.getByText("Nothing is done yet")).toBeVisible();
  expect(sent[0]?.body).toEqual({
    digest: refund.digest,
    decision: { type: "reject", reason: "The amount is wrong" },
  });
  await page.route("**/v1/approval-link/undo", async (route) => {
    desk.says = open;
    await route.fulfill({ json: open });
  });
  await page.getByRole("button", { name: "Take it back" }).click();
  await expect(page.getByRole("button", { name: "Approve" })).toBeVisible();
});

test("whoever comes second sees who was first", async ({ page }) => {
  const { desk } = await behind(page, open);
  await page.route("**/v1/approval-link/decision", async (route) => {
    desk.says = over("decided", "Somebody else was first. Nothing is left to decide here.", {
      ...byYou,
      by: "Kim Larsen",
      by_you: false,
    });
    await route.fulfill({
      status: 409,
      contentType: "application/problem+json",
      json: { title: "Conflict", status: 409, detail: "Somebody else was first." },
    });
  });
  await page.goto(`/decide#${TOKEN}`);
  await page.getByRole("button", { name: "Approve" }).click();
  await page.getByRole("button", { name: "Yes, approve" }).click();
  await expect(page.getByRole("heading", { name: "This is decided" })).toBeVisible();
  await expect(page.getByText("Kim Larsen: approved")).toBeVisible();
  await expect(page.getByRole("button", { name: "Approve" })).toHaveCount(0);
});

for (const [state, title] of [
  ["expired", "The deadline is over"],
  ["superseded", "This is not proposed any more"],
  ["changed", "This has changed"],
  ["not_asked", "This is not yours to decide"],
  ["console", "Decide this in the console"],
] as const) {
  test(`a link that leads to nothing to decide says why: ${state}`, async ({ page }) => {
    await behind(page, over(state, `Because it is ${state}.`));
    await page.goto(`/decide#${TOKEN}`);
    await expect(page.getByRole("heading", { name: title })).toBeVisible();
    await expect(page.getByText(`Because it is ${state}.`)).toBeVisible();
    await expect(page.getByRole("link", { name: "Open the console" })).toBeVisible();
  });
}

test("a link that opens nothing says so, and one that is not whole is not asked about", async ({
  page,
}) => {
  await behind(page, problem(401, "Sign in first", "this link opens nothing: it was ended"));
  await page.goto(`/decide#${TOKEN}`);
  await expect(page.getByRole("heading", { name: "This link opens nothing" })).toBeVisible();
  await expect(page.getByText("it was ended")).toBeVisible();
  await accessible(page);
  await page.goto("/help");
  await page.goto("/decide");
  await expect(page.getByRole("heading", { name: "This link is not whole" })).toBeVisible();
});

test("what waits can be had by mail, and one is told what that means", async ({ page }) => {
  const put: unknown[] = [];
  await answer(page, {
    "PUT /v1/approvals/mail": (route) => {
      put.push(route.request().postDataJSON());
      return {
        mailed: "pressing",
        possible: false,
        by_link: true,
        after_seconds: 300,
        at_most_an_hour: 6,
        pressing_cents: 5000,
        pressing_minutes: 60,
      };
    },
  });
  await page.goto("/settings/account");
  const section = page.getByRole("region", { name: "Mail me what waits for me" });
  await expect(section.getByLabel("Nothing")).toBeChecked();
  await section.getByLabel("What is pressing").click();
  await expect(section.getByLabel("What is pressing")).toBeChecked();
  expect(put).toEqual([{ mailed: "pressing" }]);
  await expect(section.getByText("This service sends no mail")).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});
