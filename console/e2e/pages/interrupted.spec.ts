// What happens while a reviewer is in the middle of something: an answer comes late, the approval is settled by
// somebody else, the connection breaks. Nothing is lost by it, and nothing is done that nobody meant.
import type { Page, Route } from "@playwright/test";
import {
  type Answers,
  answer,
  approvalIn,
  approvalView,
  at,
  counts,
  first,
  id,
  type S,
  second,
  third,
} from "./answers";
import { accessible, expect, test } from "./test";

/** Something that others wait for. */
function gate(): { open: () => void; opened: Promise<void> } {
  let open: () => void = () => {};
  const opened = new Promise<void>((done) => {
    open = done;
  });
  return { open, opened };
}

const said = (event: object, position: number) =>
  `id: ${position}\nevent: event\ndata: ${JSON.stringify({
    type: "event",
    event: {
      id: id(700 + position),
      position,
      ticket_id: second.ticket_id,
      version: position,
      actor: { kind: "system" },
      at: at(0),
      body: event,
    },
  })}\n\n`;

/** Takes decisions when the gate lets it, and says which there were. */
async function slow(page: Page, opened: Promise<void>, own: Answers = {}): Promise<string[]> {
  const decided: string[] = [];
  await answer(page, {
    "POST /v1/approvals/:id/decisions": async (_: Route, path: string) => {
      const approval = approvalIn(path);
      decided.push(approval.id);
      await opened;
      return { ...approval, status: "approved", decided_at: at(0) };
    },
    ...own,
  });
  return decided;
}

test("an answer that comes late moves nobody from where they are", async ({ page }) => {
  const { open, opened } = gate();
  const decided = await slow(page, opened);
  await page.goto(`/approvals/${second.id}`);
  await expect(page.getByRole("heading", { name: /Change the delivery address/ })).toBeVisible();
  await page.keyboard.press("a");
  await expect(page.getByRole("button", { name: "Sending…" })).toBeVisible();
  await page.locator(`[data-id="${third.id}"]`).click();
  await expect(page.getByRole("heading", { name: /Reply to the customer/ })).toBeVisible();
  await page.keyboard.press("r");
  await page.keyboard.type("Not a word of a ");
  open();
  await expect(page.getByText("Approved", { exact: true }).first()).toBeVisible();
  await page.keyboard.type("neighbour there.");
  await expect(page.locator("#approval textarea")).toHaveValue("Not a word of a neighbour there.");
  await expect(page).toHaveURL(new RegExp(third.id));
  expect(decided).toEqual([second.id]);
});

test("an answer that comes late leaves another page alone", async ({ page }) => {
  const { open, opened } = gate();
  await slow(page, opened);
  await page.goto(`/approvals/${second.id}`);
  await expect(page.getByRole("heading", { name: /Change the delivery address/ })).toBeVisible();
  await page.keyboard.press("a");
  await expect(page.getByRole("button", { name: "Sending…" })).toBeVisible();
  await page.getByRole("link", { name: "Tickets", exact: true }).first().click();
  await expect(page.getByRole("heading", { name: "Tickets", exact: true })).toBeVisible();
  open();
  await expect(page.getByText("Approved", { exact: true }).first()).toBeVisible();
  await expect(page).toHaveURL(/\/tickets/);
});

test("what is settled while somebody writes stays to be read, and what they type on is no key", async ({
  page,
}) => {
  const { open, opened } = gate();
  let status: S["Approval"]["status"] = "pending";
  const decided = await slow(page, Promise.resolve(), {
    "GET /v1/approvals/:id": (_: Route, path: string) => {
      const approval = approvalIn(path);
      const is = approval.id === second.id ? { ...approval, status } : approval;
      return approvalView(is, { may_decide: is.status === "pending" });
    },
    "GET /v1/stream": async () => {
      await opened;
      status = "superseded";
      const news = { run_id: second.run_id, tool: second.binding.call.tool };
      return said(
        { type: "approval_decided", approval_id: second.id, status, by: id(2), ...news },
        1,
      );
    },
  });
  await page.goto(`/approvals/${second.id}`);
  await expect(page.getByRole("heading", { name: /Change the delivery address/ })).toBeVisible();
  await page.keyboard.press("r");
  await page.keyboard.type("Please as");
  open();
  await expect(page.getByText("It was settled while you wrote")).toBeVisible();
  await page.keyboard.type("k a colleague");
  await expect(page.locator("#approval textarea")).toHaveValue("Please as");
  await expect(page).toHaveURL(new RegExp(second.id));
  await accessible(page);
  await page.getByRole("button", { name: "Close" }).click();
  await expect(page.locator("#approval textarea")).toHaveCount(0);
  expect(decided).toEqual([]);
});

test("keys that follow a field which went are words and not acts", async ({ page }) => {
  const decided = await slow(page, Promise.resolve());
  await page.goto(`/approvals/${second.id}`);
  await expect(page.getByRole("heading", { name: /Change the delivery address/ })).toBeVisible();
  await page.keyboard.press("r");
  await page.keyboard.type("Please as");
  await page.locator("#approval textarea").evaluate((area) => area.remove());
  await page.keyboard.type("k a colleague", { delay: 40 });
  await expect(page).toHaveURL(new RegExp(second.id));
  expect(decided).toEqual([]);
});

test("the next approval has the focus, however the last one was decided", async ({ page }) => {
  await slow(page, Promise.resolve());
  await page.goto(`/approvals/${second.id}`);
  const approval = page.locator("#approval");
  await expect(page.getByRole("heading", { name: /Change the delivery address/ })).toBeVisible();
  await page.getByRole("button", { name: /^Approve/ }).press("Enter");
  await expect(page.getByRole("heading", { name: /Reply to the customer/ })).toBeVisible();
  await expect(approval).toBeFocused();
  await page.keyboard.press("r");
  await page.keyboard.type("No.");
  await page.keyboard.press("Control+Enter");
  await expect(page.getByRole("heading", { name: first.preview.title })).toBeVisible();
  await expect(approval).toBeFocused();
});

test("a decision can be taken back again after the first try did not get through", async ({
  page,
}) => {
  let tries = 0;
  await slow(page, Promise.resolve(), {
    "POST /v1/approvals/:id/decisions": (_: Route, path: string) => ({
      ...approvalIn(path),
      status: "approved",
      decided_at: at(0),
      undo_until: at(-1),
    }),
    "POST /v1/approvals/:id/undo": async (route: Route, path: string) => {
      tries += 1;
      if (tries > 1) return approvalIn(path);
      await route.fulfill({ status: 502, body: "bad gateway" });
      return "handled";
    },
  });
  await page.goto(`/approvals/${second.id}`);
  await expect(page.getByRole("heading", { name: /Change the delivery address/ })).toBeVisible();
  await page.keyboard.press("a");
  await expect(page.getByRole("button", { name: "Undo" })).toBeVisible();
  await page.keyboard.press("z");
  await expect.poll(() => tries).toBe(1);
  await expect(page.locator(".toast[data-type=error]").first()).toBeVisible();
  await page.keyboard.press("z");
  await expect(page.getByText("Taken back: it waits again")).toBeVisible();
  expect(tries).toBe(2);
});

test("a stream that the browser opened again has missed something, and the page reads anew", async ({
  page,
}) => {
  const { open, opened } = gate();
  let waiting = counts.waiting;
  let streams = 0;
  await answer(page, {
    "GET /v1/approvals/counts": () => ({ ...counts, waiting }),
    "GET /v1/stream": async () => {
      streams += 1;
      if (streams > 1) return "";
      // Cut at once, and opened again soon.
      await opened;
      return "retry: 50\n\n";
    },
  });
  await page.goto("/approvals");
  const link = page.getByRole("link", { name: /^Approvals/ }).first();
  await expect(link).toContainText(String(waiting));
  waiting = 47;
  open();
  await expect(link).toContainText("47");
});
