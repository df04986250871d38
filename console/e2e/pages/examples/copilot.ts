// Questions to the copilot, and what became of them.
import { at, id, type S } from "./base";

export const thread = id(900);

export const turnOf = (seq: number, more: Partial<S["CopilotTurn"]> = {}): S["CopilotTurn"] => ({
  thread_id: thread,
  seq,
  run_id: id(910 + seq),
  question: "Which tickets have waited longest for us?",
  looking_at: null,
  asked_at: at(1),
  state: "answered",
  why: null,
  answer: {
    statements: [
      { text: "There are 2 tickets waiting for us.", sources: [0] },
      { text: "#17 Refund for a tent (waiting for staff, last touched 3 days ago)", sources: [1] },
      {
        text: "A refund takes nine working days.",
        sources: [2],
        doubt: "its passages do not say it",
      },
    ],
    sources: [
      {
        ref: "tickets/abc123",
        kind: "list",
        id: "tickets",
        label: "2 tickets (waiting for staff)",
        filter: { status: "waiting_for_staff" },
      },
      { ref: id(10), kind: "ticket", id: id(10), label: "#17 Refund for a tent" },
      { ref: id(30), kind: "document", id: id(31), label: "Returns and refunds › When it arrives" },
    ],
    follow_ups: ["What happened in ticket #17?"],
  },
  looked_up: ["find_tickets"],
  model: "offline",
  cost_micros: 0,
  ...more,
});

export const threads: S["Thread"][] = [
  {
    id: thread,
    title: "Which tickets have waited longest for us?",
    questions: 1,
    created_at: at(30),
    asked_at: at(1),
  },
];
