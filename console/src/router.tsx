// Every page and its address. Staff pages sit under one frame that asks for a session first; the
// customer's chat page stands alone.
import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  Link,
  lazyRouteComponent,
  Outlet,
  redirect,
} from "@tanstack/react-router";
import { Problem } from "./api/client";
import type {
  ApprovalStatus,
  Channel,
  GapStatus,
  Layer,
  RunStatus,
  TicketStatus,
  Visibility,
} from "./api/words";
import type { DocumentFilter } from "./knowledge/metadata";
import { Empty, Failure, Loading } from "./parts/states";
import { AUDIT_ACTIONS, type AuditSearch, dayOf } from "./safety/audit";
import { sessionQuery } from "./session/session";

type Raw = Record<string, unknown>;

/** One of `allowed`, or nothing: addresses are typed by people. */
function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T | undefined {
  return allowed.find((each) => each === value);
}

function textOf(value: unknown, most = 200): string | undefined {
  // The router reads `?q=123` as a number.
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && text !== "" ? text.slice(0, most) : undefined;
}

/** A whole number from 1 to `most`. */
function wholeOf(value: unknown, most = 1_000_000): number | undefined {
  const number = Number(value);
  return Number.isInteger(number) && number >= 1 && number <= most ? number : undefined;
}

const APPROVALS: readonly (ApprovalStatus | "all")[] = [
  "pending",
  "approved",
  "edited",
  "rejected",
  "responded",
  "escalated",
  "expired",
  "superseded",
  "all",
];
const TICKETS: readonly TicketStatus[] = [
  "open",
  "waiting_for_staff",
  "waiting_for_customer",
  "resolved",
  "closed",
];
const CHANNELS: readonly Channel[] = ["chat", "email", "api"];
const RUNS: readonly RunStatus[] = ["queued", "running", "waiting", "done", "dead", "quarantined"];

const LAYERS: readonly Layer[] = ["company", "customer"];
const VISIBILITIES: readonly Visibility[] = ["public", "internal"];
type Scope = "public" | "internal" | "library";
const SCOPES: readonly Scope[] = ["public", "internal", "library"];
type DocumentTab = "text" | "changes" | "uses";
const DOCUMENT_TABS: readonly DocumentTab[] = ["text", "changes", "uses"];
const GAPS: readonly GapStatus[] = ["open", "drafted", "dismissed"];

function NotFound() {
  return (
    <Empty title="There is no such page">
      <Link to="/">Home</Link>
    </Empty>
  );
}

function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <div className="page">
      <Failure error={error} retry={reset} />
    </div>
  );
}

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
});

const pages = () => import("./staff");

const signIn = createRoute({
  getParentRoute: () => root,
  path: "/sign-in",
  validateSearch: (raw: Raw): { next?: string } => {
    // Only a path of this console: the page must not send people elsewhere.
    const next =
      typeof raw.next === "string" && /^\/(?![/\\])/.test(raw.next) ? raw.next : undefined;
    return { next };
  },
  component: lazyRouteComponent(() => import("./session/SignInPage"), "SignInPage"),
});

const chat = createRoute({
  getParentRoute: () => root,
  path: "/chat",
  validateSearch: (raw: Raw): { embed?: true } =>
    String(raw.embed) === "1" || raw.embed === true ? { embed: true } : {},
  component: lazyRouteComponent(() => import("./chat/ChatPage"), "ChatPage"),
});

const staff = createRoute({
  getParentRoute: () => root,
  id: "staff",
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(sessionQuery);
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
  validateSearch: (raw: Raw): { status?: ApprovalStatus | "all" } => ({
    status: oneOf(raw.status, APPROVALS),
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
  component: lazyRouteComponent(pages, "ApprovalView"),
});

const tickets = createRoute({
  getParentRoute: () => staff,
  path: "/tickets",
  validateSearch: (raw: Raw): { status?: TicketStatus; channel?: Channel; q?: string } => ({
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

const runs = createRoute({
  getParentRoute: () => staff,
  path: "/runs",
  validateSearch: (raw: Raw): { status?: RunStatus; ticket_id?: string } => ({
    status: oneOf(raw.status, RUNS),
    ticket_id: textOf(raw.ticket_id),
  }),
  component: lazyRouteComponent(pages, "RunsPage"),
});

const run = createRoute({
  getParentRoute: () => staff,
  path: "/runs/$id",
  component: lazyRouteComponent(pages, "RunPage"),
});

const knowledge = createRoute({
  getParentRoute: () => staff,
  path: "/knowledge",
  component: lazyRouteComponent(pages, "KnowledgeFrame"),
});

const documents = createRoute({
  getParentRoute: () => knowledge,
  path: "/",
  validateSearch: (raw: Raw): DocumentFilter => ({
    q: textOf(raw.q),
    layer: oneOf(raw.layer, LAYERS),
    visibility: oneOf(raw.visibility, VISIBILITIES),
    locale: textOf(raw.locale),
    category: textOf(raw.category),
  }),
  component: lazyRouteComponent(pages, "DocumentsPage"),
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
  component: lazyRouteComponent(pages, "SearchPage"),
});

const gaps = createRoute({
  getParentRoute: () => knowledge,
  path: "gaps",
  validateSearch: (raw: Raw): { status?: GapStatus } => ({ status: oneOf(raw.status, GAPS) }),
  component: lazyRouteComponent(pages, "GapsPage"),
});

const sources = createRoute({
  getParentRoute: () => knowledge,
  path: "sources",
  component: lazyRouteComponent(pages, "SourcesPage"),
});

const recall = createRoute({
  getParentRoute: () => knowledge,
  path: "recall",
  component: lazyRouteComponent(pages, "RecallPage"),
});

const templates = createRoute({
  getParentRoute: () => knowledge,
  path: "templates",
  component: lazyRouteComponent(pages, "TemplatesPage"),
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
  component: lazyRouteComponent(pages, "DocumentPage"),
});

const tools = createRoute({
  getParentRoute: () => staff,
  path: "/tools",
  component: lazyRouteComponent(pages, "ToolsPage"),
});

const agents = createRoute({
  getParentRoute: () => staff,
  path: "/agents",
  component: lazyRouteComponent(pages, "AgentsPage"),
});

const safety = createRoute({
  getParentRoute: () => staff,
  path: "/safety",
  component: lazyRouteComponent(pages, "SafetyFrame"),
});

const breakers = createRoute({
  getParentRoute: () => safety,
  path: "/",
  component: lazyRouteComponent(pages, "BreakersPage"),
});

const limits = createRoute({
  getParentRoute: () => safety,
  path: "limits",
  component: lazyRouteComponent(pages, "LimitsPage"),
});

const audit = createRoute({
  getParentRoute: () => safety,
  path: "audit",
  validateSearch: (raw: Raw): AuditSearch => ({
    action: oneOf(raw.action, AUDIT_ACTIONS),
    from: dayOf(raw.from),
    until: dayOf(raw.until),
  }),
  component: lazyRouteComponent(pages, "AuditPage"),
});

const personalData = createRoute({
  getParentRoute: () => safety,
  path: "personal-data",
  component: lazyRouteComponent(pages, "PersonalDataPage"),
});

const policy = createRoute({
  getParentRoute: () => staff,
  path: "/policy",
  component: lazyRouteComponent(pages, "PolicyPage"),
});

const tree = root.addChildren([
  signIn,
  chat,
  staff.addChildren([
    home,
    approvals.addChildren([noApproval, approval]),
    tickets,
    ticket,
    runs,
    run,
    knowledge.addChildren([documents, sources, knowledgeSearch, gaps, recall, templates]),
    document,
    tools,
    agents,
    policy,
    safety.addChildren([breakers, limits, audit, personalData]),
  ]),
]);

export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPendingComponent: () => <Loading lines={8} />,
    defaultErrorComponent: Broken,
    scrollRestoration: true,
    scrollToTopSelectors: ["#main"],
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
