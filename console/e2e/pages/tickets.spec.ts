import { answer, id } from "./answers";
import { expect, test } from "./test";

test("a colleague at the same ticket is told of, and hears when one begins to write and leaves", async ({
  page,
}) => {
  const said: unknown[] = [];
  await answer(page, {
    "PUT /v1/tickets/:id/presence": (route) => {
      const { doing } = route.request().postDataJSON() as { doing: string | null };
      said.push(doing);
      return { others: [{ user_id: id(9), name: "Bo Lind", doing: "writing" }] };
    },
  });
  await page.goto(`/tickets/${id(100)}`);
  await expect(page.getByText("Bo Lind is writing here")).toBeVisible();
  await page.getByRole("textbox", { name: "Reply" }).fill("Hello");
  await expect.poll(() => said.at(-1)).toBe("writing");
  await page.getByRole("textbox", { name: "Reply" }).fill("");
  await expect.poll(() => said.at(-1)).toBe("viewing");
  await page.getByRole("link", { name: "Tickets", exact: true }).first().click();
  await expect.poll(() => said.at(-1)).toBeNull();
});
