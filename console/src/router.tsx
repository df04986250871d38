// Every page and its address. Staff pages sit under one frame that asks for a session first; the
// customers' chat page and help centre stand alone.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  Link,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { Problem } from "./api/client";
import type { GapStatus } from "./api/words";
import { ORDERS, type QueueSearch, RISKS } from "./approvals/narrowing";
import { SHOWN, type Shown } from "./evaluations/shown";
import type { DocumentFilter } from "./knowledge/metadata";
import { Empty, Loading } from "./parts/states";
import type { RunFilter } from "./runs/queries";
import { AUDIT_ACTIONS, type AuditSearch, dayOf } from "./safety/audit";
import { COMPANY_FAILURES, type CompanyFailure, sessionQuery } from "./session/session";
import {
  APPROVALS,
  CHANNELS,
  DOCUMENT_TABS,
  type DocumentTab,
  GAPS,
  LAYERS,
  OUTCOMES,
  oneOf,
  PRIORITIES,
  type Raw,
  RUNS,
  SCOPES,
  type Scope,
  TICKETS,
  textOf,
  VISIBILITIES,
  wholeOf,
} from "./shell/address";
import type { Seed } from "./start/seeds";
import type { TicketFilter } from "./tickets/queries";
import { Broken } from "./version/Broken";

function NotFound() {
  return (
    <Empty title={t`There is no such page`}>
      <Link to="/">
        <Trans>Home</Trans>
      </Link>
    </Empty>
  );
}

const root = createRootRouteWithContext<{ queryClient: QueryClient; seed: Seed }>()({
  component: Outlet,
  notFoundComponent: NotFound,
});

const pages = () => import("./staff");
const office = () => import("./office");

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw: Raw): { next?: string; failed?: CompanyFailure } => {
    // Only a path of this console: the page must not send people elsewhere.
    const next =
      typeof raw.next === "string" && /^\/(?![/\\])/.test(raw.next) ? raw.next : undefined;
    return { next, failed: oneOf(raw.failed, COMPANY_FAILURES) };
  },
  component: lazyRouteComponent(() => import("./session/SignInPage"), "SignInPage"),
});

const reset = createRoute({
  getParentRoute: () => root,
  path: "/reset",
  component: lazyRouteComponent(() => import("./session/ResetPage"), "ResetPage"),
});

const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  component: lazyRouteComponent(() => import("./session/InvitationPage"), "InvitationPage"),
});

const decide = createRoute({
  getParentRoute: () => root,
  path: "/decide",
  component: lazyRouteComponent(() => import("./approvals/LinkPage"), "LinkPage"),
});

const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  validateSearch: (raw: Raw): { embed?: true } =>
    String(raw.embed) === "1" || raw.embed === true ? { embed: true } : {},
  component: lazyRouteComponent(() => import("./chat/ChatPage"), "ChatPage"),
});

const helpPages = () => import("./help/pages");

const help = createRoute({
  getParentRoute: () => root,
  path: "/help",
  validateSearch: (raw: Raw): { workspace?: string } => ({ workspace: textOf(raw.workspace, 100) }),
  component: lazyRouteComponent(helpPages, "HelpFrame"),
});

const helpHome = createRoute({
  getParentRoute: () => help,
  path: "/",
  validateSearch: (raw: Raw): { q?: string } => ({ q: textOf(raw.q) }),
  component: lazyRouteComponent(helpPages, "HelpPage"),
});

const helpArticle = createRoute({
  getParentRoute: () => help,
  path: "articles/$slug",
  component: lazyRouteComponent(helpPages, "ArticlePage"),
});

const helpAsk = createRoute({
  getParentRoute: () => help,
  path: "ask",
  component: lazyRouteComponent(helpPages, "AskPage"),
});

const ownConversations = createRoute({
  getParentRoute: () => help,
  path: "conversations",
  component: lazyRouteComponent(helpPages, "ConversationsPage"),
});

const ownConversation = createRoute({
  getParentRoute: () => help,
  path: "conversations/$id",
  component: lazyRouteComponent(helpPages, "OwnConversationPage"),
});

const ownTickets = createRoute({
  getParentRoute: () => help,
  path: "tickets",
  component: lazyRouteComponent(helpPages, "OwnTicketsPage"),
});

const ownTicket = createRoute({
  getParentRoute: () => help,
  path: "tickets/$id",
  component: lazyRouteComponent(helpPages, "OwnTicketPage"),
});

const customerSignIn = createRoute({
  getParentRoute: () => help,
  path: "sign-in",
  component: lazyRouteComponent(helpPages, "SignInPage"),
});

const staff = createRoute({
  getParentRoute: () => root,
  id: "staff",
  beforeLoad: async ({ context, location }) => {
    try {
      const session = await context.queryClient.ensureQueryData(sessionQuery);
      // Nothing else is open to them.
      if (session.second_factor_missing && location.pathname !== "/settings/account") {
        throw redirect({ to: "/settings/account" });
      }
      const first = await context.seed(location);
      if (first) throw redirect({ to: "/approvals/$id", params: { id: first }, replace: true });
    } catch (error) {
      if (error instanceof Problem && error.status === 401) {
        throw redirect({
          to: "/sign-in",
          search: location.href === "/" ? {} : { next: location.href },
        });
      }
      throw error;
    }
  },
  component: lazyRouteComponent(pages, "Shell"),
});

const home = createRoute({
  getParentRoute: () => staff,
  path: "/",
  component: lazyRouteComponent(pages, "HomePage"),
});

const approvals = createRoute({
  getParentRoute: () => staff,
  path: "/approvals",
  validateSearch: (raw: Raw): QueueSearch => ({
    status: oneOf(raw.status, APPROVALS),
    text: textOf(raw.text),
    agent: textOf(raw.agent),
    tool: textOf(raw.tool),
    risk: oneOf(raw.risk, RISKS),
    rule: textOf(raw.rule),
    intent: textOf(raw.intent),
    customer_id: textOf(raw.customer_id, 40),
    assignee: textOf(raw.assignee, 40),
    snoozed: typeof raw.snoozed === "boolean" ? raw.snoozed : undefined,
    soon: typeof raw.soon === "boolean" ? raw.soon : undefined,
    order: oneOf(raw.order, ORDERS),
  }),
  component: lazyRouteComponent(pages, "ApprovalsPage"),
});

const noApproval = createRoute({
  getParentRoute: () => approvals,
  path: "/",
  component: lazyRouteComponent(pages, "NoApproval"),
});

const approval = createRoute({
  getParentRoute: () => approvals,
  path: "$id",
  // It keeps the focus while one goes through the queue; what it holds of an approval is keyed by its id.
  remountDeps: () => undefined,
  component: lazyRouteComponent(pages, "ApprovalView"),
});

const tickets = createRoute({
  getParentRoute: () => staff,
  path: "/tickets",
  validateSearch: (raw: Raw): TicketFilter => ({
    waiting: String(raw.waiting) === "true" || undefined,
    mentioned: String(raw.mentioned) === "true" || undefined,
    assignee: textOf(raw.assignee, 40),
    priority: oneOf(raw.priority, PRIORITIES),
    status: oneOf(raw.status, TICKETS),
    channel: oneOf(raw.channel, CHANNELS),
    q: textOf(raw.q),
  }),
  component: lazyRouteComponent(pages, "TicketsPage"),
});

const ticket = createRoute({
  getParentRoute: () => staff,
  path: "/tickets/$id",
  component: lazyRouteComponent(pages, "TicketPage"),
});

const customers = createRoute({
  getParentRoute: () => staff,
  path: "/customers",
  validateSearch: (raw: Raw): { q?: string } => ({ q: textOf(raw.q) }),
  component: lazyRouteComponent(pages, "CustomersPage"),
});

const customer = createRoute({
  getParentRoute: () => staff,
  path: "/customers/$id",
  component: lazyRouteComponent(pages, "CustomerPage"),
});

const runs = createRoute({
  getParentRoute: () => staff,
  path: "/runs",
  validateSearch: (raw: Raw): RunFilter => ({
    status: oneOf(raw.status, RUNS),
    ticket_id: textOf(raw.ticket_id),
    agent: textOf(raw.agent, 100),
    outcome: oneOf(raw.outcome, OUTCOMES),
  }),
  component: lazyRouteComponent(pages, "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => staff,
  path: "/runs/$id",
  component: lazyRouteComponent(pages, "RunPage"),
});

const compareRuns = createRoute({
  getParentRoute: () => staff,
  path: "/runs/compare",
  validateSearch: (raw: Raw): { left?: string; right?: string } => ({
    left: textOf(raw.left),
    right: textOf(raw.right),
  }),
  component: lazyRouteComponent(pages, "CompareRunsPage"),
});

const knowledge = createRoute({
  getParentRoute: () => staff,
  path: "/knowledge",
  component: lazyRouteComponent(office, "KnowledgeFrame"),
});

const documents = createRoute({
  getParentRoute: () => knowledge,
  path: "/",
  validateSearch: (raw: Raw): DocumentFilter & { new?: "upload" | "write" } => ({
    new: oneOf(raw.new, ["upload", "write"]),
    q: textOf(raw.q),
    layer: oneOf(raw.layer, LAYERS),
    visibility: oneOf(raw.visibility, VISIBILITIES),
    locale: textOf(raw.locale),
    category: textOf(raw.category),
  }),
  component: lazyRouteComponent(office, "DocumentsPage"),
});

const knowledgeSearch = createRoute({
  getParentRoute: () => knowledge,
  path: "search",
  validateSearch: (
    raw: Raw,
  ): {
    q?: string;
    mode?: "ask";
    scope?: Scope;
    limit?: number;
    customer?: string;
    locale?: string;
  } => ({
    q: textOf(raw.q, 1000),
    mode: oneOf(raw.mode, ["ask"]),
    scope: oneOf(raw.scope, SCOPES),
    limit: wholeOf(raw.limit, 20),
    customer: textOf(raw.customer),
    locale: textOf(raw.locale),
  }),
  component: lazyRouteComponent(office, "SearchPage"),
});

const gaps = createRoute({
  getParentRoute: () => knowledge,
  path: "gaps",
  validateSearch: (raw: Raw): { status?: GapStatus } => ({ status: oneOf(raw.status, GAPS) }),
  component: lazyRouteComponent(office, "GapsPage"),
});

const sources = createRoute({
  getParentRoute: () => knowledge,
  path: "sources",
  component: lazyRouteComponent(office, "SourcesPage"),
});

const recall = createRoute({
  getParentRoute: () => knowledge,
  path: "recall",
  component: lazyRouteComponent(office, "RecallPage"),
});

const templates = createRoute({
  getParentRoute: () => knowledge,
  path: "templates",
  component: lazyRouteComponent(office, "TemplatesPage"),
});

const document = createRoute({
  getParentRoute: () => staff,
  path: "/knowledge/documents/$id",
  validateSearch: (
    raw: Raw,
  ): { version?: number; tab?: DocumentTab; at?: string; chunk?: string } => ({
    chunk: textOf(raw.chunk),
    version: wholeOf(raw.version),
    tab: oneOf(raw.tab, DOCUMENT_TABS),
    // A span of bytes.
    at: typeof raw.at === "string" && /^\d{1,9}-\d{1,9}$/.test(raw.at) ? raw.at : undefined,
  }),
  component: lazyRouteComponent(office, "DocumentPage"),
});

const tools = createRoute({
  getParentRoute: () => staff,
  path: "/tools",
  component: lazyRouteComponent(office, "ToolsPage"),
});

const agents = createRoute({
  getParentRoute: () => staff,
  path: "/agents",
  component: lazyRouteComponent(office, "AgentsPage"),
});

const safety = createRoute({
  getParentRoute: () => staff,
  path: "/safety",
  component: lazyRouteComponent(office, "SafetyFrame"),
});

const breakers = createRoute({
  getParentRoute: () => safety,
  path: "/",
  component: lazyRouteComponent(office, "BreakersPage"),
});

const limits = createRoute({
  getParentRoute: () => safety,
  path: "limits",
  component: lazyRouteComponent(office, "LimitsPage"),
});

const autonomy = createRoute({
  getParentRoute: () => safety,
  path: "autonomy",
  component: lazyRouteComponent(office, "AutonomyPage"),
});

const audit = createRoute({
  getParentRoute: () => safety,
  path: "audit",
  validateSearch: (raw: Raw): AuditSearch => ({
    action: oneOf(raw.action, AUDIT_ACTIONS),
    from: dayOf(raw.from),
    until: dayOf(raw.until),
  }),
  component: lazyRouteComponent(office, "AuditPage"),
});

const reviewing = createRoute({
  getParentRoute: () => safety,
  path: "reviewing",
  component: lazyRouteComponent(office, "ReviewingPage"),
});

const personalData = createRoute({
  getParentRoute: () => safety,
  path: "personal-data",
  component: lazyRouteComponent(office, "PersonalDataPage"),
});

const policy = createRoute({
  getParentRoute: () => staff,
  path: "/policy",
  component: lazyRouteComponent(office, "PolicyPage"),
});

const evaluations = createRoute({
  getParentRoute: () => staff,
  path: "/evaluations",
  component: lazyRouteComponent(office, "EvaluationsPage"),
});

const evaluation = createRoute({
  getParentRoute: () => staff,
  path: "/evaluations/$id",
  validateSearch: (raw: Raw): { show?: Shown } => ({ show: oneOf(raw.show, SHOWN) }),
  component: lazyRouteComponent(office, "EvaluationPage"),
});

const evaluationResult = createRoute({
  getParentRoute: () => staff,
  path: "/evaluations/$id/$seq",
  component: lazyRouteComponent(office, "ResultPage"),
});

const settings = createRoute({
  getParentRoute: () => staff,
  path: "/settings",
  component: lazyRouteComponent(office, "SettingsFrame"),
});

const people = createRoute({
  getParentRoute: () => settings,
  path: "/",
  component: lazyRouteComponent(office, "PeoplePage"),
});

const roles = createRoute({
  getParentRoute: () => settings,
  path: "roles",
  component: lazyRouteComponent(office, "RolesPage"),
});

const teams = createRoute({
  getParentRoute: () => settings,
  path: "teams",
  component: lazyRouteComponent(office, "TeamsPage"),
});

const apiKeys = createRoute({
  getParentRoute: () => settings,
  path: "api-keys",
  component: lazyRouteComponent(office, "ApiKeysPage"),
});

const models = createRoute({
  getParentRoute: () => settings,
  path: "models",
  component: lazyRouteComponent(office, "ModelsPage"),
});

const channels = createRoute({
  getParentRoute: () => settings,
  path: "channels",
  component: lazyRouteComponent(office, "ChannelsPage"),
});

const account = createRoute({
  getParentRoute: () => settings,
  path: "account",
  component: lazyRouteComponent(office, "AccountPage"),
});

const appearance = createRoute({
  getParentRoute: () => settings,
  path: "appearance",
  component: lazyRouteComponent(() => import("./settings/AppearancePage"), "AppearancePage"),
});

const tree = root.addChildren([
  signIn,
  reset,
  invitation,
  decide,
  chat,
  help.addChildren([
    helpHome,
    helpArticle,
    helpAsk,
    ownConversations,
    ownConversation,
    ownTickets,
    ownTicket,
    customerSignIn,
  ]),
  staff.addChildren([
    home,
    approvals.addChildren([noApproval, approval]),
    tickets,
    ticket,
    customers,
    customer,
    runs,
    compareRuns,
    run,
    knowledge.addChildren([documents, sources, knowledgeSearch, gaps, recall, templates]),
    document,
    tools,
    agents,
    policy,
    evaluations,
    evaluation,
    evaluationResult,
    settings.addChildren([people, roles, teams, apiKeys, models, channels, account, appearance]),
    safety.addChildren([breakers, limits, autonomy, reviewing, audit, personalData]),
  ]),
]);

export function makeRouter(queryClient: QueryClient, seed: Seed) {
  return createRouter({
    routeTree: tree,
    context: { queryClient, seed },
    defaultPreload: "intent",
    defaultPendingComponent: () => <Loading lines={8} />,
    defaultErrorComponent: Broken,
    // Another record is another page: nothing that was typed, shown or asked for one is left beside the next.
    defaultRemountDeps: ({ params }) => params,
    scrollRestoration: true,
    scrollToTopSelectors: ["#main"],
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
