// Which answers a visit begins with, by the address it comes to: those without which its page shows nothing.
// `seeds.ts` hands them to the queries that ask the same.
import type { Permission } from "../api/words";
import type { Early } from "./early";

/** Customers' pages, and those that stand before a session. */
const APART = /^\/(?:chat|decide|help|invitation|reset|sign-in)(?:\/|$)/;

export const isStaffs = (path: string): boolean => !APART.test(path);

/** The same line at which the queue stands beside what is open. */
export const isWide = (): boolean => matchMedia("(min-width: 861px)").matches;

export const SESSION = "/v1/session";
export const QUEUE = "/v1/approvals?snoozed=false&status=pending&limit=100";
export const TICKETS = "/v1/tickets?limit=50";
export const approvalPath = (id: string): string => `/v1/approvals/${id}`;

/** The id of an approval that an address is of. */
export const approvalIn = (path: string): string | undefined =>
  /^\/approvals\/([0-9a-f-]{36})$/.exec(path)?.[1];

/** Asks for what the page at an address begins with; narrowed lists are asked for by their page. */
export function askFor(
  early: Early,
  { pathname, search }: Pick<Location, "pathname" | "search">,
  may: readonly string[],
): void {
  const holds = (permission: Permission) => may.includes(permission);
  void early.ask(SESSION);
  if (search !== "") return;
  const id = approvalIn(pathname);
  if ((pathname === "/approvals" || id) && holds("read_approvals")) {
    const queue = early.ask(QUEUE);
    if (id) void early.ask(approvalPath(id));
    // An answer that cannot be read is told where the page reads it.
    else if (isWide()) queue.then((answer) => askForFirst(early, answer)).catch(() => undefined);
  }
  if (pathname === "/tickets" && holds("read_tickets")) void early.ask(TICKETS);
}

/** On a wide screen the first one opens by itself. */
async function askForFirst(early: Early, answer: Response | undefined): Promise<void> {
  if (!answer?.ok) return;
  // The queue's own reader takes the answer; this is a second one.
  const page = (await answer.clone().json()) as { items?: { approval?: { id?: string } }[] };
  const id = page.items?.[0]?.approval?.id;
  if (id) void early.ask(approvalPath(id));
}
