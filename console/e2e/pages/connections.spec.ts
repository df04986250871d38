import { answer, at, channels, problem, type S, session } from "./answers";
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

test("the sites that may hold the chat are changed, refused in the service's words, and left to the configuration", async ({
  page,
}) => {
  const asked: unknown[] = [];
  let sites = channels().chat.sites;
  let own = false;
  const now = () => {
    const all = channels();
    return { ...all, chat: { ...all.chat, sites, own_sites: own } };
  };
  await answer(page, {
    "GET /v1/channels": now,
    "PUT /v1/channels/chat/sites": (route) => {
      const body = route.request().postDataJSON() as { sites: string[] };
      asked.push(body.sites);
      if (body.sites.some((site) => !site.startsWith("https://"))) {
        return problem(422, "Invalid", "shop.example is no origin; write https://shop.example");
      }
      [sites, own] = [body.sites, true];
      return now();
    },
    "DELETE /v1/channels/chat/sites": () => {
      asked.push("left to the configuration");
      [sites, own] = [channels().chat.sites, false];
      return now();
    },
  });
  await page.goto("/settings/channels");
  await page.getByRole("button", { name: "Change the sites" }).click();
  const box = page.getByLabel("Sites, each on its own line");
  await expect(box).toHaveValue("https://www.northfold.example");
  await box.fill("shop.example");
  await page.getByRole("button", { name: "Save the sites" }).click();
  await expect(page.getByRole("alert")).toContainText("write https://shop.example");
  await expect(box).toHaveValue("shop.example");
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
  await box.fill("https://shop.example\n\nhttps://www.shop.example ");
  await page.getByRole("button", { name: "Save the sites" }).click();
  await expect(page.getByText("https://shop.example, https://www.shop.example")).toBeVisible();
  await expect(page.getByText("set here")).toBeVisible();
  await page.getByRole("button", { name: "Change the sites" }).click();
  await page.getByRole("button", { name: "Leave it to the configuration" }).click();
  await expect(box).toHaveCount(0);
  await expect(page.getByText("set here")).toHaveCount(0);
  await expect(page.getByText("https://www.northfold.example")).toBeVisible();
  expect(asked).toEqual([
    ["shop.example"],
    ["https://shop.example", "https://www.shop.example"],
    "left to the configuration",
  ]);
});

test("who may not change how customers reach us is not offered it", async ({ page }) => {
  const permissions = session.permissions.filter((each) => each !== "manage_channels");
  await answer(page, { "GET /v1/session": () => ({ ...session, permissions }) });
  await page.goto("/settings/channels");
  await expect(page.getByText("https://www.northfold.example")).toBeVisible();
  await expect(page.getByRole("button", { name: "Change the sites" })).toHaveCount(0);
});
