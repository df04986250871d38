// What every look at a page checks besides its own matter: no error in the console, which is where
// a breach of the content security policy shows, and no script that failed.
import AxeBuilder from "@axe-core/playwright";
import { test as base, expect, type Page } from "@playwright/test";
import { everythingSaid, listen } from "./said";

export const test = base.extend<{ quiet: undefined }>({
  quiet: [
    async ({ page }, use) => {
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("console", (message) => {
        // An answer that is an error is logged by the browser; pages show those to people.
        if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) {
          errors.push(message.text());
        }
      });
      await listen(page);
      await use(undefined);
      expect(errors, "errors in the browser's console").toEqual([]);
    },
    { auto: true },
  ],
});

export { expect };

/** Fails on what WCAG 2.2 A and AA call wrong, as far as a program can tell. */
export async function accessible(page: Page): Promise<void> {
  await still(page);
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  const found = violations.map(
    ({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => node.html).join("\n  ")}`,
  );
  expect(found).toEqual([]);
  await everythingSaid(page);
}

/** Until what moves or changes its colour has arrived: colours half way are nobody's. */
export async function still(page: Page): Promise<void> {
  await page.evaluate(async () => {
    // What a change of style sets going is known with the next picture.
    await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    const ends = document
      .getAnimations()
      .filter((each) => Number.isFinite(each.effect?.getComputedTiming().endTime));
    await Promise.allSettled(ends.map((each) => each.finished));
  });
}

/** Fails when the page, or the part of it that scrolls downwards, is wider than its window. */
export async function fits(page: Page): Promise<void> {
  const over = await page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll("main, [role=dialog]")].map(
      ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
    ),
  );
  expect(Math.max(...over), "pixels beyond the window").toBeLessThanOrEqual(0);
  await everythingSaid(page);
}

/** Goes to another address as a link does: the page stays loaded. */
export async function follow(page: Page, path: string): Promise<void> {
  await page.evaluate((to) => history.pushState({}, "", to), path);
  await expect(page).toHaveURL(path);
}
