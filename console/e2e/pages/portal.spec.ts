// Customers who sign in: asking for a link, their tickets, and what they may do.
import {
  answer,
  id,
  ownTicket,
  ownTickets,
  ownTicketView,
  page as pageOf,
  problem,
  type S,
  signedInCustomer,
} from "./answers";
import { accessible, expect, fits, follow, test } from "./test";

const nobody = () => problem(401, "Sign in first", "sign in by a link first");

test("who has not signed in gives an address, and is told the same whoever they are", async ({
  page,
}) => {
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/portal/session": nobody,
    "POST /v1/portal/links": async (route) => {
      sent.push(route.request().postDataJSON());
      if (sent.length === 1) {
        return problem(409, "It does not fit", "this service sends no mail");
      }
      await route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto("/help/tickets?workspace=northfold");
  await accessible(page);
  await fits(page);
  await page.getByLabel("Email").fill("mira@example.com");
  await page.getByRole("button", { name: "Mail me a link" }).click();
  await expect(page.getByRole("alert")).toContainText("sends no mail");
  await page.getByRole("button", { name: "Mail me a link" }).click();
  await expect(page.getByText("If we know the address")).toBeVisible();
  expect(sent[1]).toEqual({ email: "mira@example.com", workspace: "northfold" });
  await page.getByRole("button", { name: "Ask for another" }).click();
  await expect(page.getByLabel("Email")).toBeVisible();
});

test("a link signs in when its reader says so, and leads to their tickets", async ({ page }) => {
  const tokens: unknown[] = [];
  await answer(page, {
    "POST /v1/portal/session": (route) => {
      tokens.push(route.request().postDataJSON());
      return signedInCustomer;
    },
    "GET /v1/portal/session": () => signedInCustomer,
    "GET /v1/portal/tickets": () => pageOf(ownTickets),
  });
  await page.goto("/help/sign-in#cp_token");
  await expect(page).toHaveURL(/\/help\/sign-in$/);
  await accessible(page);
  expect(tokens).toEqual([]);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page).toHaveURL(/\/help\/tickets$/);
  expect(tokens).toEqual([{ token: "cp_token" }]);
  const rows = page.getByRole("main").getByRole("listitem");
  await expect(rows).toHaveCount(3);
  await expect(rows.nth(0)).toContainText("Answered");
  await expect(rows.nth(2)).toContainText("asked by Sam Halloran");
  await expect(page.getByText("What your colleagues asked is here")).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});

test("a link that is over says so, and another can be asked for", async ({ page }) => {
  await answer(page, {
    "POST /v1/portal/session": () =>
      problem(422, "A value does not fit", "this link was used already or is over"),
  });
  await page.goto("/help/sign-in#cp_old");
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("alert")).toContainText("was used already");
  await expect(page.getByText("A value does not fit")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Mail me a link" })).toBeVisible();
});

test("a ticket is answered, rated, closed and opened again", async ({ page }) => {
  const sent: Record<string, unknown>[] = [];
  let ticket: Partial<S["OwnTicket"]> = {};
  const messages = [...ownTicketView().messages];
  await answer(page, {
    "GET /v1/portal/session": () => signedInCustomer,
    "GET /v1/portal/tickets/:id": () => ({ ...ownTicketView(ticket), messages }),
    "POST /v1/portal/tickets/:id/messages": (route) => {
      const { body } = route.request().postDataJSON() as { body: string };
      sent.push({ body, key: route.request().headers()["idempotency-key"] });
      if (sent.length === 1) return problem(503, "Not available right now", "try again");
      ticket = { standing: "in_progress" };
      const said: S["ConversationMessage"] = {
        id: id(990),
        from: "visitor",
        name: "Mira Halloran",
        body,
        sources: [],
        model: null,
        at: "2026-01-31T09:30:00Z",
      };
      messages.push(said);
      return said;
    },
    "POST /v1/portal/tickets/:id/close": () => {
      ticket = { standing: "closed" };
      return ownTicketView(ticket);
    },
    "POST /v1/portal/tickets/:id/ratings": async (route) => {
      sent.push(route.request().postDataJSON() as Record<string, unknown>);
      await route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.goto(`/help/tickets/${ownTicket(0).id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The second pole is missing");
  await accessible(page);
  const box = page.getByLabel("Your message");
  await box.fill("It is the left one.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("alert")).toContainText("try again");
  await expect(box).toHaveValue("It is the left one.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("log")).toContainText("It is the left one.");
  await expect(box).toHaveValue("");
  expect(sent[0]?.key).toBe(sent[1]?.key);
  await page.getByRole("log").getByRole("button", { name: "Helpful", exact: true }).first().click();
  await expect.poll(() => sent.at(-1)?.helpful).toBe(true);
  await page.getByRole("button", { name: "Close this ticket" }).click();
  await expect(page.getByRole("button", { name: "Open again and send" })).toBeVisible();
  await expect(page.getByText("Closed", { exact: true })).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
  await accessible(page);
});

test("what is typed while a message is sent stays", async ({ page }) => {
  let sent = () => {};
  const written = new Promise<void>((done) => {
    sent = done;
  });
  const messages = [...ownTicketView().messages];
  await answer(page, {
    "GET /v1/portal/session": () => signedInCustomer,
    "GET /v1/portal/tickets/:id": () => ({ ...ownTicketView(), messages }),
    "POST /v1/portal/tickets/:id/messages": async (route) => {
      await written;
      const { body } = route.request().postDataJSON() as { body: string };
      const said = { ...messages[0], id: id(991), body } as S["ConversationMessage"];
      messages.push(said);
      return said;
    },
  });
  await page.goto(`/help/tickets/${ownTicketView().ticket.id}`);
  const field = page.getByLabel("Your message");
  await field.fill("Also without the box?");
  await field.press("Enter");
  await expect(page.getByRole("button", { name: "Sending…" })).toBeVisible();
  await field.fill("And by when?");
  sent();
  await expect(page.getByText("Also without the box?")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sending…" })).toHaveCount(0);
  await expect(field).toHaveValue("And by when?");
});

test("a colleague's ticket is read alone, and a claimed chat says who reads along", async ({
  page,
}) => {
  let view = ownTicketView({ mine: false, asked_by: "Sam Halloran" });
  await answer(page, {
    "GET /v1/portal/session": () => signedInCustomer,
    "GET /v1/portal/tickets/:id": () => view,
  });
  await page.goto(`/help/tickets/${ownTicket(0).id}`);
  await expect(page.getByText("Sam Halloran asked this.")).toBeVisible();
  await expect(page.getByLabel("Your message")).toHaveCount(0);
  await expect(page.getByRole("button", { name: "Helpful", exact: true })).toHaveCount(0);
  await accessible(page);
  view = ownTicketView({ claimed: true });
  await expect(page.getByText("Whoever began it reads what is written here.")).toBeVisible();
});

test("who signed in writes to us as themselves, and signs out", async ({ page }) => {
  let sent: unknown;
  let isIn = true;
  await answer(page, {
    "GET /v1/portal/session": () => (isIn ? signedInCustomer : nobody()),
    "DELETE /v1/portal/session": async (route) => {
      isIn = false;
      await route.fulfill({ status: 204 });
      return "handled";
    },
    "POST /v1/portal/tickets": (route) => {
      sent = route.request().postDataJSON();
      return ownTicket(0);
    },
    "GET /v1/portal/tickets/:id": () => ownTicketView(),
  });
  await page.addInitScript(() => {
    if (!sessionStorage.getItem("begun")) localStorage.setItem("countersign.customer", "true");
    sessionStorage.setItem("begun", "yes");
  });
  await page.goto("/help/ask");
  await expect(page.getByText("As Mira Halloran, mira@example.com")).toBeVisible();
  await expect(page.getByLabel(/^Email/)).toHaveCount(0);
  await page.getByLabel("What is it about?").fill("Returning a tent");
  await page.getByLabel("Your message").fill("Can I send it back?");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page).toHaveURL(new RegExp(`/help/tickets/${ownTicket(0).id}`));
  expect(sent).toEqual({ subject: "Returning a tent", body: "Can I send it back?" });
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("button", { name: "Sign out" })).toHaveCount(0);
  await page.goto("/help/tickets");
  await expect(page.getByRole("button", { name: "Mail me a link" })).toBeVisible();
});

test("what is written on one ticket is not on the next, and other words are another message", async ({
  page,
}) => {
  const sent: { path: string; body: string; key?: string }[] = [];
  await answer(page, {
    "GET /v1/portal/session": () => signedInCustomer,
    "GET /v1/portal/tickets/:id": (_, path) =>
      ownTicketView(ownTickets.find((one) => path.endsWith(one.id))),
    "POST /v1/portal/tickets/:id/messages": (route, path) => {
      const { body } = route.request().postDataJSON() as { body: string };
      sent.push({ path, body, key: route.request().headers()["idempotency-key"] });
      return problem(503, "Not available right now", "try again");
    },
  });
  const box = page.getByLabel("Your message");
  await page.goto(`/help/tickets/${ownTicket(1).id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("A torn seam");
  await follow(page, `/help/tickets/${ownTicket(0).id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("The second pole is missing");
  await box.fill("It is the left one.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect(page.getByRole("alert")).toContainText("try again");
  await box.fill("It is the right one.");
  await page.getByRole("button", { name: "Send" }).click();
  await expect.poll(() => sent.length).toBe(2);
  expect(sent[1]?.key).not.toBe(sent[0]?.key);
  await follow(page, `/help/tickets/${ownTicket(1).id}`);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("A torn seam");
  await expect(box).toHaveValue("");
  await expect(page.getByRole("alert")).toHaveCount(0);
});
