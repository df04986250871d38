import { answer, at, channels, problem, type S } from "./answers";
import { accessible, expect, fits, test } from "./test";

test("a provider is tried, and each of its models says how that went", async ({ page }) => {
  let asked = 0;
  await answer(page, {
    "POST /v1/providers/:id/test": (_, path): S["ProviderTest"] | S["Problem"] => {
      expect(path).toBe("/v1/providers/main/test");
      asked += 1;
      if (asked > 1) return problem(429, "Too many requests", "wait a moment and try again");
      return {
        calls: [
          {
            asked: "small-1",
            ok: true,
            answered_by: "small-1-2026",
            latency_ms: 412,
            tokens_in: 14,
            tokens_out: 2,
            dimension: null,
            problem: null,
          },
          {
            asked: "large-1",
            ok: false,
            answered_by: null,
            latency_ms: 81,
            tokens_in: null,
            tokens_out: null,
            dimension: null,
            problem: "HTTP 401: check the key that `api_key_env` or `api_key_file` names",
          },
        ],
      };
    },
  });
  await page.goto("/settings/models");
  const main = page.getByRole("listitem", { name: "main" });
  await expect(main.getByText("Left alone for now")).toBeVisible();
  await expect(main.getByText("in the environment variable MODELS_KEY")).toBeVisible();
  await main.getByRole("button", { name: "Try it" }).click();
  await expect(main.getByText("small-1-2026, 412 ms, 14 tokens in, 2 out.")).toBeVisible();
  await expect(main.getByText("large-1: does not answer")).toBeVisible();
  await accessible(page);
  await main.getByRole("button", { name: "Try it" }).click();
  await expect(main.getByRole("alert")).toContainText("wait a moment");
});

test("the widget's line is there to copy, and mail says whether it works", async ({ page }) => {
  const error = "the mail server says: no such mailbox";
  const imap = channels().email.imap as S["Inbox"];
  let state: S["MailboxState"] = imap.state;
  await answer(page, {
    "GET /v1/channels": () => channels({ imap: { ...imap, state } }),
    "POST /v1/channels/email/test": (): S["EmailTest"] => ({
      ok: false,
      latency_ms: 31,
      problem: "the mail server cannot be used: connection refused",
    }),
  });
  await page.goto("/settings/channels");
  await expect(page.getByText('data-workspace="northfold"')).toBeVisible();
  await expect(page.getByText("Is polled")).toBeVisible();
  await page.getByRole("button", { name: "Send me a letter" }).click();
  await expect(page.getByText("connection refused")).toBeVisible();
  await accessible(page);
  state = { polled_at: at(9), failed_at: at(1), error };
  await page.reload();
  await expect(page.getByText("Cannot be polled")).toBeVisible();
  await expect(page.getByText(error)).toBeVisible();
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});

test("without mail the page says which keys are missing", async ({ page }) => {
  await answer(page, { "GET /v1/channels": () => channels({ address: null }) });
  await page.goto("/settings/channels");
  await expect(page.getByText("Off: no address is set.")).toBeVisible();
  await expect(page.getByText("email.address")).toBeVisible();
});
