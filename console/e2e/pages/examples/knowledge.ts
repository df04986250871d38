// Examples of knowledge: documents, answers, gaps, recall, sources.
import { at, digest, id, type S } from "./base";
import { citation } from "./desk";

export const documents: S["DocumentItem"][] = [
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

export const documentOf = (n: number): S["DocumentItem"] => {
  const found = documents[n];
  if (!found) throw new Error(`there is no document ${n}`);
  return found;
};

export const BODY = "# Returns and refunds\n\nYou can return an item within 30 days of delivery.";

export const template: S["Document"] = {
  ...documentOf(1),
  layer: "universal",
  visibility: "internal",
  body: "Subject: Your order\n\nHello {{ contact_name }},\n\nit is on its way.",
  template: {
    channel: "email",
    variables: [{ name: "contact_name", description: "Who reads it", example: "Alex" }],
  },
};

export const sent: S["SentCitation"] = {
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

export const flagged: S["PassageFeedback"] = {
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

export const passage: S["Passage"] = {
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

export const sourcePage = (
  n: number,
  over: Partial<S["SourcePageItem"]> = {},
): S["SourcePageItem"] => ({
  address: `https://help.northfold.example/articles/${n}`,
  status: "stored",
  reason: null,
  etag: null,
  last_modified: null,
  checked_at: at(55),
  documents: [{ id: id(400), slug: "returns-and-refunds", title: "Returns and refunds" }],
  ...over,
});

export const sourcePages = [
  sourcePage(1),
  sourcePage(2, {
    status: "rejected",
    reason: "the site's robots.txt asks not to fetch https://help.northfold.example/articles/2",
    documents: [],
  }),
];
