import type { Page } from "@playwright/test";
import {
  answer,
  approvalView,
  at,
  contact,
  customer,
  events,
  id,
  page as pageOf,
  problem,
  type S,
  second,
  session,
  steps,
  ticket,
  tickets,
  viewerMay,
} from "./answers";
import { accessible, expect, fits, follow, test } from "./test";

/** Where a reply is written, once its editor is there. */
const reply = (page: Page) =>
  page.getByRole("textbox", { name: "Reply" }).and(page.locator("[contenteditable=true]"));

/** Each of the tickets under its own address. */
const byAddress = (_: unknown, path: string) => {
  const one = tickets.find((ticket) => path.endsWith(ticket.id));
  return one ? { ticket: one, customer, contact } : problem(404, "Not found", "no such ticket");
};

test("a draft stays with its ticket: another that was open before has none of it", async ({
  page,
}) => {
  const sent: [string, unknown][] = [];
  const keys: (string | undefined)[] = [];
  await answer(page, {
    "GET /v1/tickets/:id": byAddress,
    "POST /v1/tickets/:id/messages": (route, path) => {
      sent.push([path, route.request().postDataJSON()]);
      keys.push(route.request().headers()["idempotency-key"]);
      return sent.length < 3
        ? problem(503, "Not available right now", "the database is away")
        : events.flatMap(({ body }) => (body.type === "message_added" ? [body.message] : []))[0];
    },
  });
  const heading = page.getByRole("heading", { level: 1 });
  const search = page.getByRole("combobox", { name: "Search and commands" });
  const goTo = async (words: string, number: number) => {
    await page.keyboard.press("Control+k");
    await search.fill(words);
    await page
      .getByRole("group", { name: "Tickets" })
      .getByRole("option", { name: new RegExp(words) })
      .click();
    await expect(heading).toContainText(`#${number}`);
  };
  await page.goto(`/tickets/${id(101)}`);
  await expect(heading).toContainText("#41");
  await goTo("torn seam", 40);
  await reply(page).fill("For Alex alone.");
  // The other one is there at once: it was open before.
  await goTo("before it ships", 41);
  await expect(reply(page)).toHaveText("");
  await reply(page).press("Control+Enter");
  await reply(page).fill("The address is changed.");
  await reply(page).press("Control+Enter");
  // Whoever wrote it goes on writing, and means no shortcut meanwhile.
  await expect(page.getByRole("textbox", { name: "Reply" })).toBeFocused();
  await expect(page.getByRole("alert")).toContainText("the database is away");
  await page.keyboard.press("Control+k");
  await page
    .getByRole("group", { name: "Recent" })
    .getByRole("option", { name: /torn seam/ })
    .click();
  await expect(heading).toContainText("#40");
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(reply(page)).toHaveText("For Alex alone.");
  await reply(page).press("Control+Enter");
  await expect(page.getByRole("alert")).toContainText("the database is away");
  await reply(page).press("Control+Enter");
  await expect(reply(page)).toHaveText("");
  const body = (text: string) => ({ body: text, visibility: "public", mentions: [] });
  expect(sent).toEqual([
    [`/v1/tickets/${id(101)}/messages`, body("The address is changed.")],
    [`/v1/tickets/${id(100)}/messages`, body("For Alex alone.")],
    [`/v1/tickets/${id(100)}/messages`, body("For Alex alone.")],
  ]);
  // However often one text is sent, it is said once.
  expect(keys[1]).toBeTruthy();
  expect(keys[2]).toBe(keys[1]);
  expect(keys[0]).not.toBe(keys[1]);
  await follow(page, `/tickets/${id(101)}`);
  await expect(reply(page)).toHaveText("The address is changed.");
});

test("what was written is gone with the session", async ({ page }) => {
  await answer(page, {
    "DELETE /v1/session": async (route) => {
      await route.fulfill({ status: 204 });
      return "handled";
    },
    "POST /v1/session": () => session,
  });
  await page.goto(`/tickets/${id(100)}`);
  await reply(page).fill("For Alex alone.");
  await page.keyboard.press("Control+j");
  const question = page.getByRole("textbox", { name: "Question to the copilot" });
  await question.fill("What did Alex say?");
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Countersign" })).toBeVisible();
  await page.getByLabel("Email").fill("noor@northfold.example");
  await page.getByLabel("Password").fill("a password");
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
  await follow(page, `/tickets/${id(100)}`);
  await expect(reply(page)).toHaveText("");
  await page.keyboard.press("Control+j");
  await expect(question).toHaveValue("");
});

test("what waits for a decision is decided in the ticket, by no key alone", async ({ page }) => {
  const sent: unknown[] = [];
  let decided = false;
  const waits: S["Approval"] = { ...second, ticket_id: id(100) };
  const asked = (): S["Event"][] => [
    ...events.slice(0, 3),
    {
      ...(events[3] as S["Event"]),
      body: {
        type: "approval_requested",
        approval_id: waits.id,
        run_id: id(40),
        tool: "shop__change_address",
        title: waits.preview.title,
      },
    },
    ...(decided
      ? [
          {
            ...(events[4] as S["Event"]),
            body: {
              type: "approval_decided",
              approval_id: waits.id,
              run_id: id(40),
              tool: "shop__change_address",
              status: "approved",
              by: id(1),
            },
          } satisfies S["Event"],
        ]
      : []),
  ];
  await answer(page, {
    "GET /v1/tickets/:id/events": () => pageOf(asked()),
    "GET /v1/approvals/:id": () =>
      approvalView(
        { ...waits, status: decided ? "approved" : "pending" },
        { ticket: ticket(0), customer, may_decide: !decided },
      ),
    "POST /v1/approvals/:id/decisions": (route) => {
      sent.push(route.request().postDataJSON());
      decided = true;
      return { ...waits, status: "approved" };
    },
  });
  await page.goto(`/tickets/${id(100)}`);
  const card = page.getByRole("region", { name: /Waits for a decision: \W*Change the delivery/ });
  await expect(card).toBeVisible();
  await expect(card).toContainText("Voorstraat 12, 3512 AM Utrecht, NL");
  await expect(card).toContainText("Refunds over 50.00 EUR are decided by a person.");
  await expect(card.getByRole("link", { name: /^Open/ })).toHaveAttribute(
    "href",
    `/approvals/${waits.id}`,
  );
  await accessible(page);
  // On this page letters are about the ticket.
  await page.keyboard.press("a");
  await page.keyboard.press("r");
  await expect(reply(page)).toBeFocused();
  await card.getByRole("button", { name: "Reject" }).click();
  await expect(card.getByLabel("Why should this not happen?")).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(card.getByRole("button", { name: "Approve" })).toBeFocused();
  await page.keyboard.press("Enter");
  expect(sent).toEqual([]);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
  await card
    .getByRole("form", { name: "Confirm" })
    .getByRole("button", { name: "Approve" })
    .click();
  await expect(card).toHaveCount(0);
  await expect(page.getByText("Approved", { exact: true }).first()).toBeVisible();
  expect(sent).toEqual([
    {
      digest: waits.digest,
      decision: { type: "approve" },
      attention: { in_view_ms: expect.any(Number), evidence_seen: [] },
    },
  ]);
});

test("who may not read approvals is shown none in a ticket", async ({ page }) => {
  await answer(page, {
    "GET /v1/session": () => ({
      ...session,
      permissions: viewerMay.filter((each) => !["read_approvals", "read_runs"].includes(each)),
    }),
  });
  await page.goto(`/tickets/${id(100)}`);
  await expect(page.getByText(/Waits for a person: /)).toBeVisible();
  await expect(page.getByRole("heading", { name: /Waits for a decision/ })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: "Runs" })).toHaveCount(0);
});

test("the last run is told in short beside the conversation", async ({ page }) => {
  await answer(page);
  await page.goto(`/tickets/${id(100)}`);
  const story = page.getByRole("list", { name: "Its last steps" });
  await expect(story.getByRole("listitem")).toHaveCount(3);
  await expect(story).toContainText(/Asked a person: \W*refund order/);
  await page.getByRole("link", { name: /The whole story/ }).click();
  await expect(page).toHaveURL(`/runs/${id(40)}`);
  await expect(page.locator(".journal > li")).toHaveCount(steps.length);
});

test("of a very long ticket the end is shown, where the news are", async ({ page }) => {
  const all = 2_050;
  const [first] = events.filter((one) => one.body.type === "message_added");
  if (first?.body.type !== "message_added") throw new Error("the examples have no message");
  const { message } = first.body;
  const one = (n: number): S["Event"] => ({
    ...first,
    id: id(20_000 + n),
    version: n,
    position: n,
    body:
      n === all
        ? {
            type: "message_added",
            message: { ...message, id: id(19_000), body: "The newest word." },
          }
        : { type: "priority_set", priority: n % 2 === 0 ? "high" : "low" },
  });
  await answer(page, {
    "GET /v1/tickets/:id/events": (route) => {
      const query = new URL(route.request().url()).searchParams;
      const from = Number(query.get("cursor") ?? 0);
      const until = Math.min(all, from + Number(query.get("limit")));
      return {
        items: Array.from({ length: until - from }, (_, n) => one(from + n + 1)),
        next_cursor: until < all ? String(until) : null,
      };
    },
  });
  await page.goto(`/tickets/${id(100)}`);
  await expect(page.getByText("The newest word.")).toBeInViewport();
  await expect(page.getByText(/The latest \W*2,000\W* events are shown/)).toHaveCount(1);
});

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
  await reply(page).fill("Hello");
  await expect.poll(() => said.at(-1)).toBe("writing");
  // By keys, as a person does: a selection that a script makes is not heard of before the next key.
  await reply(page).press("ControlOrMeta+a");
  await reply(page).press("Delete");
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
  // Shown from before, and asked for again when that is old.
  await expect(page).not.toHaveURL(/assignee/);
  await expect(page.getByRole("link", { name: /#40/ })).toBeVisible();
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

test("which ticket it is stays in sight at the end of a long conversation", async ({ page }) => {
  await answer(page);
  await page.setViewportSize({ width: 1280, height: 420 });
  await page.goto(`/tickets/${id(100)}`);
  const article = page.getByRole("article").last();
  // What waits for a decision comes later and is scrolled to once more.
  await expect(async () => {
    await article.scrollIntoViewIfNeeded();
    await expect(article).toBeInViewport({ timeout: 500 });
  }).toPass();
  await expect(page.getByRole("heading", { level: 1 })).toBeInViewport();
});
