import { answer, at, events, id, page as pageOf, problem, type S, ticket } from "./answers";
import { accessible, expect, fits, test } from "./test";

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

test("a colleague is named in a note by keyboard, and those who are named are sent with it", async ({
  page,
}) => {
  const sent: unknown[] = [];
  await answer(page, {
    "POST /v1/tickets/:id/messages": (route) => {
      sent.push(route.request().postDataJSON());
      return problem(503, "Not available right now", "the database is away");
    },
  });
  await page.goto(`/tickets/${id(100)}`);
  await expect(page.getByRole("textbox", { name: "Reply" })).toBeVisible();
  await page.keyboard.press("n");
  const note = page.getByRole("textbox", { name: "Private note" });
  await note.pressSequentially("Ask @");
  const list = page.getByRole("listbox", { name: "Colleagues" });
  // Nobody who was kept out is offered.
  await expect(list.getByRole("option")).toHaveText(["Robin Vermeer", "Ada Ring", "Bo Lind"]);
  await note.press("ArrowDown");
  await expect(list.getByRole("option", { name: "Ada Ring" })).toHaveAttribute(
    "aria-selected",
    "true",
  );
  await accessible(page);
  await note.press("Enter");
  await expect(list).toHaveCount(0);
  await note.pressSequentially("or @bo");
  await list.getByRole("option", { name: "Bo Lind" }).click();
  await expect(note).toHaveValue("Ask @Ada Ring or @Bo Lind ");
  await note.press("ControlOrMeta+Enter");
  await expect.poll(() => sent.length).toBe(1);
  expect(sent[0]).toEqual({
    body: "Ask @Ada Ring or @Bo Lind",
    visibility: "internal",
    mentions: [id(601), id(602)],
  });
});

test("tickets that mention one are a list, and opening one says that it was seen", async ({
  page,
}) => {
  const seen: string[] = [];
  const asked: string[] = [];
  await answer(page, {
    "GET /v1/mentions": (): S["Mentions"] => ({
      unseen: seen.length === 0 ? 1 : 0,
      items: [
        {
          ticket_id: id(100),
          message_id: id(7),
          at: at(3),
          seen_at: seen.length === 0 ? null : at(0),
        },
      ],
    }),
    "GET /v1/tickets": (route) => {
      asked.push(new URL(route.request().url()).search);
      return pageOf([ticket(0)]);
    },
    "POST /v1/tickets/:id/mentions/seen": async (route, path) => {
      seen.push(path);
      await route.fulfill({ status: 204 });
      return "handled";
    },
  });
  await page.goto("/tickets");
  await page.getByText("Mentions me (1)").click();
  await expect(page).toHaveURL(/mentioned=true/);
  await expect.poll(() => asked.at(-1)).toContain("mentioned=true");
  await expect(page.getByText("Mentions you")).toBeVisible();
  await accessible(page);
  await page.getByRole("link", { name: /#40/ }).click();
  await expect.poll(() => seen).toEqual([`/v1/tickets/${id(100)}/mentions/seen`]);
});

test("tickets are listed by whose they are and how urgent, and the address says so", async ({
  page,
}) => {
  const asked: URLSearchParams[] = [];
  await answer(page, {
    "GET /v1/tickets": (route) => {
      asked.push(new URL(route.request().url()).searchParams);
      return pageOf(asked.at(-1)?.get("assignee") === "me" ? [] : [ticket(0)]);
    },
  });
  const last = (name: string) => () => asked.at(-1)?.get(name) ?? undefined;
  await page.goto("/tickets");
  await page.getByText("Mine", { exact: true }).click();
  await expect(page).toHaveURL(/assignee=me/);
  await expect.poll(last("assignee")).toBe("me");
  await expect(page.getByText("No ticket is assigned to you")).toBeVisible();
  const whose = page.getByLabel("Assigned to");
  await expect(whose).toHaveValue("me");
  await accessible(page);

  // The view and the filter are one; a view of something else is everybody's again.
  await page.getByText("All", { exact: true }).click();
  await expect.poll(last("assignee")).toBeUndefined();
  await whose.selectOption("Ada Ring");
  await page.getByLabel("Priority").selectOption("Urgent");
  await expect.poll(last("assignee")).toBe(id(601));
  await expect.poll(last("priority")).toBe("urgent");
  await page.getByText("Needs a person", { exact: true }).click();
  await expect.poll(last("waiting")).toBe("true");
  await expect.poll(last("assignee")).toBe(id(601));
});

test("an address of narrowed tickets opens them so, in a narrow window too", async ({ page }) => {
  const asked: URLSearchParams[] = [];
  await answer(page, {
    "GET /v1/tickets": (route) => {
      asked.push(new URL(route.request().url()).searchParams);
      return pageOf([ticket(0)]);
    },
  });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.goto(`/tickets?assignee=${id(601)}&priority=urgent`);
  const whose = page.getByLabel("Assigned to");
  await expect(whose).toHaveValue(id(601));
  await expect(page.getByLabel("Priority")).toHaveValue("urgent");
  await expect.poll(() => asked.at(-1)?.get("assignee")).toBe(id(601));
  await whose.selectOption("Nobody");
  await expect.poll(() => asked.at(-1)?.get("assignee")).toBe("nobody");
  await fits(page);
});

test("whom a note names is marked in it", async ({ page }) => {
  const [first] = events.filter((each) => each.body.type === "message_added");
  if (first?.body.type !== "message_added") throw new Error("the examples have no message");
  const message = {
    ...first.body.message,
    body: "Is this yours, @Ada Ring? Nothing for @Adam.",
    visibility: "internal",
    mentions: [id(601)],
    sources: [],
  } as const;
  await answer(page, {
    "GET /v1/tickets/:id/events": () =>
      pageOf([{ ...first, body: { type: "message_added", message } }]),
  });
  await page.goto(`/tickets/${id(100)}`);
  await expect(page.locator(".mention")).toHaveText(["@Ada Ring"]);
  await accessible(page);
  if (process.env.SHOTS) await page.screenshot({ path: "shots/mention.png" });
});

test("a ticket is given to a colleague, and to nobody again", async ({ page }) => {
  const sent: unknown[] = [];
  let assignee: string | null = null;
  const view = () => ({ ticket: ticket(0, { assignee }), customer: null, contact: null });
  await answer(page, {
    "GET /v1/tickets/:id": view,
    "PATCH /v1/tickets/:id": (route) => {
      const body = route.request().postDataJSON() as { assignee: string | null };
      sent.push(body);
      assignee = body.assignee;
      return view();
    },
  });
  await page.goto(`/tickets/${id(100)}`);
  const whose = page.getByLabel("Assignee");
  await whose.selectOption("Ada Ring");
  await expect(whose).toHaveValue(id(601));
  await expect(whose).toBeEnabled();
  await whose.selectOption("Nobody");
  await expect.poll(() => sent).toEqual([{ assignee: id(601) }, { assignee: null }]);
});

test("a long ticket is shown in short, beside the conversation", async ({ page }) => {
  const again = events.filter((each) => each.body.type === "message_added");
  const long = [...events, ...again, ...again, ...again].map((each, n) => ({
    ...each,
    id: id(7000 + n),
  }));
  await answer(page, { "GET /v1/tickets/:id/events": () => pageOf(long) });
  await page.goto(`/tickets/${id(100)}`);
  const short = page.getByRole("region", { name: "In short" });
  await expect(short).toContainText("my tent arrived with a torn seam");
  await expect(short).toContainText("Waits forRefund 349.00 EUR on order NF-10482");
  await expect(short).toContainText("no model wrote it");
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});
