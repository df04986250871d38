// Starts the service itself, with the demo workspace in a folder of its own, and stops it by its
// process. One per worker, and a new one after a test that failed; tests of a worker share it in whatever order they
// come, so that none decides on the records of another, leaves anything stopped or counts what others make as well.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BrowserContext, test as base, expect, type Page } from "@playwright/test";
import type { components } from "../../src/api/schema.gen";

type S = components["schemas"];

const folder = resolve(import.meta.dirname, "../..");
const binary = resolve(
  folder,
  process.env.COUNTERSIGN_BIN ?? join("..", "target", "debug", "countersign"),
);
export const START_MS = 60_000;
const PASSWORD = "countersign";

export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", fail);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address ? address.port : 0;
      server.close(() => done(port));
    });
  });
}

async function ready(url: string, child: ChildProcess, said: () => string): Promise<void> {
  const until = Date.now() + START_MS;
  while (Date.now() < until) {
    if (child.exitCode !== null) break;
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`the service did not come up:\n${said()}`);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((done) => child.once("exit", done));
  child.kill("SIGTERM");
  const late = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await gone;
  clearTimeout(late);
}

/** A service of its own, with the demo workspace in a folder of its own. */
export interface Service {
  url: string;
  stop: () => Promise<void>;
}

export async function startService(
  env: Record<string, string> = {},
  port?: number,
): Promise<Service> {
  if (!existsSync(binary)) {
    throw new Error(`${binary} does not exist: build it, or set COUNTERSIGN_BIN`);
  }
  const data = await mkdtemp(join(tmpdir(), "countersign-console-"));
  const at = port ?? (await freePort());
  let output = "";
  const child = spawn(binary, ["serve", "--demo"], {
    cwd: data,
    env: {
      ...process.env,
      COUNTERSIGN_SERVER__ADDRESS: `127.0.0.1:${at}`,
      COUNTERSIGN_SERVER__CONSOLE_DIR: join(folder, "dist"),
      COUNTERSIGN_DATABASE__URL: `sqlite:${join(data, "desk.db")}`,
      COUNTERSIGN_SECRETS__KEY_FILE: join(data, "secret.key"),
      COUNTERSIGN_DEMO__PASSWORD: PASSWORD,
      COUNTERSIGN_DEMO__SHOP_URL: "sqlite::memory:",
      COUNTERSIGN_VISITORS__CONVERSATIONS_PER_MINUTE: "200",
      COUNTERSIGN_APPROVALS__UNDO_SECONDS: "1",
      COUNTERSIGN_AGENTS__RESOLUTION__LIMITS__RUNS_A_MINUTE: "0",
      COUNTERSIGN_AGENTS__RESOLUTION__LIMITS__RUNS_A_DAY: "0",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const end = async () => {
    await stop(child);
    await rm(data, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${at}`;
  try {
    await ready(url, child, () => output);
  } catch (error) {
    await end();
    throw error;
  }
  return { url, stop: end };
}

export const test = base.extend<object, { service: string }>({
  service: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from here
    async ({}, use) => {
      const service = await startService();
      try {
        await use(service.url);
      } finally {
        await service.stop();
      }
    },
    { scope: "worker", timeout: START_MS + 20_000 },
  ],
  baseURL: async ({ service }, use) => use(service),
});

export { expect };

/** Signs a person of the demo workspace in and leaves them on the given page. */
export async function signIn(page: Page, who: string, path: string): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Email").fill(`${who}@northfold.example`);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
}

/** Starts a chat as a customer. */
export async function ask(page: Page, message: string, email?: string): Promise<void> {
  await page.goto("/chat");
  await page.getByLabel("How can we help?").fill(message);
  if (email) {
    await page.getByLabel(/^Name/).fill("Alex");
    await page.getByLabel(/^Email/).fill(email);
  }
  await page.getByRole("button", { name: "Start chat" }).click();
  await expect(page.getByRole("log")).toContainText(message);
}

async function read<T>(context: BrowserContext, path: string): Promise<T> {
  const answer = await context.request.get(path);
  expect(answer.ok(), `${path} answered ${answer.status()}`).toBe(true);
  return (await answer.json()) as T;
}

/** What waits, as the API says it. The context must be signed in. */
export async function waiting(context: BrowserContext): Promise<S["Approval"][]> {
  const page = await read<S["PageOfApprovalItem"]>(context, "/v1/approvals?status=pending");
  return page.items.map((item) => item.approval);
}

export function approval(context: BrowserContext, id: string): Promise<S["ApprovalView"]> {
  return read(context, `/v1/approvals/${id}`);
}

/** Every effect of a ticket's runs. */
export async function effects(context: BrowserContext, ticketId: string): Promise<S["Effect"][]> {
  const runs = await read<S["PageOfRunRow"]>(context, `/v1/runs?ticket_id=${ticketId}`);
  const views = await Promise.all(
    runs.items.map((run) => read<S["RunView"]>(context, `/v1/runs/${run.id}`)),
  );
  return views.flatMap((view) => view.effects);
}

/** Waits until no run is under way: a service that has just begun works off what the demo workspace holds. */
export async function atRest(context: BrowserContext): Promise<void> {
  const underWay = async () => (await read<S["DeskView"]>(context, "/v1/desk")).runs.n;
  await expect.poll(underWay, { timeout: 60_000 }).toBe(0);
}

/** A call of the tool that waits for a person in the seeded workspace. Three refunds do, of which three stories decide
 * on one each, one cancellation, which another story takes, and a change of an address, which is left to be read. */
export async function someCall(context: BrowserContext, tool: string): Promise<S["Approval"]> {
  await atRest(context);
  const found = (await waiting(context)).find((each) => each.binding.call.tool === tool);
  if (!found) throw new Error(`the demo workspace has no call of ${tool} that waits`);
  return found;
}

export const someRefund = (context: BrowserContext) => someCall(context, "shop__refund_order");
