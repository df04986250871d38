import { agents, answer, id, page as pageOf, problem, run, runs } from "./answers";
import { accessible, expect, fits, follow, test } from "./test";

const dead = (n: number, error: string) =>
  run(n, { status: "dead", waiting_for: null, error, ticket_id: id(100 + n) });

test("runs that failed are retried together, and each says how that went", async ({ page }) => {
  const retried: string[] = [];
  const failed = [dead(2, "the provider is gone"), dead(3, "the provider is slow")];
  await answer(page, {
    "GET /v1/runs": () => pageOf([...failed, ...runs.slice(0, 2)]),
    "POST /v1/runs/:id/retry": (_, path) => {
      const of = path.split("/")[3] ?? "";
      retried.push(of);
      return of === id(43)
        ? problem(409, "Not possible now", "another run works on this ticket")
        : run(2, { status: "queued" });
    },
  });
  await page.goto("/runs");
  await expect(page.getByRole("checkbox")).toHaveCount(2);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await expect(page.getByRole("toolbar", { name: "Selected runs" })).toContainText("1 selected");
  await page.keyboard.press("x");
  await page.getByRole("button", { name: "Select them" }).click();
  await accessible(page);
  await page.keyboard.press("r");
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("Retry 2 runs?");
  await dialog.getByRole("button", { name: "Retry 2" }).click();
  await expect(dialog.getByText("In the queue")).toBeVisible();
  await expect(dialog.getByText("another run works on this ticket")).toBeVisible();
  expect(retried).toEqual([id(42), id(43)]);
  await accessible(page);
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await expect(page.getByRole("toolbar", { name: "Selected runs" })).toContainText("1 selected");
  await page.setViewportSize({ width: 360, height: 800 });
  await fits(page);
});

test("runs are narrowed by agent, status and outcome, and the address says so", async ({
  page,
}) => {
  const asked: string[] = [];
  await answer(page, {
    "GET /v1/agents": () => ({ items: [...agents, { ...agents[0], name: "knowledge" }] }),
    "GET /v1/runs": (route) => {
      asked.push(new URL(route.request().url()).search);
      return pageOf(asked.at(-1)?.includes("outcome=handed_off") ? [] : runs);
    },
  });
  await page.goto("/runs");
  await page.getByLabel("Agent").selectOption("resolution");
  await page.getByLabel("Status").selectOption("done");
  await page.getByLabel("Outcome").selectOption("Handed to a person");
  await expect(page).toHaveURL(/agent=resolution&status=done&outcome=handed_off/);
  await expect.poll(() => asked.at(-1)).toContain("outcome=handed_off");
  await expect(page.getByText("No run is like this")).toBeVisible();
  await page.getByRole("link", { name: "All runs" }).click();
  await expect(page).toHaveURL(/\/runs$/);
});

test("a run that failed is retried from its page by one key", async ({ page }) => {
  let retried = 0;
  await answer(page, {
    "GET /v1/runs/:id": () => ({ run: dead(0, "gone"), steps: [], effects: [] }),
    "POST /v1/runs/:id/retry": () => {
      retried += 1;
      return run(0, { status: "queued" });
    },
  });
  await page.goto(`/runs/${id(40)}`);
  await expect(page.getByRole("button", { name: "Retry" })).toBeVisible();
  await page.keyboard.press("r");
  await expect.poll(() => retried).toBe(1);
});

test("what was found of one run is said of no other", async ({ page }) => {
  await answer(page, {
    "GET /v1/runs/:id": (_, path) => ({
      run: runs.find((one) => path.endsWith(one.id)),
      steps: [],
      effects: [],
    }),
  });
  await page.goto(`/runs/${id(41)}`);
  await expect(page.getByText("Done", { exact: true })).toBeVisible();
  await follow(page, `/runs/${id(40)}`);
  await page.getByRole("button", { name: "Check replay" }).click();
  await expect(page.getByText("The journal replays exactly.")).toBeVisible();
  await follow(page, `/runs/${id(41)}`);
  await expect(page.getByText("Done", { exact: true })).toBeVisible();
  await expect(page.getByText("The journal replays exactly.")).toHaveCount(0);
});
