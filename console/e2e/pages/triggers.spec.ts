// What a reviewer sees of a ticket that words or facts took from the agent.
import type { Trigger } from "../../src/api/words";
import { answer, at, contact, customer, id, runs, ticket } from "./answers";
import { accessible, expect, fits, test } from "./test";

const triggers: Trigger[] = [
  { kind: "self_harm", phrase: "I want to die", language: "en" },
  { kind: "legal", phrase: "hear from my lawyer", language: "en" },
  { kind: "vip", phrase: "of the tier gold" },
];
const reason = "the customer may harm themselves: “I want to die”";

function handedOver() {
  const handoff = { reason, summary: "The parcel is lost.", triggers, at: at(30) };
  const own = ticket(0, {
    handoff,
    priority: "urgent",
    status: "waiting_for_staff",
    tags: ["legal", "self-harm", "vip"],
  });
  const agent = { kind: "agent" as const, agent: "resolution", run_id: id(40) };
  const event = (version: number, body: object) => ({
    id: id(700 + version),
    ticket_id: own.id,
    version,
    position: version,
    actor: agent,
    body,
    at: at(30),
  });
  return {
    "GET /v1/tickets/:id": () => ({ ticket: own, customer, contact }),
    "GET /v1/tickets/:id/events": () => ({
      items: [
        event(3, { type: "priority_set", priority: "urgent" }),
        event(4, { type: "tags_added", tags: ["legal", "self-harm", "vip"] }),
        event(5, { type: "escalated", reason, summary: "The parcel is lost.", triggers }),
      ],
      next_cursor: null,
    }),
  };
}

test("a ticket shows which words called for a person, and that help was named", async ({
  page,
}) => {
  await answer(page, handedOver());
  await page.goto(`/tickets/${id(100)}`);
  const list = page.getByRole("list", { name: "What called for a person" });
  await expect(list.getByRole("listitem")).toHaveText([
    "Self-harm“I want to die”",
    "Law“hear from my lawyer”",
    "VIPof the tier gold",
  ]);
  await expect(page.getByText("and where to find help.")).toBeVisible();
  await expect(page.getByLabel("Priority")).toHaveValue("urgent");
  await expect(page.getByText(`A person is wanted, by rule: ${reason}`)).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});

test("a run says that no model was asked", async ({ page }) => {
  const step = (seq: number, body: object) => ({
    seq,
    body,
    input_digest: null,
    usage: { tokens_in: 0, tokens_out: 0, cost_micros: 0 },
    prompt: null,
    model: null,
    started_at: at(30),
    finished_at: at(30),
  });
  await answer(page, {
    "GET /v1/runs/:id": () => ({
      run: runs[0],
      steps: [
        step(0, {
          type: "started",
          input: { ticket: null, messages: [], customer: null, contact: null },
        }),
        step(1, { type: "triggered", triggers }),
      ],
      effects: [],
    }),
  });
  await page.goto(`/runs/${id(40)}`);
  await expect(page.getByText("Calls for a person: self-harm, law, vip")).toBeVisible();
});
