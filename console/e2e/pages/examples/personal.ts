// What a scan found, and what people are served who see masks.
import { agentMay, at, id, type S, session, user, viewerMay } from "./base";
import { contact, customer, messages, ticket } from "./desk";

export const scanned: S["Scan"] = {
  id: id(800),
  status: "done",
  kinds: ["email", "payment_card"],
  started_by: { kind: "user", user_id: user.id, name: user.name },
  messages: 1204,
  messages_read: 1204,
  found: 2,
  error: null,
  created_at: at(30),
  updated_at: at(29),
};

const suggestion = (n: number, over: Partial<S["Suggestion"]>): S["Suggestion"] => ({
  id: id(810 + n),
  scan_id: scanned.id,
  ticket_id: id(100),
  message_id: id(600 + n),
  status: "open",
  kinds: ["payment_card"],
  spans: [{ kind: "payment_card", start: 11, end: 30 }],
  excerpt: "My card is •••• 4242, please refund it.",
  decided_by: null,
  decided_at: null,
  created_at: at(29),
  ...over,
});

export const suggested: S["Suggestion"][] = [
  suggestion(1, {}),
  suggestion(2, { kinds: ["password"], excerpt: "…the password is [password], could you try?" }),
];

/** Of a role that sees masks and may have one thing shown. */
export const masksSeen: S["SessionView"] = {
  ...session,
  user: { ...user, role: "agent" },
  role: "agent",
  permissions: agentMay,
  answers_for: ["viewer", "light_agent", "agent"],
};

/** Of one that sees masks alone. */
export const masksAlone: S["SessionView"] = {
  ...session,
  user: { ...user, role: "viewer" },
  role: "viewer",
  permissions: viewerMay,
  answers_for: [],
};

const first = messages[0] as S["Message"];

export const plainMessage: S["Message"] = {
  ...first,
  body: "Grüße 🙂 write to jane@example.com",
  findings: [{ kind: "email", start: 17, end: 33 }],
};

export const maskedMessage: S["Message"] = {
  ...plainMessage,
  body: "Grüße 🙂 write to j•••@e•••.com",
  findings: [{ kind: "email", start: 17, end: 30 }],
};

export const saidEvent = (message: S["Message"]): S["Event"] => ({
  id: id(700),
  ticket_id: id(100),
  version: 2,
  position: 2,
  actor: message.author,
  body: { type: "message_added", message },
  at: message.at,
});

export const plainTicket: S["TicketView"] = { ticket: ticket(0), customer, contact };

export const maskedTicket: S["TicketView"] = {
  ticket: ticket(0),
  customer: { ...customer, name: "M. H." },
  contact: { ...contact, name: "M. H.", email: "m•••@e•••.com" },
};
