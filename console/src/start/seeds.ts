// Hands early answers to the queries that would ask for them, so that the first drawing of a page has what it shows.
import type { QueryClient } from "@tanstack/react-query";
import { narrowedOf } from "../approvals/narrowing";
import { approvalQuery, approvalsQuery } from "../approvals/queries";
import { ticketsQuery } from "../tickets/queries";
import { approvalIn, approvalPath, isWide, QUEUE, TICKETS } from "./asks";
import type { Early } from "./early";

/** For how long a page waits for them before it is drawn without. */
const WAIT_MS = 300;

/** Seeds what an address begins with, at the first call. Tells the approval that is to be opened there. */
export type Seed = (to: { pathname: string; searchStr: string }) => Promise<string | undefined>;

export function seedFrom(early: Early, client: QueryClient): Seed {
  let over = false;
  const queue = approvalsQuery("pending", narrowedOf({}));

  /** They are shown at once and asked for again with the page, when the live stream says what changes. */
  const shownOnly = (queryKey: readonly unknown[]) =>
    client.invalidateQueries({ queryKey, exact: true, refetchType: "none" });

  async function seedQueue(): Promise<string | undefined> {
    if (!(await early.answered(QUEUE))) return undefined;
    await client.prefetchInfiniteQuery(queue);
    await shownOnly(queue.queryKey);
    return client.getQueryData(queue.queryKey)?.pages[0]?.items[0]?.approval.id;
  }

  async function seedApproval(id: string): Promise<void> {
    if (!(await early.answered(approvalPath(id)))) return;
    await client.prefetchQuery(approvalQuery(id));
    await shownOnly(approvalQuery(id).queryKey);
  }

  async function seedTickets(): Promise<void> {
    if (!(await early.answered(TICKETS))) return;
    await client.prefetchInfiniteQuery(ticketsQuery({}));
    await shownOnly(ticketsQuery({}).queryKey);
  }

  async function seed(pathname: string): Promise<string | undefined> {
    const id = approvalIn(pathname);
    if (id) await Promise.all([seedQueue(), seedApproval(id)]);
    if (pathname === "/tickets") await seedTickets();
    if (pathname !== "/approvals") return undefined;
    const first = await seedQueue();
    if (!first || !isWide()) return undefined;
    await seedApproval(first);
    return first;
  }

  return async ({ pathname, searchStr }) => {
    if (over) return undefined;
    over = true;
    if (searchStr !== "") return undefined;
    const late = new Promise<undefined>((done) => setTimeout(done, WAIT_MS));
    return Promise.race([seed(pathname), late]);
  };
}
