// Examples of the desk: tickets, approvals, runs, tools, a conversation.
import { at, digest, id, type S } from "./base";

export const ticket = (n: number, over: Partial<S["Ticket"]> = {}): S["Ticket"] => ({
  id: id(100 + n),
  number: 40 + n,
  channel: "chat",
  subject: "Refund for order NF-10482, the tent arrived with a torn seam",
  status: "waiting_for_staff",
  priority: "normal",
  tags: ["refund"],
  fields: { order_number: "NF-10482", contact_verified: false },
  customer_id: id(10),
  contact_id: id(11),
  assignee: null,
  handoff: null,
  version: 6,
  customer_version: 2,
  message_count: 3,
  created_at: at(42),
  updated_at: at(n * 7),
  ...over,
});

export const subjects = [
  "Refund for order NF-10482, the tent arrived with a torn seam",
  "Change delivery address before it ships",
  "How long do I have to return a tent?",
  "Parcel says delivered but nothing is here",
  "Club order for 24 sleeping bags, invoice on 30 days please",
  "Stove valve recall: is mine affected?",
];
export const statuses: S["TicketStatus"][] = [
  "waiting_for_staff",
  "waiting_for_staff",
  "resolved",
  "open",
  "waiting_for_customer",
  "closed",
];
export const tickets = subjects.map((subject, n) =>
  ticket(n, {
    subject,
    status: statuses[n],
    channel: (["chat", "email", "chat", "chat", "email", "api"] as const)[n],
    priority: (["high", "normal", "normal", "urgent", "normal", "low"] as const)[n],
    tags: [["refund"], ["order", "address"], ["return"], ["parcel"], ["club"], ["recall"]][n],
  }),
);

export const citation: S["Citation"] = {
  chunk_id: id(20),
  document_id: id(21),
  document_version: 3,
  slug: "returns-and-refunds",
  title: "Returns and refunds",
  quote:
    "You can return an item within 30 days of delivery, as long as it is unused and in its original packaging.",
};

export const said: S["Message"] = {
  id: id(30),
  author: { kind: "customer", contact_id: id(11), name: "Alex Moreau" },
  visibility: "public",
  body: "Hello, my tent arrived with a torn seam. I would like my money back for order NF-10482 please.",
  at: at(40),
};
export const answeredMessage: S["Message"] = {
  id: id(31),
  author: { kind: "agent", agent: "resolution", run_id: id(40) },
  visibility: "public",
  body: "I am sorry about the torn seam. You can return an item within 30 days of delivery. [1]\n\nI have asked a colleague to confirm the refund.",
  sources: [citation],
  model: "offline",
  at: at(39),
};
export const noted: S["Message"] = {
  id: id(32),
  author: { kind: "user", user_id: id(1), name: "Robin Vermeer" },
  visibility: "internal",
  body: "Photos look like transport damage. Fine to refund.",
  at: at(12),
};
export const messages = [said, answeredMessage, noted];

export const approvalOf = (n: number, over: Partial<S["Approval"]> = {}): S["Approval"] => ({
  id: id(200 + n),
  run_id: id(40),
  ticket_id: id(100 + n),
  agent: "resolution",
  question: "call",
  status: "pending",
  binding: {
    run_id: id(40),
    call: {
      id: "call_1",
      tool: "shop__refund_order",
      args: {
        order_number: "NF-10482",
        amount_cents: 34900,
        reason: "damaged",
        message_to_customer:
          "Hello Alex, we refunded 349.00 EUR for order NF-10482. It reaches your account in 5-7 business days.",
      },
    },
    tool_version: digest(1),
    policy_version: digest(2),
    evidence: digest(3),
    customer_version: 2,
  },
  digest: digest(4 + n),
  risk: "irreversible",
  preview: {
    title: "Refund 349.00 EUR on order NF-10482",
    fields: [
      { label: "order_number", value: "NF-10482", protected: true },
      { label: "amount_cents", value: "349.00 EUR", protected: true },
      { label: "Reason", value: "damaged", protected: false },
    ],
    body: "Hello Alex, we refunded 349.00 EUR for order NF-10482. It reaches your account in 5-7 business days.",
  },
  origins: [
    { argument: "order_number", kind: "record", likeness: "exact", from: "shop__get_order" },
    {
      argument: "amount_cents",
      kind: "customer",
      likeness: "computed",
      from: "the customer's message",
    },
  ],
  rule: "refunds-need-a-person",
  why: "Refunds over 50.00 EUR are decided by a person.",
  confidence: {
    score: 0.86,
    reasons: [
      {
        name: "retrieval",
        score: 0.92,
        detail: "the best passage holds 92 % of what the question asks for",
      },
      { name: "groundedness", score: 1, detail: "3 of 3 sentences rest on a source" },
      { name: "stated", score: 0.55, detail: "the model's own statement" },
    ],
  },
  evidence: [citation],
  role: "reviewer",
  quorum: 1,
  requested_at: at(39),
  expires_at: at(-45),
  decided_at: null,
  edited_args: null,
  ...over,
});

export const first = approvalOf(0);
export const second = approvalOf(1, {
  risk: "outward",
  preview: {
    title: "Change the delivery address of NF-10519 to Voorstraat 12, Utrecht",
    fields: [
      { label: "Order", value: "NF-10519", protected: true },
      { label: "New address", value: "Voorstraat 12, 3512 AM Utrecht, NL", protected: true },
    ],
    body: null,
  },
  confidence: {
    score: 0.61,
    reasons: [{ name: "procedure", score: 0.61, detail: "address change" }],
  },
  expires_at: at(-600),
  requested_at: at(14),
});
export const third = approvalOf(2, {
  risk: "outward",
  preview: {
    title: "Reply to the customer about a missing parcel",
    fields: [],
    body: "Hello, the carrier reports that the parcel was left with a neighbour at number 14.",
  },
  confidence: {
    score: 0.3,
    reasons: [{ name: "unsupported_numbers", score: 0, detail: "no source carries: 14" }],
  },
  expires_at: at(-1400),
  requested_at: at(4),
});

export const approvals = [first, second, third];

/** The approval that a path is of. */
export function approvalIn(path: string): S["Approval"] {
  const found = approvals.find((each) => path.includes(each.id));
  if (!found) throw new Error(`no approval of the examples is at ${path}`);
  return found;
}

export const refundSchema = {
  type: "object",
  required: ["order_number", "amount_cents", "reason"],
  properties: {
    order_number: { type: "string", pattern: "^NF-[0-9]+$", description: "As on the invoice." },
    amount_cents: {
      type: "integer",
      minimum: 1,
      maximum: 500000,
      description: "At most what was paid.",
    },
    reason: { type: "string", enum: ["damaged", "changed_mind", "late"] },
    message_to_customer: { type: ["string", "null"], maxLength: 2000 },
    restock: { type: "boolean" },
  },
};

export const spec = (name: string, over: Partial<S["ToolSpec"]> = {}): S["ToolSpec"] => ({
  name,
  version: digest(1),
  title: "Refund an order",
  description: "Pays money back to the original payment method.",
  risk: "irreversible",
  parameters: refundSchema,
  protected: ["order_number", "amount_cents"],
  compensation: null,
  amount_arg: "amount_cents",
  capabilities: ["orders", "refunds"],
  source: { kind: "http", file: "shop.toml" },
  local: false,
  idempotent: true,
  always_asks: false,
  ...over,
});

export const tools: S["ToolView"][] = [
  { tool: spec("shop__refund_order"), suspended: null },
  {
    tool: spec("search_knowledge", {
      title: "Search the knowledge",
      description: "Finds passages of the workspace's documents.",
      risk: "read",
      protected: [],
      source: { kind: "built_in" },
      capabilities: ["knowledge"],
      parameters: { type: "object", properties: { query: { type: "string" } } },
    }),
    suspended: null,
  },
  {
    tool: spec("crm__note", {
      title: "Write a note in the CRM",
      description: "Adds a note, and mails it to the account's owner.",
      risk: "reversible",
      protected: [],
      source: { kind: "mcp", server: "crm" },
      capabilities: ["crm"],
    }),
    suspended: {
      server: "crm",
      why: "Its description changed.",
      look: digest(2),
      was: spec("crm__note", { description: "Adds a note.", risk: "reversible" }),
    },
  },
];

export const agents: S["AgentView"][] = [
  {
    name: "resolution",
    description: "Answers customers and does what they ask for, within the policy.",
    settings: {
      tools: ["*"],
      thresholds: { auto: 0.8, floor: 0.4 },
      max_model_calls: 12,
      limits: {
        steps: 40,
        work_seconds: 300,
        identical_calls: 2,
        runs_a_minute: 10,
        runs_a_day: 100,
        emails_a_day: 100,
      },
      max_output_tokens: 1200,
      help: "",
    },
    tools: ["shop__refund_order", "search_knowledge"],
  },
];

const period = (over: Partial<S["AgentPeriod"]> = {}): S["AgentPeriod"] => ({
  runs: 9,
  answered: 6,
  asked: 1,
  handed_off: 1,
  done: 0,
  nothing: 0,
  failed: 1,
  resolved: 5,
  reopened: 0,
  cost_micros: 112_500,
  calls: 0,
  confidence: null,
  ...over,
});

export const agentFigures: S["AgentFigures"][] = [
  {
    agent: "resolution",
    at_work: 2,
    waiting: 3,
    today: period(),
    week: period({ runs: 52, resolved: 31, reopened: 2, calls: 12, confidence: 0.914 }),
  },
];

export const usage = { tokens_in: 1840, tokens_out: 212, cost_micros: 12_500 };
export const none = { tokens_in: 0, tokens_out: 0, cost_micros: 0 };

export const run = (n: number, over: Partial<S["Run"]> = {}): S["Run"] => ({
  id: id(40 + n),
  ticket_id: id(100 + n),
  agent: "resolution",
  status: "waiting",
  priority: 10,
  attempts: 0,
  lease_owner: null,
  fence: 3,
  lease_until: null,
  wake_at: null,
  waiting_for: "a decision on: Refund 349.00 EUR on order NF-10482",
  signals: 1,
  seen_signals: 1,
  seen_version: 2,
  step_count: 5,
  usage,
  outcome: null,
  error: null,
  created_at: at(40 + n * 9),
  updated_at: at(39),
  ...over,
});

/** An approval as its page asks for it: theirs to decide, and nothing around it. */
export const approvalView = (
  approval: S["Approval"],
  over: Partial<S["ApprovalView"]> = {},
): S["ApprovalView"] => ({
  approval,
  ticket: null,
  customer: null,
  messages: [],
  findings: [],
  footing: null,
  decisions: [],
  eligible: [],
  may_decide: true,
  may_not: null,
  run: run(0),
  ...over,
});

export const runs = [
  run(0),
  run(1, {
    status: "done",
    waiting_for: null,
    outcome: { type: "answered", resolved: true, summary: "Told the customer about the 30 days." },
  }),
  run(2, {
    status: "dead",
    waiting_for: null,
    attempts: 5,
    error: "the model provider is not available: 503 from the provider, five times",
  }),
];

export const steps: S["Step"][] = [
  {
    seq: 0,
    body: {
      type: "started",
      input: { ticket: ticket(0), messages: [], customer: null, contact: null, data: null },
    },
    input_digest: null,
    usage: none,
    prompt: null,
    model: null,
    started_at: at(40),
    finished_at: at(40),
  },
  {
    seq: 1,
    body: {
      type: "model",
      purpose: "resolution.reply",
      response: {
        text: null,
        tool_calls: [{ id: "c1", tool: "search_knowledge", args: { query: "refund torn seam" } }],
        usage,
        model: "gpt-4.1",
        provider: "main",
      },
    },
    input_digest: digest(9),
    usage,
    prompt: "resolution/reply@4",
    model: "gpt-4.1",
    started_at: at(39.99),
    finished_at: at(39.96),
  },
  {
    seq: 2,
    body: {
      type: "tool",
      call: { id: "c1", tool: "search_knowledge", args: { query: "refund torn seam" } },
      effect_id: null,
      approval_id: null,
      edited: false,
      outcome: { type: "ok", content: { passages: 3 } },
    },
    input_digest: digest(8),
    usage: none,
    prompt: null,
    model: null,
    started_at: at(39.9),
    finished_at: at(39.9),
  },
  {
    seq: 3,
    body: {
      type: "model",
      purpose: "resolution.reply",
      response: {
        text: null,
        tool_calls: [{ id: "c2", tool: "shop__refund_order", args: {} }],
        usage: none,
        model: "offline",
        provider: "offline",
      },
    },
    input_digest: digest(7),
    usage: none,
    prompt: "resolution/reply@4",
    model: "offline",
    started_at: at(39.8),
    finished_at: at(39.8),
  },
  {
    seq: 4,
    body: {
      type: "proposed",
      call: { id: "c2", tool: "shop__refund_order", args: { order_number: "NF-10482" } },
      approval_id: id(200),
    },
    input_digest: digest(6),
    usage: none,
    prompt: null,
    model: null,
    started_at: at(39),
    finished_at: at(39),
  },
];

export const customer: S["Customer"] = {
  id: id(10),
  name: "Alex Moreau",
  tier: "vip",
  locale: "en",
  fields: { loyalty: "Trailhead gold" },
  created_at: at(400_000),
  updated_at: at(4000),
};
export const contact: S["Contact"] = {
  id: id(11),
  customer_id: id(10),
  name: "Alex Moreau",
  email: "alex@mail.example",
  created_at: at(400_000),
};

export const events: S["Event"][] = [
  {
    actor: said.author,
    body: {
      type: "created" as const,
      channel: "chat" as const,
      subject: "Refund",
      priority: "normal" as const,
      customer_id: id(10),
      contact_id: id(11),
    },
  },
  {
    actor: said.author,
    body: { type: "message_added" as const, message: said },
  },
  {
    actor: answeredMessage.author,
    body: { type: "message_added" as const, message: answeredMessage },
  },
  {
    actor: { kind: "system" as const },
    body: {
      type: "approval_requested" as const,
      approval_id: id(200),
      run_id: id(40),
      tool: "shop__refund_order",
      title: "Refund 349.00 EUR on order NF-10482",
    },
  },
  {
    actor: { kind: "system" as const },
    body: {
      type: "escalated" as const,
      reason: "the customer asks for a person",
      summary: "Torn seam on arrival, wants a refund.",
    },
  },
  {
    actor: noted.author,
    body: { type: "message_added" as const, message: noted },
  },
].map((event, n) => ({
  ...event,
  id: id(300 + n),
  ticket_id: id(100),
  version: n + 1,
  position: n + 1,
  at: at(40 - n),
}));

export const conversation: S["ConversationView"] = {
  conversation_id: id(100),
  ticket_number: 40,
  status: "waiting_for_staff",
  handed_off: true,
  last_event_id: 6,
  messages: [
    {
      id: id(30),
      from: "visitor",
      name: "Alex",
      body: "How long do I have to return a tent?",
      sources: [],
      model: null,
      at: at(5),
    },
    {
      id: id(31),
      from: "assistant",
      name: "Assistant",
      body: "You can return a tent within 30 days of delivery, as long as it is unused and in its original packaging. [1]",
      sources: [
        { slug: "returns-and-refunds", title: "Returns and refunds", quote: citation.quote },
      ],
      model: "offline",
      at: at(5),
    },
  ],
};
