// Turning a resolved ticket into an article, and reading the draft, with canned answers of the API.
import {
  answer,
  approvalView,
  customer,
  first,
  gap,
  id,
  problem,
  runs,
  type S,
  ticket,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

const resolved = (): S["TicketView"] => ({
  ticket: ticket(2, { id: id(102), status: "resolved", subject: "Washing a down jacket" }),
  customer,
  contact: null,
});
const none: S["ArticleOfTicket"] = { run: null, approval_id: null, document_id: null };
const run = (over: Partial<S["Run"]>): S["Run"] => ({
  ...(runs[0] as S["Run"]),
  agent: "article",
  ticket_id: null,
  about: { ticket_id: id(102) },
  ...over,
});
const drafting: S["ArticleOfTicket"] = { ...none, run: run({ status: "running" }) };
const waiting: S["ArticleOfTicket"] = {
  run: run({ status: "waiting" }),
  approval_id: id(200),
  document_id: null,
};

const BODY =
  "Wash it at **30 °C**.\n\n1. Close the zips.\n2. Dry it at low heat.\n\n<script>alert(1)</script>\n\n[A link](javascript:alert(1))";

const draft = (): S["Approval"] => {
  const args = {
    slug: "washing-a-down-jacket",
    title: "Washing a down jacket",
    body: BODY,
    visibility: "internal",
    tags: ["down"],
    locale: "en",
  };
  return {
    ...first,
    id: id(200),
    ticket_id: null,
    agent: "article",
    risk: "outward",
    binding: { ...first.binding, call: { id: "article_1", tool: "add_article", args } },
    preview: {
      title: "Add the article “Washing a down jacket” for staff",
      fields: [
        { label: "visibility", value: "internal: found by staff alone", protected: true },
        { label: "Name", value: args.slug, protected: false },
      ],
      body: BODY,
    },
    why: "no rule lets this run by itself",
    evidence: [],
  };
};

test("a resolved ticket is turned into an article, and the draft is where it waits", async ({
  page,
}) => {
  let begun = 0;
  let looks = 0;
  await answer(page, {
    "GET /v1/tickets/:id": resolved,
    "GET /v1/tickets/:id/article": () => {
      if (begun === 0) return none;
      looks += 1;
      return looks > 1 ? waiting : drafting;
    },
    "POST /v1/tickets/:id/article": () => {
      begun += 1;
      return drafting;
    },
  });
  await page.goto(`/tickets/${id(102)}`);
  await page.getByRole("button", { name: "Turn into article" }).click();
  await expect(page.getByText("is being drafted…")).toBeVisible();
  await expect(page.getByRole("button", { name: "Turn into article" })).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Read the draft" })).toHaveAttribute(
    "href",
    `/approvals/${id(200)}`,
  );
  expect(begun).toBe(1);
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 800 });
  await fits(page);
});

test("what became of it is said, and a refusal is in the service's words", async ({ page }) => {
  const reason = "nobody has answered in the ticket, so there is nothing to make an article of";
  await answer(page, {
    "GET /v1/tickets/:id": resolved,
    "GET /v1/tickets/:id/article": () => ({
      ...none,
      run: run({ status: "done", outcome: { type: "nothing", reason } }),
    }),
    "POST /v1/tickets/:id/article": () =>
      problem(409, "Conflict", "ticket 42 is open; resolve or close it first"),
  });
  await page.goto(`/tickets/${id(102)}`);
  await expect(page.getByText(`No article was made: ${reason}`)).toBeVisible();
  await page.getByRole("button", { name: "Turn into article" }).click();
  await expect(page.getByText("resolve or close it first")).toBeVisible();
});

test("a ticket that is not resolved offers no article", async ({ page }) => {
  await answer(page);
  await page.goto(`/tickets/${id(100)}`);
  await expect(page.getByLabel("Status")).toBeVisible();
  await expect(page.getByRole("button", { name: "Turn into article" })).toHaveCount(0);
});

test("a draft is read as its readers will see it, and holds nothing that runs", async ({
  page,
}) => {
  const approval = draft();
  await answer(page, {
    "GET /v1/approvals": () => ({
      items: [{ approval, ticket: null, may_decide: true, stake_cents: 0 }],
      next_cursor: null,
    }),
    "GET /v1/approvals/:id": () => {
      const { ticket, customer } = resolved();
      return approvalView(approval, { ticket, customer, run: run({ status: "waiting" }) });
    },
  });
  await page.goto(`/approvals/${id(200)}`);
  const article = page.getByRole("figure");
  await expect(article).toContainText("The article will read");
  await expect(article.locator("strong")).toHaveText("30 °C");
  await expect(article.locator("ol > li")).toHaveCount(2);
  await expect(article.locator("script")).toHaveCount(0);
  await expect(article.getByRole("link")).toHaveCount(0);
  await expect(page.getByText("found by staff alone")).toBeVisible();
  await accessible(page);
});

test("a gap becomes an article of a ticket that asked for it", async ({ page }) => {
  let begun = 0;
  await answer(page, {
    "GET /v1/knowledge/gaps": () => ({ items: [gap], next_cursor: null }),
    "POST /v1/knowledge/gaps/:id/article": () => {
      begun += 1;
      return drafting;
    },
  });
  await page.goto("/knowledge/gaps");
  await page.getByRole("button", { name: "Let the agent draft it" }).click();
  await expect(page.getByText("An article is being drafted").first()).toBeVisible();
  expect(begun).toBe(1);
});
