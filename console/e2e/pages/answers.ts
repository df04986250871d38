// Canned answers of the API for looking at pages without a service. Typed by the API's own
// description, so that they cannot say what the service would not.
import type { Page, Route } from "@playwright/test";
import { account, invited, mailed, offer, sessions, waysIn } from "./examples/account";
import { acting, known, ladder, unknownYet } from "./examples/autonomy";
import { at, id, page, problem, type S, session } from "./examples/base";
import { channels, providers } from "./examples/connections";
import {
  agentFigures,
  agents,
  approvals,
  approvalView,
  contact,
  conversation,
  customer,
  events,
  messages,
  runs,
  steps,
  ticket,
  tickets,
  tools,
} from "./examples/desk";
import { decidedCase, evaluation, results, resultView, suites } from "./examples/evaluations";
import { given } from "./examples/given";
import { helpArticle, helpArticles } from "./examples/help";
import { desk } from "./examples/home";
import { approvalDesk, counts, similar, view } from "./examples/inbox";
import {
  BODY,
  documentOf,
  documents,
  flagged,
  gap,
  passage,
  recalled,
  sent,
  sourcePages,
  sources,
  template,
} from "./examples/knowledge";
import { accounts, asked, keys, matrix, people, teamOf, teams } from "./examples/people";
import { scanned, suggested } from "./examples/personal";
import { dryRun, policyOf, policyVersions, report } from "./examples/policy";
import { allReviews, exerciseSettings, ownReview } from "./examples/review";
import { audited, couldBe, limits } from "./examples/safety";
import { hear } from "./said";

export * from "./examples/autonomy";
export * from "./examples/base";
export * from "./examples/connections";
export * from "./examples/copilot";
export * from "./examples/desk";
export * from "./examples/evaluations";
export * from "./examples/given";
export * from "./examples/help";
export * from "./examples/home";
export * from "./examples/inbox";
export * from "./examples/knowledge";
export * from "./examples/people";
export * from "./examples/personal";
export * from "./examples/policy";
export * from "./examples/portal";
export * from "./examples/review";
export * from "./examples/safety";

/** Answers for a route, by method and path; a test hands in its own to override. */
export type Answers = Record<string, (route: Route, path: string) => unknown>;

const ANSWERS: Answers = {
  "GET /v1/session": () => session,
  "GET /v1/sign-in": () => waysIn,
  "GET /v1/account": () => account,
  "GET /v1/sessions": () => sessions,
  "POST /v1/invitations/look": () => invited,
  "POST /v1/account/totp": () => offer,
  "GET /v1/desk": () => desk,
  "GET /v1/breakers": () => ({ items: [], automatic: [], could_be: couldBe }),
  "GET /v1/invitations": () => ({ items: [asked] }),
  "GET /v1/people": () => page(people),
  "GET /v1/roles": () => matrix,
  "GET /v1/teams": () => page(teams),
  "GET /v1/teams/:id": () => teamOf(),
  "GET /v1/api-keys": () => page(keys),
  "GET /v1/service-accounts": () => page(accounts),
  "GET /v1/audit": () => page(audited),
  "GET /v1/autonomy": () => ladder,
  "GET /v1/autonomy/cell": (route) => {
    const tool = new URL(route.request().url()).searchParams.get("tool");
    return known(tool === acting.tool ? acting : unknownYet);
  },
  "GET /v1/credits": () => ({ items: limits, at: at(0) }),
  "GET /v1/guards/scans": () => page([scanned]),
  "GET /v1/guards/suggestions": () => page(suggested),
  "GET /v1/policy": () => policyOf(2),
  "GET /v1/policy/versions": () => page(policyVersions),
  "POST /v1/policy/check": () => report(),
  "POST /v1/policy/dry-run": () => dryRun,
  "GET /v1/evaluations": () => suites,
  "GET /v1/evaluations/cases": () => page([decidedCase]),
  "GET /v1/evaluations/:id": () => evaluation,
  "GET /v1/evaluations/:id/results": () => page(results),
  "GET /v1/evaluations/:id/results/:seq": () => resultView,
  "GET /v1/approvals": (route) => {
    const status = new URL(route.request().url()).searchParams.get("status");
    const items = approvals.filter((each) => !status || each.status === status);
    return page(
      items.map((approval) => ({
        approval,
        may_decide: true,
        stake_cents: 488,
        ticket: tickets.find((each) => each.id === approval.ticket_id) ?? null,
      })),
    );
  },
  "GET /v1/approvals/counts": () => counts,
  "GET /v1/me/review-quality": () => ownReview,
  "GET /v1/review-quality": () => allReviews,
  "GET /v1/review-quality/exercises": () => exerciseSettings,
  "GET /v1/approvals/views": (): S["ViewList"] => ({ items: [view] }),
  "GET /v1/approvals/desk": () => approvalDesk,
  "GET /v1/approvals/mail": (): S["MailedView"] => mailed,
  "GET /v1/approvals/claims": (): S["ClaimList"] => ({ items: [] }),
  "POST /v1/approvals/:id/claim": (_, path): S["Claim"] => ({
    approval_id: path.split("/")[3] ?? "",
    user_id: id(1),
    name: "Robin Vermeer",
    until: at(-2),
  }),
  "DELETE /v1/approvals/:id/claim": async (route) => {
    await route.fulfill({ status: 204 });
    return "handled";
  },
  "GET /v1/approvals/:id/similar": (): S["SimilarList"] => ({ items: [similar] }),
  "GET /v1/approvals/:id": (_, path) => {
    const approval = approvals.find((each) => path.endsWith(each.id));
    if (!approval) return problem(404, "Not found", "the approval does not exist");
    return approvalView(approval, {
      ticket: tickets.find((each) => each.id === approval.ticket_id) ?? null,
      messages,
      customer,
      eligible: [id(1), id(2)],
    });
  },
  "GET /v1/tickets": (route) => {
    const status = new URL(route.request().url()).searchParams.get("status");
    const some = tickets.filter((each) => !status || each.status === status);
    return page(
      some.map((each): S["TicketRow"] => ({
        ...each,
        contact_name: contact.name,
        customer_name: customer.name,
      })),
    );
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
  "GET /v1/mentions": (): S["Mentions"] => ({ unseen: 0, items: [] }),
  "PUT /v1/tickets/:id/presence": () => ({ others: [] }),
  "GET /v1/tickets/:id/events": () => page(events),
  "GET /v1/tickets/:id/article": (): S["ArticleOfTicket"] => ({
    run: null,
    approval_id: null,
    document_id: null,
  }),
  "GET /v1/runs": (route) => {
    const status = new URL(route.request().url()).searchParams.get("status");
    const some = runs.filter((each) => !status || each.status === status);
    return page(
      some.map((each): S["RunRow"] => {
        const of = tickets.find(({ id }) => id === each.ticket_id);
        return {
          ...each,
          ticket: of ? { id: of.id, number: of.number, subject: of.subject } : null,
        };
      }),
    );
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
  "GET /v1/runs/:id/steps/:seq/prompt": (_, path): S["StepPrompt"] =>
    given(Number(path.split("/")[5])),
  "GET /v1/runs/:id/replay": (): S["ReplayView"] => ({
    ok: true,
    steps_checked: 5,
    first_difference: null,
    missing: [],
    redacted_at: null,
  }),
  "GET /v1/agents": () => ({ items: agents }),
  "GET /v1/agents/figures": (): S["AgentFiguresList"] => ({ at: at(0), items: agentFigures }),
  "GET /v1/providers": () => providers,
  "GET /v1/channels": () => channels(),
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
  "GET /v1/customers": () =>
    page([customer, { ...customer, id: id(12), name: "Bruno Falk", tier: "standard" }]),
  "GET /v1/customers/:id": () => ({ customer, contacts: [contact], tickets }),
  "GET /v1/conversations/:id": () => conversation,
  "POST /v1/conversations": () => ({
    conversation_id: id(100),
    token: "cv_token",
    token_expires_at: at(-43_200),
    ticket_number: 40,
  }),
  "POST /v1/conversations/:id/ratings": () => ({}),
  "GET /v1/help/articles": (route): S["HelpArticles"] => ({
    items: new URL(route.request().url()).searchParams.has("q")
      ? helpArticles.slice(0, 2)
      : helpArticles,
  }),
  "GET /v1/help/articles/:slug": (_, path) =>
    path.endsWith("/returns-and-refunds")
      ? helpArticle
      : problem(404, "Not found", "the article does not exist"),
};

const pattern = (path: string) =>
  path
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, ":id")
    .replace(/(\/v1\/(?:tools|roles|teams|providers)\/)[^/]+/, "$1:id")
    .replace(/(\/v1\/evaluations\/:id\/results\/)[^/]+/, "$1:seq")
    .replace(/(\/v1\/runs\/:id\/steps\/)[^/]+/, "$1:seq")
    .replace(/(\/v1\/help\/articles\/)[^/]+/, "$1:slug");

/** Puts canned answers in front of the API. Whatever they do not know is a 404 with its name. */
export async function answer(on: Page, own: Answers = {}): Promise<void> {
  const answers = { ...ANSWERS, ...own };
  await on.route("**/v1/**", async (route) => {
    const request = route.request();
    const path = new URL(request.url()).pathname;
    if (path.endsWith("/stream")) {
      // A stream that says nothing and stays away, as far as the browser is concerned.
      const says = (await own["GET /v1/stream"]?.(route, path)) ?? "";
      const body = `retry: 600000\n\n${says}`;
      hear(on, body);
      await route.fulfill({ contentType: "text/event-stream", body });
      return;
    }
    // The service's own limit, so that no page asks for what it refuses.
    if (Number(new URL(request.url()).searchParams.get("limit") ?? 1) > 100) {
      await route.fulfill({
        status: 422,
        json: problem(422, "Invalid", `${request.url()}: 1 to 100`),
      });
      return;
    }
    const found = answers[`${request.method()} ${pattern(path)}`];
    const body = (await found?.(route, path)) ?? problem(404, "Not found", `no answer for ${path}`);
    if (body === "handled") return;
    const status =
      "status" in (body as object) && "title" in (body as object)
        ? (body as { status: number }).status
        : 200;
    hear(on, JSON.stringify(body));
    await route.fulfill({ status, json: body });
  });
}
