import {
  answer,
  at,
  contact,
  customer,
  events,
  id,
  page as pageOf,
  problem,
  type S,
  session,
  ticket,
  viewerMay,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

test("a customer is found, opened and left for one of their tickets by keyboard alone", async ({
  page,
}) => {
  const asked: (string | null)[] = [];
  await answer(page, {
    "GET /v1/tickets": (route) => {
      asked.push(new URL(route.request().url()).searchParams.get("waiting"));
      return pageOf([ticket(0)]);
    },
  });
  await page.goto("/");
  await expect(page.getByText("Waiting longest")).toBeVisible();
  await page.keyboard.press("g");
  await page.keyboard.press("c");
  await expect(page).toHaveTitle(/Customers/);
  await expect(page.getByRole("link", { name: /Bruno Falk/ })).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/customers/${id(10)}`));
  await expect(page.getByRole("heading", { name: "1 contact" })).toBeVisible();
  await expect(page.getByText(/6\W+tickets.*\d.* open/)).toBeVisible();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/tickets\//);
  await page.goto("/tickets");
  await page.getByText("Needs a person").click();
  await expect(page).toHaveURL(/waiting=true/);
  await expect.poll(() => asked.at(-1)).toBe("true");
});

test("whoever may not see personal data gets no address to write to", async ({ page }) => {
  await answer(page);
  await page.goto(`/customers/${id(10)}`);
  await expect(page.locator("a[href^='mailto:']")).toHaveCount(1);
  await answer(page, { "GET /v1/session": () => ({ ...session, permissions: viewerMay }) });
  await page.reload();
  await expect(page.getByRole("heading", { name: "1 contact" })).toBeVisible();
  await expect(page.locator("a[href^='mailto:']")).toHaveCount(0);
});

test("a contact is added to a customer, and a refusal leaves what was typed", async ({ page }) => {
  const added: S["Contact"][] = [];
  let taken = true;
  await answer(page, {
    "GET /v1/customers/:id": () => ({ customer, contacts: [contact, ...added], tickets: [] }),
    "POST /v1/customers/:id/contacts": (route) => {
      if (taken) return problem(409, "Conflict", "kim@holt.example is a contact of Holt already");
      const { name, email } = route.request().postDataJSON() as { name: string; email: string };
      const one = { ...contact, id: id(90), name, email };
      added.push(one);
      return one;
    },
  });
  await page.goto(`/customers/${id(10)}`);
  await page.getByRole("button", { name: "Add a contact" }).click();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  // The browser asks for what is missing, and nothing was sent.
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.getByLabel("Name").fill(" Kim Larsen ");
  await page.getByLabel("Email").fill("kim@holt.example");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("alert")).toContainText("is a contact of Holt already");
  await expect(page.getByLabel("Email")).toHaveValue("kim@holt.example");
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
  taken = false;
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.getByRole("heading", { name: "2 contacts" })).toBeVisible();
  await expect(page.getByText("kim@holt.example")).toBeVisible();
  await expect(page.getByRole("button", { name: "Add a contact" })).toBeVisible();
  expect(added.map(({ name }) => name)).toEqual(["Kim Larsen"]);
});

test("who may not edit tickets adds no contact", async ({ page }) => {
  await answer(page, { "GET /v1/session": () => ({ ...session, permissions: viewerMay }) });
  await page.goto(`/customers/${id(10)}`);
  await expect(page.getByRole("heading", { name: "1 contact" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Add a contact" })).toHaveCount(0);
});

test("who may not read tickets sees whose customer it is and none of their tickets", async ({
  page,
}) => {
  await answer(page, {
    "GET /v1/session": () => ({ ...session, permissions: ["read_customers"] }),
    "GET /v1/customers/:id": () => ({ customer, contacts: [contact] }),
  });
  await page.goto(`/customers/${id(10)}`);
  await expect(page.getByRole("heading", { name: "1 contact" })).toBeVisible();
  await expect(page.getByText(/known since/)).toBeVisible();
  await expect(page.getByRole("heading", { name: "Tickets" })).toHaveCount(0);
  await fits(page);
});

test("two runs stand beside each other, and where they part is told", async ({ page }) => {
  await answer(page);
  await page.goto(`/runs/${id(40)}`);
  await page.getByRole("link", { name: "Compare" }).click();
  await expect(page.getByText("Choose two runs")).toBeVisible();
  await page.getByLabel("Second run").selectOption({ index: 2 });
  await expect(page.getByRole("heading", { name: "Both did the same" })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: "Cost" })).toBeVisible();
});

test("what was between a customer and us is told over all of their tickets", async ({ page }) => {
  const of = (n: number, ...more: S["Event"][]) => [
    ...events.map((each) => ({ ...each, id: id(3000 + n * 100 + each.version) })),
    ...more,
  ];
  const later = (n: number, body: S["EventBody"]): S["Event"] => ({
    ...(events[0] as S["Event"]),
    id: id(5000 + n),
    version: 10 + n,
    body,
    at: at(5 - n),
  });
  let fails = true;
  const read: string[] = [];
  await answer(page, {
    "GET /v1/customers/:id": () => ({
      customer,
      contacts: [contact],
      tickets: Array.from({ length: 12 }, (_, n) =>
        ticket(n, { created_at: at(60 + n), subject: `Order number ${n}` }),
      ),
    }),
    "GET /v1/tickets/:id/events": (_, path) => {
      read.push(path);
      if (path.includes(id(100))) {
        return pageOf(
          of(
            0,
            later(0, { type: "status_changed", status: "resolved", reason: "" }),
            later(1, { type: "answer_rated", message_id: id(31), helpful: false }),
          ),
        );
      }
      if (path.includes(id(101)) && fails) return problem(500, "Something went wrong", "no events");
      return pageOf(of(Number(path.split("/")[3]?.slice(-3))));
    },
  });
  await page.goto(`/customers/${id(10)}`);
  await expect(page.getByRole("link", { name: /Order number 3/ })).toBeVisible();
  expect(read).toEqual([]);
  await page.getByText("Timeline", { exact: true }).click();
  const entries = page.getByRole("region", { name: "Tickets" }).locator(".customer-entry");
  await expect(entries.first()).toContainText(/found an answer not helpful/);
  await expect(entries.first()).toContainText("#40 Order number 0");
  await expect(entries.nth(1)).toContainText(/set the status to \W*resolved/);
  await expect(page.getByRole("alert")).toContainText("no events");
  await expect(entries.filter({ hasText: "Order number 1" })).toHaveCount(0);
  fails = false;
  await page.getByRole("button", { name: "Try again" }).click();
  await expect(entries.filter({ hasText: "#41 Order number 1" })).toHaveCount(2);
  await accessible(page);
  await page.getByRole("button", { name: "Earlier tickets, too" }).click();
  await expect(entries.filter({ hasText: "#51 Order number 11" })).toHaveCount(2);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});
