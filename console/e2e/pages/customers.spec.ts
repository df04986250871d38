import { answer, id, page as pageOf, session, ticket, viewerMay } from "./answers";
import { expect, test } from "./test";

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
  await expect(page.getByText(/6 tickets, \d open/)).toBeVisible();
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

test("two runs stand beside each other, and where they part is told", async ({ page }) => {
  await answer(page);
  await page.goto(`/runs/${id(40)}`);
  await page.getByRole("link", { name: "Compare" }).click();
  await expect(page.getByText("Choose two runs")).toBeVisible();
  await page.getByLabel("Second run").selectOption({ index: 2 });
  await expect(page.getByRole("heading", { name: "Both did the same" })).toBeVisible();
  await expect(page.getByRole("rowheader", { name: "Cost" })).toBeVisible();
});
