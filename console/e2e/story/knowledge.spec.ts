// The knowledge pages on the service itself: files in, versions and what changed, what a search
// finds and why.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { accessible, fits } from "../pages/test";
import { expect, signIn, test } from "./service";

const shot = async (page: Page, name: string) => {
  if (process.env.SHOTS) await page.screenshot({ path: `shots/knowledge-${name}.png` });
};

async function files(entries: Record<string, string>): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), "countersign-files-"));
  return Promise.all(
    Object.entries(entries).map(async ([name, text]) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    }),
  );
}

async function upload(page: Page, entries: Record<string, string>): Promise<void> {
  await page.getByRole("button", { name: /^Upload files/ }).click();
  const dialog = page.getByRole("dialog", { name: "Upload files" });
  await dialog
    .getByLabel("Files", { exact: true })
    .first()
    .setInputFiles(await files(entries));
}

test("of several files, each says what became of it", async ({ page }) => {
  await signIn(page, "admin", "/knowledge");
  await upload(page, {
    "sledge-care.md": "# Sledge care\n\nWax the runners of a sledge before the first snow.",
    "sledge-faq.csv":
      'question,answer\nCan a sledge be rented?,"Yes, for 12 EUR a day."\nHow heavy is a sledge?,It weighs 4 kg.',
    "broken.pdf": "this is no PDF",
  });
  const dialog = page.getByRole("dialog", { name: "Upload files" });
  await dialog.getByLabel("Readers").selectOption("internal");
  await dialog.getByLabel("Category").fill("winter");
  await dialog.getByRole("button", { name: "Upload 3 files" }).click();
  await expect(dialog.getByText("3 of 3 files done")).toBeVisible({ timeout: 30_000 });
  const rows = dialog.getByRole("list", { name: "Files" }).getByRole("listitem");
  await expect(rows.filter({ hasText: "sledge-care.md" })).toContainText("New");
  await expect(rows.filter({ hasText: "sledge-faq.csv" }).first()).toContainText("2 new");
  await expect(rows.filter({ hasText: "broken.pdf" })).toContainText("Refused");
  await accessible(page);
  await shot(page, "uploaded");
  await dialog.getByRole("button", { name: "Done" }).click();

  await upload(page, {
    "sledge-care.md": "# Sledge care\n\nWax the runners of a sledge before the first snow.",
  });
  await dialog.getByLabel("Readers").selectOption("internal");
  await dialog.getByLabel("Category").fill("winter");
  await dialog.getByRole("button", { name: "Upload 1 file" }).click();
  await expect(rows.filter({ hasText: "sledge-care.md" })).toContainText("Unchanged");
  await dialog.getByRole("button", { name: "Done" }).click();

  await page.getByRole("searchbox").fill("sledge");
  await expect(page.locator("[data-row]")).toHaveCount(3);
  await page.getByRole("combobox", { name: "Category" }).selectOption("winter");
  await expect(page).toHaveURL(/category=winter/);
  await page.getByLabel("Readers").selectOption("public");
  await expect(page.getByText("No document fits")).toBeVisible();
});

test("files dropped on the page are taken", async ({ page }) => {
  await signIn(page, "admin", "/knowledge");
  await expect(page.locator("[data-row]").first()).toBeVisible();
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(["# Dropped\n\nA dropped page."], "dropped-page.md"));
    return transfer;
  });
  await page.dispatchEvent("#main", "dragenter", { dataTransfer: data });
  await expect(page.getByText("Drop files to add them")).toBeVisible();
  await page.dispatchEvent("#main", "drop", { dataTransfer: data });
  const dialog = page.getByRole("dialog", { name: "Upload files" });
  await expect(dialog).toContainText("dropped-page.md");
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

test("a document is written, changed, compared, found with its reasons and removed", async ({
  page,
}) => {
  await signIn(page, "admin", "/knowledge");
  await page.getByRole("button", { name: /^Write/ }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("kayak-storage");
  await dialog
    .getByLabel("Markdown")
    .fill(
      "---\ntitle: Kayak storage\nvisibility: internal\n---\n\n# Kayak storage\n\n## In winter\n\nStore a kayak on its side, in the shade.",
    );
  await dialog.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Kayak storage" })).toBeVisible();

  await page.keyboard.press("e");
  const text = dialog.getByLabel("Markdown");
  await expect(text).toHaveValue(/visibility: internal/);
  const before = await text.inputValue();
  await text.fill(before.replace("in the shade", "in the cellar"));
  await dialog.getByRole("button", { name: /^Save/ }).click();
  await expect(page.getByText("Version 2")).toBeVisible();
  await expect(page.locator("#main")).toContainText("Internal");

  await page.getByRole("link", { name: "Changes" }).click();
  await expect(page.locator("ins em")).toHaveText("cellar");
  await expect(page.locator("del em")).toHaveText("shade");
  await accessible(page);
  await shot(page, "changes");

  await page.goto("/knowledge/search");
  await page.getByRole("searchbox", { name: "Question" }).fill("how should I store my kayak");
  await expect(page.getByText(/by words (alone|and)/)).toBeVisible();
  await expect(page.getByText("in the cellar")).toHaveCount(0);
  await page.getByText("As staff", { exact: true }).click();
  const passage = page.getByRole("listitem").filter({ hasText: "in the cellar" }).first();
  await expect(passage).toBeVisible();
  await expect(passage.locator("mark").first()).toBeVisible();
  await expect(passage).toContainText("BM25");
  await passage.getByRole("button", { name: "Read the section" }).click();
  await expect(passage.getByRole("region", { name: "The section" })).toContainText("kayak");
  await accessible(page);
  await passage.getByRole("link", { name: "Kayak storage" }).click();
  await expect(page.getByRole("region", { name: "The passage" })).toContainText("in the cellar");

  await page.getByRole("button", { name: "Remove" }).click();
  await dialog.getByRole("button", { name: "Remove" }).click();
  await expect(page).toHaveURL(/\/knowledge$/);
  await page.getByRole("searchbox").fill("kayak");
  await expect(page.getByText("No document fits")).toBeVisible();
  await page.goBack();
  await expect(page.getByText("This document was removed.")).toBeVisible();
});

for (const [look, colorScheme, width] of [
  ["light", "light", 1360],
  ["dark", "dark", 1360],
  ["phone", "light", 360],
] as const) {
  test(`the knowledge pages, ${look}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await signIn(page, "admin", "/");
    await page.setViewportSize({ width, height: 860 });
    for (const [name, path, shows] of [
      ["documents", "/knowledge", /documents/],
      ["search", "/knowledge/search?q=how+long+can+I+return+a+tent", /BM25/],
      ["templates", "/knowledge/templates", /template/],
    ] as const) {
      await page.goto(path);
      await expect(page.locator("#main")).toContainText(shows);
      await expect(page.locator(".skeleton")).toHaveCount(0);
      if (name === "templates") await page.locator("summary").first().click();
      await accessible(page);
      await fits(page);
      await shot(page, `${look}-${name}`);
    }
    await page.goto("/knowledge");
    await page.locator("[data-row]").first().click();
    await expect(page.getByText("Version 1")).toBeVisible();
    await accessible(page);
    await fits(page);
    await shot(page, `${look}-document`);
  });
}
