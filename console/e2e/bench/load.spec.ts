// How long the pages that people live in take to be of use on this machine: from asking for the page until what it
// is for can be pressed, with an empty cache and with a full one. The median of so many times, told as JSON.
import { appendFile } from "node:fs/promises";
import { expect, type Page } from "@playwright/test";
import { signIn, test } from "../story/service";

const TIMES = 15;

const PAGES: [string, (page: Page) => Promise<void>][] = [
  [
    "/approvals",
    (page) => expect(page.getByRole("button", { name: /^Approve/ }).first()).toBeEnabled(),
  ],
  ["/tickets", (page) => expect(page.getByRole("link", { name: /#\d+/ }).first()).toBeVisible()],
  ["/chat", (page) => expect(page.getByLabel("How can we help?")).toBeEditable()],
];

function median(all: number[]): number {
  const sorted = [...all].sort((one, other) => one - other);
  return Math.round(sorted[sorted.length >> 1] ?? Number.NaN);
}

async function opened(
  page: Page,
  path: string,
  ofUse: (page: Page) => Promise<void>,
): Promise<number> {
  const asked = performance.now();
  await page.goto(path, { waitUntil: "commit" });
  await ofUse(page);
  return performance.now() - asked;
}

test("pages are of use at once", async ({ browser, service }) => {
  test.setTimeout(600_000);
  const first = await browser.newContext({ baseURL: service });
  await signIn(await first.newPage(), "reviewer", "/approvals");
  const storageState = await first.storageState();
  await first.close();
  for (const [path, ofUse] of PAGES) {
    const [empty, full]: [number[], number[]] = [[], []];
    for (let time = 0; time < TIMES; time += 1) {
      const context = await browser.newContext({ baseURL: service, storageState });
      const page = await context.newPage();
      empty.push(await opened(page, path, ofUse));
      full.push(await opened(page, path, ofUse));
      await context.close();
    }
    const told = {
      bench: "load",
      page: path,
      times: TIMES,
      empty_cache_ms: median(empty),
      full_cache_ms: median(full),
      slowest_ms: Math.round(Math.max(...empty, ...full)),
    };
    const file = process.env.BENCH_OUT;
    if (file) await appendFile(file, `${JSON.stringify(told)}\n`);
  }
});
