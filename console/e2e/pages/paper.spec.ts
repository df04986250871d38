import {
  answer,
  at,
  events,
  id,
  messages,
  page as pageOf,
  problem,
  type S,
  session,
  viewerMay,
} from "./answers";
import { accessible, expect, fits, test } from "./test";

const CALL = id(700);

const theirs = messages.find((each) => each.author.kind === "user" && each.visibility === "public");

const written: S["Message"] = {
  ...(theirs ?? (messages[0] as S["Message"])),
  author: { kind: "user", user_id: id(1), name: "Robin Vermeer" },
  visibility: "public",
  body: "You can send the tent back to us for a month.",
  sources: [],
};

const onPaper: S["PaperCallView"] = {
  id: CALL,
  run_id: id(40),
  agent: "resolution",
  tool: "reply_to_customer",
  risk: "outward",
  preview: {
    title: "Reply to the customer",
    fields: [{ label: "Order", value: "NF-10482", protected: false }],
    body: "You can return a tent within 30 days of delivery.",
  },
  findings: [],
  confidence: 910,
  at: at(20),
  reply: null,
  comparison: null,
};

const told: S["Event"][] = [
  ...events.slice(0, 2),
  {
    id: id(390),
    ticket_id: id(100),
    version: 3,
    position: 3,
    actor: { kind: "agent", agent: "resolution", run_id: id(40) },
    body: { type: "put_on_paper", paper_id: CALL, run_id: id(40), tool: "reply_to_customer" },
    at: at(20),
  },
];

test("what an agent did on paper stands beside what a person wrote, and they say whether it is the same", async ({
  page,
}) => {
  let call: S["PaperCallView"] = { ...onPaper, reply: { message: written, likeness: 0.42 } };
  const sent: unknown[] = [];
  await answer(page, {
    "GET /v1/tickets/:id/events": () => pageOf(told),
    "GET /v1/tickets/:id/paper-calls": (): S["PaperCallList"] => ({ items: [call] }),
    "PUT /v1/tickets/:id/paper-calls/:id/comparison": (route) => {
      const { same } = route.request().postDataJSON() as S["CompareCall"];
      sent.push(same);
      if (sent.length === 1) return problem(503, "Not available right now", "the database is away");
      const by: S["Actor"] = { kind: "user", user_id: id(1), name: "Robin Vermeer" };
      call = { ...call, comparison: { same, by, at: at(0) } };
      return call;
    },
  });
  await page.goto(`/tickets/${id(100)}`);
  const card = page.getByRole("region", { name: /agent would have done this/ });
  await expect(card).toContainText("within 30 days of delivery");
  await expect(card).toContainText("The customer would have read");
  await expect(card).toContainText("What Robin Vermeer wrote");
  await expect(card).toContainText("for a month");
  await expect(card).toContainText("42 % alike");
  await expect(card.getByRole("status")).toHaveText("Nobody has compared it yet.");
  const same = card.getByRole("button", { name: "I did the same" });
  const other = card.getByRole("button", { name: "I did something else" });
  await same.focus();
  await page.keyboard.press("Enter");
  await expect(card.getByRole("alert")).toContainText("the database is away");
  await expect(same).toHaveAttribute("aria-pressed", "false");
  await page.keyboard.press("Tab");
  await expect(other).toBeFocused();
  await page.keyboard.press("Space");
  await expect(card.getByRole("status")).toHaveText("Robin Vermeer did something else.");
  await expect(other).toHaveAttribute("aria-pressed", "true");
  expect(sent).toEqual([true, false]);
  await accessible(page);
  if (process.env.SHOTS) await page.screenshot({ path: "shots/paper.png" });
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});

test("who may not change tickets reads it, and the same words are told as such", async ({
  page,
}) => {
  const comparison: S["PaperComparison"] = { same: true, by: { kind: "system" }, at: at(2) };
  const call = { ...onPaper, reply: { message: written, likeness: 1 }, comparison };
  await answer(page, {
    "GET /v1/session": () => ({ ...session, role: "viewer", permissions: viewerMay }),
    "GET /v1/tickets/:id/events": () => pageOf(told),
    "GET /v1/tickets/:id/paper-calls": () => ({ items: [call] }),
  });
  await page.goto(`/tickets/${id(100)}`);
  const card = page.getByRole("region", { name: /agent would have done this/ });
  await expect(card.getByRole("status")).toContainText("has the same words");
  await expect(card.getByRole("button")).toHaveCount(0);
  await accessible(page);
});

test("before anybody has replied it waits for that, and a failure says what went wrong", async ({
  page,
}) => {
  let fails = true;
  await answer(page, {
    "GET /v1/tickets/:id/events": () => pageOf(told),
    "GET /v1/tickets/:id/paper-calls": () =>
      fails
        ? problem(503, "Not available right now", "the database is away")
        : { items: [onPaper] },
  });
  await page.goto(`/tickets/${id(100)}`);
  const failure = page.getByRole("alert").filter({ hasText: "the database is away" });
  await expect(failure).toBeVisible();
  fails = false;
  await failure.getByRole("button", { name: "Try again" }).click();
  const card = page.getByRole("region", { name: /agent would have done this/ });
  await expect(card).toContainText("Nobody has replied yet");
});
