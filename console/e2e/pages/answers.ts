// Canned answers of the API for looking at pages without a service. Typed by the API's own
// description, so that they cannot say what the service would not.
import type { Page, Route } from "@playwright/test";
import type { components } from "../../src/api/schema.gen";

type S = components["schemas"];

const minute = 60_000;
const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * minute).toISOString();
export const id = (n: number) => `019ab0f4-7c4e-7000-8000-${String(n).padStart(12, "0")}`;
const digest = (n: number) => n.toString(16).padStart(64, "0");

export const user: S["User"] = {
  id: id(1),
  email: "reviewer@northfold.example",
  name: "Robin Vermeer",
  role: "admin",
  title: "Team lead",
  created_at: at(90_000),
};

export const session: S["SessionView"] = {
  user,
  api_key: null,
  role: "admin",
  workspace: { id: id(2), slug: "northfold", name: "Northfold Outdoor" },
};

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

const subjects = [
  "Refund for order NF-10482, the tent arrived with a torn seam",
  "Change delivery address before it ships",
  "How long do I have to return a tent?",
  "Parcel says delivered but nothing is here",
  "Club order for 24 sleeping bags, invoice on 30 days please",
  "Stove valve recall: is mine affected?",
];
const statuses: S["TicketStatus"][] = [
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

const citation: S["Citation"] = {
  chunk_id: id(20),
  document_id: id(21),
  document_version: 3,
  slug: "returns-and-refunds",
  title: "Returns and refunds",
  quote:
    "You can return an item within 30 days of delivery, as long as it is unused and in its original packaging.",
};

const said: S["Message"] = {
  id: id(30),
  author: { kind: "customer", contact_id: id(11), name: "Alex Moreau" },
  visibility: "public",
  body: "Hello, my tent arrived with a torn seam. I would like my money back for order NF-10482 please.",
  at: at(40),
};
const answeredMessage: S["Message"] = {
  id: id(31),
  author: { kind: "agent", agent: "resolution", run_id: id(40) },
  visibility: "public",
  body: "I am sorry about the torn seam. You can return an item within 30 days of delivery. [1]\n\nI have asked a colleague to confirm the refund.",
  sources: [citation],
  model: "offline",
  at: at(39),
};
const noted: S["Message"] = {
  id: id(32),
  author: { kind: "user", user_id: id(1), name: "Robin Vermeer" },
  visibility: "internal",
  body: "Photos look like transport damage. Fine to refund.",
  at: at(12),
};
export const messages = [said, answeredMessage, noted];

const approvalOf = (n: number, over: Partial<S["Approval"]> = {}): S["Approval"] => ({
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

const second = approvalOf(1, {
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
const third = approvalOf(2, {
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

export const approvals = [approvalOf(0), second, third];

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

const spec = (name: string, over: Partial<S["ToolSpec"]> = {}): S["ToolSpec"] => ({
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
      max_output_tokens: 1200,
    },
    tools: ["shop__refund_order", "search_knowledge"],
  },
];

const usage = { tokens_in: 1840, tokens_out: 212, cost_micros: 12_500 };
const none = { tokens_in: 0, tokens_out: 0, cost_micros: 0 };

const run = (n: number, over: Partial<S["Run"]> = {}): S["Run"] => ({
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

const steps: S["Step"][] = [
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
const contact: S["Contact"] = {
  id: id(11),
  customer_id: id(10),
  name: "Alex Moreau",
  email: "alex@mail.example",
  created_at: at(400_000),
};

const events: S["Event"][] = [
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

const documents: S["DocumentItem"][] = [
  ["returns-and-refunds", "Returns and refunds", "orders", "public"] as const,
  ["warranty-and-guarantee", "Warranty and guarantee", "orders", "public"] as const,
  ["internal-fraud-signals", "Fraud signals", "internal", "internal"] as const,
].map(([slug, title, category, visibility], n) => ({
  id: id(400 + n),
  slug,
  title,
  category,
  visibility,
  tags: [],
  layer: "company" as const,
  customer_id: null,
  locale: "en",
  brand: null,
  valid_from: null,
  valid_until: null,
  template: null,
  version: n + 1,
  digest: digest(n),
  created_at: at(9000),
  updated_at: at(900 * n + 5),
}));

const documentOf = (n: number): S["DocumentItem"] => {
  const found = documents[n];
  if (!found) throw new Error(`there is no document ${n}`);
  return found;
};

const BODY = "# Returns and refunds\n\nYou can return an item within 30 days of delivery.";

const template: S["Document"] = {
  ...documentOf(1),
  layer: "universal",
  visibility: "internal",
  body: "Subject: Your order\n\nHello {{ contact_name }},\n\nit is on its way.",
  template: {
    channel: "email",
    variables: [{ name: "contact_name", description: "Who reads it", example: "Alex" }],
  },
};

const sent: S["SentCitation"] = {
  id: id(500),
  ticket_id: id(100),
  message_id: id(31),
  citation,
  at: at(5000),
  followed_up_at: null,
};

export const recalled: S["Recalled"] = {
  citation: sent,
  change: "changed",
  version_now: 4,
  says_now:
    "You can return an item within 45 days of delivery, as long as it is unused and in its original packaging.",
};

const flagged: S["PassageFeedback"] = {
  chunk_id: id(20),
  document_id: id(400),
  document_version: 3,
  author: "visitor:1",
  verdict: "outdated",
  note: "The shop says 45 days.",
  quote: citation.quote,
  ticket_id: id(100),
  at: at(70),
};

export const gap: S["GapView"] = {
  answered_in: id(100),
  gap: {
    id: id(510),
    status: "open",
    question: "Can I pay with bitcoin?",
    terms: { bitcoin: 2 },
    questions: 2,
    document_slug: null,
    first_at: at(900),
    last_at: at(8),
  },
  examples: [
    {
      id: id(511),
      gap_id: id(510),
      question: "Do you take bitcoin?",
      cause: "handed_off",
      missing: ["bitcoin"],
      ticket_id: id(100),
      run_id: id(40),
      at: at(8),
    },
  ],
};

export const answered: S["Answered"] = {
  outcome: "answered",
  text: "You can return an item within 30 days of delivery.",
  sentences: [
    {
      text: "You can return an item within 30 days of delivery.",
      support: 1,
      citations: [{ ...citation, span: { start: 0, end: 50 } }],
    },
  ],
  left_out: [{ text: "Refunds take 2 days.", why: "no source carries: 2" }],
  answerability: {
    probability: 0.81,
    asked_for: "duration",
    reasons: [],
    missing: [],
    underspecified: null,
  },
  model: "offline",
  provider: "offline",
};

const passage: S["Passage"] = {
  chunk_id: id(20),
  document_id: id(400),
  document_version: 3,
  slug: "returns-and-refunds",
  title: "Returns and refunds",
  visibility: "public",
  layer: "company",
  scores: { lexical: { score: 8.412, rank: 1 }, dense: null, fused: 1 / 61 },
  heading_path: ["Returns and refunds", "How long"],
  text: citation.quote,
  score: 8.412,
  coverage: 0.83,
};

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

export const problem = (status: number, title: string, detail: string): S["Problem"] => ({
  type: `urn:countersign:problem:${title.toLowerCase().replaceAll(" ", "-")}`,
  title,
  status,
  detail,
  request_id: "req_1",
});

const page = (items: unknown[]) => ({ items, next_cursor: null });

/** Answers for a route, by method and path; a test hands in its own to override. */
export type Answers = Record<string, (route: Route, path: string) => unknown>;

export const sourceOf = (n: number, over: Partial<S["SourceView"]> = {}): S["SourceView"] => ({
  id: id(500 + n),
  kind: "sitemap",
  address: "https://help.northfold.example/sitemap.xml",
  said: {
    layer: null,
    customer_id: null,
    visibility: null,
    locale: null,
    brand: null,
    category: null,
    tags: null,
    valid_from: null,
    valid_until: null,
  },
  configured: false,
  state: "synced",
  created_at: at(9_000),
  synced_at: at(55),
  report: {
    pages: 3,
    looked_at: 3,
    added: 1,
    changed: 0,
    unchanged: 1,
    removed: 0,
    rejected: 1,
    error: null,
    notes: ["2 addresses that are not on help.northfold.example were left out"],
  },
  stored: 2,
  rejected: 1,
  gone: 0,
  ...over,
});

export const sources = [
  sourceOf(0),
  sourceOf(1, {
    kind: "folder",
    address: "/srv/articles",
    configured: true,
    state: "failed",
    report: {
      ...(sourceOf(0).report as S["SyncReport"]),
      error: "The folder cannot be read. Nothing was changed or removed.",
      notes: [],
    },
    rejected: 0,
  }),
];

const sourcePage = (n: number, over: Partial<S["SourcePageItem"]> = {}): S["SourcePageItem"] => ({
  address: `https://help.northfold.example/articles/${n}`,
  status: "stored",
  reason: null,
  etag: null,
  last_modified: null,
  checked_at: at(55),
  documents: [{ id: id(400), slug: "returns-and-refunds", title: "Returns and refunds" }],
  ...over,
});

const sourcePages = [
  sourcePage(1),
  sourcePage(2, {
    status: "rejected",
    reason: "the site's robots.txt asks not to fetch https://help.northfold.example/articles/2",
    documents: [],
  }),
];

const ANSWERS: Answers = {
  "GET /v1/session": () => session,
  "GET /v1/approvals": (route) => {
    const status = new URL(route.request().url()).searchParams.get("status");
    const items = approvals.filter((each) => !status || each.status === status);
    return page(
      items.map((approval) => ({
        approval,
        ticket: tickets.find((each) => each.id === approval.ticket_id) ?? null,
      })),
    );
  },
  "GET /v1/approvals/:id": (_, path) => {
    const approval = approvals.find((each) => path.endsWith(each.id));
    if (!approval) return problem(404, "Not found", "the approval does not exist");
    return {
      approval,
      ticket: tickets.find((each) => each.id === approval.ticket_id) ?? null,
      messages,
      customer,
      decisions: [],
      run: runs[0],
    };
  },
  "GET /v1/tickets": (route) => {
    const status = new URL(route.request().url()).searchParams.get("status");
    return page(tickets.filter((each) => !status || each.status === status));
  },
  "GET /v1/tickets/:id": () => ({
    ticket: ticket(0, {
      handoff: {
        reason: "the customer asks for a person",
        summary: "Torn seam on arrival, wants a refund.",
        at: at(30),
      },
    }),
    customer,
    contact,
  }),
  "GET /v1/tickets/:id/events": () => page(events),
  "GET /v1/tickets/:id/article": (): S["ArticleOfTicket"] => ({
    run: null,
    approval_id: null,
    document_id: null,
  }),
  "GET /v1/runs": (route) => {
    const status = new URL(route.request().url()).searchParams.get("status");
    return page(runs.filter((each) => !status || each.status === status));
  },
  "GET /v1/runs/:id": () => ({
    run: runs[0],
    steps,
    effects: [
      {
        id: id(500),
        run_id: id(40),
        ticket_id: id(100),
        call: { id: "c0", tool: "add_note", args: {} },
        approval_id: null,
        status: "succeeded",
        attempts: 1,
        next_attempt_at: null,
        output: null,
        summary: "Noted the torn seam",
        error: null,
        created_at: at(39),
        updated_at: at(39),
      },
    ],
  }),
  "GET /v1/runs/:id/replay": () => ({ ok: true, steps_checked: 5, first_difference: null }),
  "GET /v1/agents": () => ({ items: agents }),
  "GET /v1/tools": () => ({ items: tools }),
  "GET /v1/tools/:id": () => tools[0],
  "POST /v1/tools/:id/dry-run": (route) => {
    const { args } = route.request().postDataJSON() as { args: { amount_cents: number } };
    return {
      valid: true,
      problem: null,
      preview: {
        title: `Refund ${(args.amount_cents / 100).toFixed(2)} EUR on order NF-10482`,
        fields: [
          { label: "Order", value: "NF-10482", protected: true },
          {
            label: "Amount",
            value: `${(args.amount_cents / 100).toFixed(2)} EUR`,
            protected: true,
          },
        ],
        body: null,
      },
      verdict: null,
    };
  },
  "GET /v1/knowledge/documents": () => page(documents),
  "GET /v1/knowledge/documents/:id": (): S["DocumentView"] => ({
    document: { ...documentOf(0), body: BODY },
    chunks: [],
  }),
  "GET /v1/knowledge/documents/:id/versions": (): S["Versions"] => ({
    exists: true,
    items: [1].map((version) => ({
      ...documentOf(0),
      version,
      created_by: { kind: "user", user_id: id(1), name: "Robin Vermeer" },
    })),
  }),
  "GET /v1/knowledge/documents/:id/feedback": (): S["FeedbackCounts"] => ({
    helpful: 3,
    wrong: 0,
    outdated: 1,
  }),
  "GET /v1/knowledge/documents/:id/uses": () => page([sent]),
  "GET /v1/knowledge/search": (): S["SearchView"] => ({ items: [passage], retrieval: "lexical" }),
  "GET /v1/knowledge/templates": (): S["Templates"] => ({ items: [template] }),
  "GET /v1/knowledge/gaps": () => page([gap]),
  "GET /v1/knowledge/sources": () => page(sources),
  "GET /v1/knowledge/sources/:id": (): S["SourceWithPages"] => ({
    source: sources[0] as S["SourceView"],
    pages: { items: sourcePages, next_cursor: null },
  }),
  "GET /v1/knowledge/recall": () => page([recalled]),
  "GET /v1/knowledge/flagged": (): S["Flagged"] => ({ items: [flagged] }),
  "GET /v1/customers": () => page([]),
  "GET /v1/conversations/:id": () => conversation,
  "POST /v1/conversations": () => ({
    conversation_id: id(100),
    token: "cv_token",
    ticket_number: 40,
  }),
};

const pattern = (path: string) =>
  path.replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ":id").replace(/(\/v1\/tools\/)[^/]+/, "$1:id");

/** Puts canned answers in front of the API. Whatever they do not know is a 404 with its name. */
export async function answer(on: Page, own: Answers = {}): Promise<void> {
  const answers = { ...ANSWERS, ...own };
  await on.route("**/v1/**", async (route) => {
    const request = route.request();
    const path = new URL(request.url()).pathname;
    if (path.endsWith("/stream")) {
      // A stream that says nothing and stays away, as far as the browser is concerned.
      await route.fulfill({ contentType: "text/event-stream", body: "retry: 600000\n\n" });
      return;
    }
    const found = answers[`${request.method()} ${pattern(path)}`];
    const body = found?.(route, path) ?? problem(404, "Not found", `no answer for ${path}`);
    if (body === "handled") return;
    const status =
      "status" in (body as object) && "title" in (body as object)
        ? (body as { status: number }).status
        : 200;
    await route.fulfill({ status, json: body });
  });
}
