// How long the pages that people live in take on this machine, from asking for the page, with an empty cache and with a
// full one: until what a page is for is there, and until it does what it is told. Times are taken in the page when they
// come, because a look from outside comes late. The median of so many times, told as JSON.
import { appendFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { expect, signIn, test } from "../story/service";

const TIMES = Number(process.env.BENCH_TIMES ?? 15);

interface Watched {
  path: string;
  /** What the page is for: a button that can be pressed, rows, a field. */
  use: string;
  named?: string;
  /** The key that moves on, and where one is then. */
  moves?: { key: string; at: string };
}

const PAGES: Watched[] = [
  {
    path: "/approvals",
    use: "#approval button:enabled:not([aria-disabled=true])",
    named: "^Approve",
    moves: { key: "j", at: ".queue-link[aria-current=true]" },
  },
  {
    path: "/tickets",
    use: "main a[href^='/tickets/']",
    named: "#\\d+",
    moves: { key: "j", at: "main [data-row]:focus" },
  },
  { path: "/chat", use: "textarea:enabled" },
];

interface Seen {
  use?: number;
  interactive?: number;
}

/** Runs in the page, before all of its own. */
function watch({ use, named, moves }: Watched): void {
  const seen: Seen = {};
  Object.assign(window, { seen });
  const like = new RegExp(named ?? "");
  const link = () => moves && document.querySelector(moves.at)?.closest("li")?.textContent;
  let before: string | null | undefined;
  const look = () => {
    if (seen.use === undefined) {
      const there = [...document.querySelectorAll(use)];
      if (!there.some((each) => like.test(each.textContent ?? ""))) return;
      seen.use = performance.now();
      before = link();
      if (!moves) seen.interactive = seen.use;
    }
    if (seen.interactive === undefined && link() !== before) seen.interactive = performance.now();
  };
  const press = () => {
    look();
    if (seen.interactive !== undefined) return;
    if (seen.use !== undefined && moves) {
      document.body.dispatchEvent(
        new KeyboardEvent("keydown", { key: moves.key, bubbles: true, cancelable: true }),
      );
      look();
    }
    requestAnimationFrame(press);
  };
  new MutationObserver(look).observe(document, {
    subtree: true,
    childList: true,
    attributes: true,
  });
  requestAnimationFrame(press);
}

function median(all: number[]): number {
  const sorted = [...all].sort((one, other) => one - other);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
}

async function opened(page: Page, path: string): Promise<Required<Seen>> {
  await page.goto(path, { waitUntil: "commit" });
  const seen = await page.waitForFunction(() => {
    const { seen } = window as unknown as { seen?: Seen };
    return seen?.interactive !== undefined && seen;
  });
  return (await seen.jsonValue()) as Required<Seen>;
}

test("pages are of use at once", async ({ browser, service }) => {
  test.setTimeout(600_000);
  const first = await browser.newContext({ baseURL: service });
  const page = await first.newPage();
  await signIn(page, "reviewer", "/approvals");
  await expect(page.getByRole("button", { name: /^Approve/ }).first()).toBeEnabled();
  const storageState = await first.storageState();
  await first.close();
  for (const watched of PAGES) {
    const [empty, full]: [Required<Seen>[], Required<Seen>[]] = [[], []];
    for (let time = 0; time < TIMES; time += 1) {
      const context = await browser.newContext({ baseURL: service, storageState });
      await context.addInitScript(watch, watched);
      const page = await context.newPage();
      empty.push(await opened(page, watched.path));
      full.push(await opened(page, watched.path));
      await context.close();
    }
    const told = {
      bench: "load",
      page: watched.path,
      times: TIMES,
      empty_cache_ms: median(empty.map(({ use }) => use)),
      full_cache_ms: median(full.map(({ use }) => use)),
      empty_cache_interactive_ms: median(empty.map(({ interactive }) => interactive)),
      full_cache_interactive_ms: median(full.map(({ interactive }) => interactive)),
      slowest_ms: Math.round(
        Math.max(...[...empty, ...full].map(({ interactive }) => interactive)),
      ),
    };
    const file = process.env.BENCH_OUT;
    if (file) await appendFile(file, `${JSON.stringify(told)}\n`);
  }
});
