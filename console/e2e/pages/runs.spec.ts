import { agents, answer, given, id, page as pageOf, problem, run, runs, steps } from "./answers";
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

const ofModel = { run: runs[0], steps: steps.slice(0, 2), effects: [] };

test("a step tells what its model was given, whose words are whose, and is asked when it is opened", async ({
  page,
}) => {
  const asked: string[] = [];
  await answer(page, {
    "GET /v1/runs/:id": () => ofModel,
    "GET /v1/runs/:id/steps/:seq/prompt": (_, path) => {
      asked.push(path);
      return given(1);
    },
  });
  await page.goto(`/runs/${id(40)}`);
  const opens = page.getByText("What the model was given", { exact: true });
  await expect(opens).toHaveCount(1);
  expect(asked).toEqual([]);
  await opens.click();
  const shown = page.locator(".given");
  await expect(shown.getByText("This is what the model was given")).toBeVisible();
  expect(asked).toEqual([`/v1/runs/${id(40)}/steps/1/prompt`]);
  await expect(shown.locator('.notice[data-tone="green"]')).toBeVisible();
  await expect(shown.getByText("2 values stand behind placeholders.")).toBeVisible();
  await expect(shown.getByText("3 messages are left out here")).toBeVisible();
  await expect(shown.getByText("1,200 tokens of an answer")).toBeVisible();
  const customers = shown.locator('.given-part[data-voice="untrusted"]', {
    hasText: "pay me twice",
  });
  await expect(customers.getByText("Untrusted", { exact: true })).toBeVisible();
  await expect(shown.locator('.given-part[data-voice="house"]').first()).toContainText(
    "You are the support agent",
  );
  await expect(shown.getByText("A colleague's words")).toBeVisible();
  // A tool's result is closed, and told by how it begins.
  const result = shown.locator('.given-message[data-role="tool"]');
  await expect(result.locator("pre")).toBeHidden();
  await result.locator("summary").first().click();
  await expect(result.locator("pre")).toBeVisible();
  await shown.getByText("2 tools offered").click();
  await expect(shown.getByText("Searches the articles of the house.")).toBeVisible();
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 800 });
  await fits(page);
});

test("a prompt that has changed since does not pass for the one of then", async ({ page }) => {
  const was = "resolution/reply@3";
  const now = "resolution/reply@4";
  await answer(page, {
    "GET /v1/runs/:id": () => ofModel,
    "GET /v1/runs/:id/steps/:seq/prompt": () =>
      given(1, {
        same: false,
        digest_now: "f".repeat(64),
        prompt: was,
        proof: { is: "prompt", was, now },
      }),
  });
  await page.goto(`/runs/${id(40)}`);
  await page.getByText("What the model was given", { exact: true }).click();
  const warned = page.locator('.given .notice[data-tone="amber"]');
  await expect(warned).toContainText("The prompt has changed since");
  await expect(warned).toContainText(`It was ${was} then and is ${now} now.`);
  await expect(page.getByText("This is what the model was given", { exact: true })).toHaveCount(0);
  await accessible(page);
});

test("what cannot be had of a prompt says why, and is asked for again", async ({ page }) => {
  let lost = true;
  await answer(page, {
    "GET /v1/runs/:id": () => ofModel,
    "GET /v1/runs/:id/steps/:seq/prompt": () =>
      lost ? problem(500, "Something broke", "the journal cannot be read") : given(1),
  });
  await page.goto(`/runs/${id(40)}`);
  await page.getByText("What the model was given", { exact: true }).click();
  const failed = page.locator(".step").getByRole("alert");
  await expect(failed).toContainText("the journal cannot be read");
  await accessible(page);
  lost = false;
  await failed.getByRole("button").click();
  await expect(page.locator(".given")).toBeVisible();
});
