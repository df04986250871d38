// The copilot beside every page: asking, reading, stopping, by keyboard and on a phone.
import type { Page } from "@playwright/test";
import {
  answer,
  id,
  page as pageOf,
  problem,
  session,
  thread,
  threads,
  ticket,
  turnOf,
  viewerMay,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

const field = (page: Page) => page.getByRole("textbox", { name: "Question to the copilot" });
const panel = (page: Page) => page.getByRole("complementary", { name: "Copilot" });

const ANSWERED = {
  "GET /v1/copilot/threads": () => pageOf(threads),
  "GET /v1/copilot/threads/:id": () => ({ id: thread, turns: [turnOf(0)] }),
  "POST /v1/copilot/threads": () => turnOf(0),
  "DELETE /v1/copilot/threads/:id": () => ({}),
};

test("it opens by its keys on any page, answers with what it rests on, and closes again", async ({
  page,
}) => {
  await answer(page, ANSWERED);
  await page.goto("/tickets");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+j");
  await expect(field(page)).toBeFocused();
  await accessible(page);
  await page.keyboard.type("Which tickets have waited longest for us?");
  await page.keyboard.press("Enter");
  await expect(panel(page)).toContainText("There are 2 tickets waiting for us.");
  await expect(panel(page)).toContainText("Check this: its passages do not say it.");
  await expect(field(page)).toBeFocused();
  await expect(field(page)).toHaveValue("");
  await panel(page).getByRole("button", { name: "3 sources" }).click();
  const listed = panel(page).getByRole("link", { name: "2 tickets (waiting for staff)" }).last();
  await expect(listed).toHaveAttribute("href", "/tickets?status=waiting_for_staff");
  await accessible(page);
  await page.getByRole("link", { name: "Ticket: #17 Refund for a tent" }).click();
  await expect(page).toHaveURL(new RegExp(`/tickets/${id(10)}`));
  // It stays from page to page.
  await expect(panel(page)).toContainText("There are 2 tickets waiting for us.");
  await page.keyboard.press("Control+j");
  await expect(panel(page)).toHaveCount(0);
  await page.keyboard.press("Control+j");
  await expect(panel(page)).toContainText("There are 2 tickets waiting for us.");
  await field(page).press("Escape");
  await expect(panel(page)).toHaveCount(0);
});

test("it knows what the page is about, unless that is taken away", async ({ page }) => {
  const sent: unknown[] = [];
  await answer(page, {
    ...ANSWERED,
    "POST /v1/copilot/threads": (route) => {
      sent.push(route.request().postDataJSON());
      return turnOf(0);
    },
  });
  await page.goto(`/tickets/${ticket(0).id}`);
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+j");
  await panel(page).getByRole("button", { name: "Summarise this ticket" }).click();
  await expect(panel(page)).toContainText("There are 2 tickets");
  expect(sent[0]).toEqual({
    text: expect.stringMatching(/^\W*Summarise this ticket\W*$/),
    looking_at: { kind: "ticket", id: ticket(0).id },
  });
  await panel(page).getByRole("button", { name: "New" }).click();
  await panel(page).getByRole("button", { name: "Do not speak about this ticket" }).click();
  await field(page).fill("How is the desk doing?");
  await field(page).press("Enter");
  await expect(panel(page)).toContainText("There are 2 tickets");
  expect(sent[1]).toEqual({ text: "How is the desk doing?", looking_at: null });
});

test("text is shown while it is written, and the question can be stopped", async ({ page }) => {
  const written = '{"statements": [{"text": "Two tickets wait';
  let state: "answering" | "stopped" = "answering";
  const turn = () => turnOf(0, { state, answer: null, looked_up: [] });
  let heard = false;
  await answer(page, {
    "GET /v1/copilot/threads": () => pageOf([]),
    "GET /v1/copilot/threads/:id": () => ({ id: thread, turns: [turn()] }),
    "POST /v1/copilot/threads": () => turn(),
    "POST /v1/copilot/threads/:id/questions/0/stop": () => {
      state = "stopped";
      return turn();
    },
    "GET /v1/stream": () => {
      if (heard) return "";
      heard = true;
      const looks = { type: "copilot_looks", run_id: id(910), tools: ["find_tickets"] };
      const text = { type: "copilot_text", run_id: id(910), delta: written, begins: true };
      return `event: copilot_looks\ndata: ${JSON.stringify(looks)}\n\nevent: copilot_text\ndata: ${JSON.stringify(text)}\n\n`;
    },
  });
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.getByRole("button", { name: "Ask the copilot" }).click();
  await panel(page).getByRole("button", { name: "How is the desk doing?" }).click();
  await expect(panel(page)).toContainText("Two tickets wait");
  await expect(page.getByRole("status").filter({ hasText: "Looking at tickets" })).toHaveCount(1);
  await accessible(page);
  await panel(page).getByRole("button", { name: "Stop" }).click();
  await expect(panel(page)).toContainText("Stopped.");
  await expect(panel(page).getByRole("button", { name: "Ask again" })).toBeVisible();
});

test("what goes wrong is said, and asked again by the same key", async ({ page }) => {
  const keys: (string | undefined)[] = [];
  await answer(page, {
    ...ANSWERED,
    "POST /v1/copilot/threads": (route) => {
      keys.push(route.request().headers()["idempotency-key"]);
      return keys.length > 1
        ? turnOf(0)
        : problem(409, "Conflict", "your last question is still being answered");
    },
  });
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+j");
  await field(page).fill("What waits?");
  await field(page).press("Enter");
  await expect(panel(page).getByRole("alert")).toContainText("is still being answered");
  await expect(field(page)).toHaveValue("What waits?");
  await accessible(page);
  await panel(page).getByRole("button", { name: "Try again" }).click();
  await expect(panel(page)).toContainText("There are 2 tickets");
  expect(keys[0]).toBeTruthy();
  expect(keys[1]).toBe(keys[0]);
});

test("a question begun stays while another is asked, also on a page without TLS", async ({
  page,
}) => {
  // Browsers have it in secure contexts alone.
  await page.addInitScript(() => Reflect.deleteProperty(Crypto.prototype, "randomUUID"));
  await answer(page, ANSWERED);
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+j");
  await field(page).fill("Who is on");
  await panel(page).getByRole("button", { name: "What waits for a decision?" }).click();
  await expect(panel(page)).toContainText("There are 2 tickets");
  await expect(field(page)).toHaveValue("Who is on");
});

test("conversations are listed, opened and removed", async ({ page }) => {
  let gone = false;
  await answer(page, {
    ...ANSWERED,
    "GET /v1/copilot/threads": () => pageOf(gone ? [] : threads),
    "DELETE /v1/copilot/threads/:id": () => {
      gone = true;
      return {};
    },
  });
  await page.goto("/");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+j");
  await panel(page).getByRole("button", { name: "Conversations" }).click();
  await accessible(page);
  await panel(page)
    .getByRole("button", { name: /1 question/ })
    .click();
  await expect(panel(page)).toContainText("There are 2 tickets waiting for us.");
  await panel(page).getByRole("button", { name: "Conversations" }).click();
  await panel(page)
    .getByRole("button", { name: /^Remove/ })
    .click();
  await expect(panel(page)).toContainText("There are no conversations yet.");
});

test("it is found by the palette, and by nobody who may not ask", async ({ page }) => {
  await answer(page, ANSWERED);
  await page.goto("/runs");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: "Search and commands" }).fill("copilot");
  await page.keyboard.press("Enter");
  await expect(field(page)).toBeFocused();

  const without = viewerMay.filter((each) => each !== "ask_copilot");
  await answer(page, {
    ...ANSWERED,
    "GET /v1/session": () => ({ ...session, permissions: without }),
  });
  await page.goto("/runs");
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Ask the copilot" })).toHaveCount(0);
  await page.keyboard.press("Control+j");
  await expect(panel(page)).toHaveCount(0);
});

for (const [look, colorScheme, width] of [
  ["light", "light", 1360],
  ["dark", "dark", 1360],
  ["on-a-phone", "light", 360],
] as const) {
  test(`it fits and reads well, ${look}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 860 });
    await answer(page, ANSWERED);
    await page.goto(`/tickets/${ticket(0).id}`);
    await expect(page.locator("#main")).toContainText("NF-10482");
    await page.keyboard.press("Control+j");
    await expect(field(page)).toBeVisible();
    await accessible(page);
    await fits(page);
    if (process.env.SHOTS) await page.screenshot({ path: `shots/copilot-begin-${look}.png` });
    await field(page).fill("Which tickets have waited longest for us?");
    await field(page).press("Enter");
    await expect(page.getByText("There are 2 tickets waiting for us.").first()).toBeVisible();
    await page.getByRole("button", { name: "3 sources" }).click();
    await accessible(page);
    await fits(page);
    if (process.env.SHOTS) await page.screenshot({ path: `shots/copilot-${look}.png` });
    await page.getByRole("button", { name: "Close the copilot" }).click();
    await expect(field(page)).toHaveCount(0);
  });
}

test("an approval keeps its room beside the panel", async ({ page }) => {
  await answer(page);
  await page.goto(`/approvals/${id(200)}`);
  await expect(page.getByText("What will happen")).toBeVisible();
  await page.keyboard.press("Control+j");
  await expect(panel(page)).toBeVisible();
  const proposal = page.locator(".proposal").first();
  await expect.poll(async () => (await proposal.boundingBox())?.width).toBeGreaterThan(280);
  const [card, customer] = await Promise.all([
    proposal.boundingBox(),
    page.getByRole("heading", { name: "Customer" }).boundingBox(),
  ]);
  expect(customer?.y).toBeGreaterThan((card?.y ?? 0) + (card?.height ?? 0));
});
