// What the page of knowledge sources does, with canned answers of the API.
import { answer, problem, sourceOf, sources } from "./answers";
import { accessible, expect, test } from "./test";

test("a sitemap is added with what is said of its pages", async ({ page }) => {
  let added: unknown;
  let works = false;
  await answer(page, {
    "GET /v1/knowledge/sources": () => ({ items: [], next_cursor: null }),
    "POST /v1/knowledge/sources": (route) => {
      added = route.request().postDataJSON();
      return works
        ? sourceOf(0, { state: "new", report: null, synced_at: null })
        : problem(422, "It does not fit", "it leads to a private address");
    },
  });
  await page.goto("/knowledge/sources");
  await expect(page.getByText("No sources")).toBeVisible();
  await page.getByRole("button", { name: "Add a source" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Address").fill("https://help.northfold.example/sitemap.xml");
  await dialog.getByLabel("Readers").selectOption("internal");
  await dialog.getByLabel("Category").fill("care");
  await accessible(page);
  await dialog.getByRole("button", { name: "Add and sync" }).click();
  await expect(dialog.getByRole("alert")).toContainText("private address");
  works = true;
  await dialog.getByRole("button", { name: "Add and sync" }).click();
  await expect(page.getByText("Added; its first sync has begun").first()).toBeVisible();
  expect(added).toEqual({
    kind: "sitemap",
    address: "https://help.northfold.example/sitemap.xml",
    visibility: "internal",
    category: "care",
  });
});

test("a sync is followed to its end", async ({ page }) => {
  let looked = 0;
  let state: "synced" | "syncing" = "synced";
  await answer(page, {
    "GET /v1/knowledge/sources": () => {
      if (state === "syncing") looked += 1;
      if (looked > 2) state = "synced";
      const source = sourceOf(0, { state });
      return { items: [source], next_cursor: null };
    },
    "POST /v1/knowledge/sources/:id/sync": () => {
      state = "syncing";
      return sourceOf(0, { state });
    },
  });
  await page.goto("/knowledge/sources");
  await expect(page.getByText("3 pages: 1 added, 1 unchanged, 1 left out")).toBeVisible();
  await page.getByRole("button", { name: "Sync now" }).click();
  await expect(page.getByText("3 of 3 pages looked at")).toBeVisible();
  await expect(page.getByRole("button", { name: "Sync now" })).toBeDisabled();
  await expect(page.getByText("3 pages: 1 added, 1 unchanged, 1 left out")).toBeVisible();
});

test("pages say why they were left out", async ({ page }) => {
  await answer(page);
  await page.goto("/knowledge/sources");
  await page.getByRole("button", { name: "Pages, 1 left out" }).click();
  await expect(page.getByText("robots.txt asks not to fetch")).toBeVisible();
  await expect(page.getByRole("link", { name: "Returns and refunds" })).toBeVisible();
  await accessible(page);
});

test("a source is removed after a question, with its documents or without", async ({ page }) => {
  const removed: string[] = [];
  await answer(page, {
    "DELETE /v1/knowledge/sources/:id": (route) => {
      removed.push(new URL(route.request().url()).search);
      return {};
    },
  });
  await page.goto("/knowledge/sources");
  // A folder of the configuration is taken out there.
  await expect(page.getByText("Named in the configuration")).toBeVisible();
  await expect(page.getByRole("button", { name: "Remove", exact: true })).toHaveCount(
    sources.filter((source) => !source.configured).length,
  );
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: "Remove it and its documents" })).toBeVisible();
  expect(removed).toEqual([]);
  await dialog.getByLabel(/Keep its documents/).check();
  await dialog.getByRole("button", { name: "Remove the source" }).click();
  await expect(page.getByText("Removed; its documents stay").first()).toBeVisible();
  expect(removed).toEqual(["?keep_documents=true"]);
});
