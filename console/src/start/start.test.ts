import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { api } from "../api/client";
import { narrowedOf } from "../approvals/narrowing";
import { approvalQuery, approvalsQuery } from "../approvals/queries";
import { sessionQuery } from "../session/session";
import { ticketsQuery } from "../tickets/queries";
import { askFor, isStaffs } from "./asks";
import { Early } from "./early";
import { forget, known } from "./known";
import { seedFrom } from "./seeds";

const ID = "019ab0f4-7c4e-7000-8000-000000000200";
const queue = approvalsQuery("pending", narrowedOf({}));
const MAY = ["read_approvals", "read_tickets"];

const json = (body: unknown, status = 200) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });

let asked: string[];
let answers: (path: string) => Promise<Response> | Response;

beforeEach(() => {
  localStorage.clear();
  asked = [];
  answers = (path) => {
    if (path.startsWith("/v1/approvals?"))
      return json({ items: [{ approval: { id: ID } }], next_cursor: null });
    if (path === "/v1/session") return json({ permissions: MAY, second_factor_missing: false });
    return json({ path, items: [] });
  };
  vi.stubGlobal("matchMedia", () => ({ matches: true }));
  vi.stubGlobal("fetch", async (input: Request | string) => {
    const url = new URL(input instanceof Request ? input.url : input, location.href);
    const path = url.pathname + url.search;
    asked.push(path);
    return answers(path);
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** A visit to an address of somebody who may so much, as far as its first questions. */
function visit(href: string, may: readonly string[] = MAY) {
  const { pathname, search } = new URL(href, "http://desk.example");
  const early = new Early();
  const client = new QueryClient();
  const taking = { onRequest: ({ request }: { request: Request }) => early.take(request) };
  api.use(taking);
  askFor(early, { pathname, search }, may);
  const seed = seedFrom(early, client);
  return {
    client,
    seed: () => seed({ pathname, searchStr: search }),
    end: () => api.eject(taking),
  };
}

it("the queue and its first approval are there before anything is drawn, and each was asked for once", async () => {
  const { client, seed, end } = visit("/approvals");
  expect(await seed()).toBe(ID);
  await client.fetchQuery(sessionQuery);
  expect(client.getQueryData(queue.queryKey)?.pages[0]?.items[0]?.approval.id).toBe(ID);
  expect(client.getQueryData(approvalQuery(ID).queryKey)).toBeDefined();
  expect(asked.toSorted()).toEqual([
    `/v1/approvals/${ID}`,
    "/v1/approvals?snoozed=false&status=pending&limit=100",
    "/v1/session",
  ]);
  // The page asks anew when it is drawn: the live stream tells only what comes after.
  expect(client.getQueryState(queue.queryKey)?.isInvalidated).toBe(true);
  // What has been seeded opens nothing a second time.
  expect(await seed()).toBeUndefined();
  end();
});

it("an approval's own address and the list of tickets begin with theirs", async () => {
  const one = visit(`/approvals/${ID}`);
  expect(await one.seed()).toBeUndefined();
  expect(one.client.getQueryData(approvalQuery(ID).queryKey)).toBeDefined();
  one.end();
  const tickets = visit("/tickets");
  await tickets.seed();
  expect(tickets.client.getQueryData(ticketsQuery({}).queryKey)).toBeDefined();
  tickets.end();
  expect(asked.filter((path) => path === "/v1/tickets?limit=50")).toHaveLength(1);
});

it("nobody's page asks for what they may not read, and a narrowed list is its page's to ask for", () => {
  visit("/approvals", ["read_tickets"]).end();
  visit("/approvals?risk=outward").end();
  expect(asked).toEqual(["/v1/session", "/v1/session"]);
});

it("what fails or is late is left to the page", async () => {
  answers = (path) =>
    path === "/v1/session" ? json({}) : json({ title: "Busy", detail: "busy" }, 503);
  const busy = visit("/approvals");
  expect(await busy.seed()).toBeUndefined();
  expect(busy.client.getQueryState(queue.queryKey)).toBeUndefined();
  busy.end();
  answers = () => Promise.reject(new TypeError("no network"));
  const off = visit("/tickets");
  expect(await off.seed()).toBeUndefined();
  expect(off.client.getQueryState(ticketsQuery({}).queryKey)).toBeUndefined();
  off.end();
  vi.useFakeTimers();
  answers = () => new Promise(() => {});
  const late = visit("/approvals");
  const seeded = late.seed();
  await vi.advanceTimersByTimeAsync(300);
  expect(await seeded).toBeUndefined();
  late.end();
  vi.useRealTimers();
});

it("an answer is handed out once and while it is young", async () => {
  vi.useFakeTimers();
  const early = new Early();
  void early.ask("/v1/session");
  void early.ask("/v1/tickets?limit=50");
  const request = (path: string) => new Request(new URL(path, location.origin));
  expect((await early.take(request("/v1/session")))?.ok).toBe(true);
  expect(early.take(request("/v1/session"))).toBeUndefined();
  vi.advanceTimersByTime(10_000);
  expect(early.take(request("/v1/tickets?limit=50"))).toBeUndefined();
  vi.useRealTimers();
});

it("a session says what the next visit may begin with, and its end forgets it", async () => {
  const answering = { onRequest: () => answers("/v1/session") };
  api.use(answering);
  const ask = () => new QueryClient().fetchQuery({ ...sessionQuery, retry: false });
  await ask();
  expect(known()).toEqual(MAY);
  answers = () => json({ title: "Unauthorized", detail: "sign in" }, 401);
  await expect(ask()).rejects.toThrow("sign in");
  expect(known()).toBeUndefined();
  answers = () => json({ permissions: MAY, second_factor_missing: true });
  await ask();
  expect(known()).toEqual([]);
  forget();
  expect(known()).toBeUndefined();
  localStorage.setItem("countersign.known", "{");
  expect(known()).toBeUndefined();
  api.eject(answering);
});

it("customers' pages and those before a session begin with nothing of staff's", () => {
  expect(["/chat", "/help/ask", "/sign-in", "/decide"].filter(isStaffs)).toEqual([]);
  expect(["/", "/approvals", "/settings/roles", "/helpdesk"].filter(isStaffs)).toHaveLength(4);
});
