// Who somebody is, from invitation to signing out: against the service itself, Chromium's own authenticator and a
// real OpenID provider.
import { createHmac } from "node:crypto";
import type { Server } from "node:http";
import type { Page } from "@playwright/test";
import Provider from "oidc-provider";
import { test as base, expect, freePort, START_MS, signIn, startService } from "./service";

interface Places {
  /** Where the service is, by its number. */
  service: string;
  /** The same by its name, which passkeys need; links lead there. */
  byName: string;
  /** The provider that people of Acme sign in at. */
  company: string;
}

const SECRET = "a secret between the two";

const test = base.extend<object, Places>({
  byName: [
    async ({ service }, use) => use(service.replace("127.0.0.1", "localhost")),
    { scope: "worker" },
  ],
  company: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of fixtures from here
    async ({}, use) => use(`http://127.0.0.1:${await freePort()}`),
    { scope: "worker" },
  ],
  service: [
    async ({ company }, use) => {
      const port = await freePort();
      const acme = [
        'name="acme"',
        'title="Acme"',
        `issuer="${company}"`,
        'client_id="countersign"',
        'client_secret_env="ACME_SECRET"',
        'domains=["acme.example"]',
        'workspace="northfold"',
        'role="agent"',
      ];
      const service = await startService(
        {
          ACME_SECRET: SECRET,
          COUNTERSIGN_SERVER__PUBLIC_URL: `http://localhost:${port}`,
          COUNTERSIGN_SIGN_IN__OPENID: `[{${acme.join(",")}}]`,
        },
        port,
      );
      try {
        await use(service.url);
      } finally {
        await service.stop();
      }
    },
    { scope: "worker", timeout: START_MS + 20_000 },
  ],
});

const PASSWORD = "a password nobody guesses";

/** The code of an authenticator app, some steps of 30 seconds from now (RFC 6238). */
function code(key: string, steps: number): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...key.replaceAll(" ", "")]
    .map((letter) => letters.indexOf(letter).toString(2).padStart(5, "0"))
    .join("");
  const secret = Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", secret).update(counter).digest();
  const at = (mac.at(-1) ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

/** Makes an invitation as an admin would, and returns its link. */
async function invite(page: Page, email: string): Promise<string> {
  const answer = await page.request.post("/v1/invitations", {
    data: { email, role: "agent" },
    headers: { "sec-fetch-site": "same-origin" },
  });
  expect(answer.status()).toBe(201);
  return ((await answer.json()) as { link: string }).link;
}

async function join(page: Page, link: string, name: string): Promise<void> {
  await page.goto(link);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Password").fill(PASSWORD);
  await page.getByRole("button", { name: "Join" }).click();
  await expect(page.getByRole("navigation", { name: "Main" })).toBeVisible();
}

async function signOut(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Sign out" }).click();
  await expect(page.getByRole("heading", { name: "Sign in to Countersign" })).toBeVisible();
}

test("somebody is invited, joins, sets up an app and comes back with a code", async ({
  page,
  browser,
}) => {
  await signIn(page, "owner", "/");
  const link = await invite(page, "ada@northfold.example");
  const context = await browser.newContext();
  const ada = await context.newPage();
  await join(ada, link, "Ada Okafor");

  await ada.getByRole("link", { name: /settings/ }).click();
  await ada.getByRole("button", { name: "Set up an app" }).click();
  await ada.getByLabel("Your password").fill(PASSWORD);
  await ada.getByRole("button", { name: "Go on" }).click();
  const key = await ada.locator(".totp-key").innerText();
  await ada.getByLabel("Code", { exact: true }).fill(code(key, 0));
  await ada.getByRole("button", { name: "Confirm" }).click();
  await expect(ada.getByRole("list", { name: "Recovery codes" }).getByRole("listitem")).toHaveCount(
    10,
  );
  await ada.getByRole("button", { name: "I have kept them" }).click();
  await signOut(ada);

  await ada.getByLabel("Email").fill("ada@northfold.example");
  await ada.getByLabel("Password").fill(PASSWORD);
  await ada.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(ada.getByRole("alert")).toBeVisible();
  // The code of the confirmation is used, and the next one counts already.
  await ada.getByLabel("Code").fill(code(key, 1));
  await ada.getByRole("button", { name: "Sign in", exact: true }).click();
  await expect(ada.getByRole("navigation", { name: "Main" })).toBeVisible();
  await expect(ada.getByText("Ada Okafor").first()).toBeVisible();
  await context.close();
});

test("a passkey is added, named, and opens the account without a password", async ({
  page,
  browser,
  byName,
}) => {
  await signIn(page, "owner", "/");
  const link = await invite(page, "kim@northfold.example");
  const context = await browser.newContext({ baseURL: byName });
  const kim = await context.newPage();
  const cdp = await context.newCDPSession(kim);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: {
      protocol: "ctap2",
      transport: "internal",
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  });
  await join(kim, link, "Kim Sato");
  await kim.goto("/settings/account");
  await kim.getByRole("button", { name: "Add a passkey" }).click();
  await kim.getByLabel("Your password").fill(PASSWORD);
  await kim.getByRole("button", { name: "Go on" }).click();
  const naming = kim.getByRole("dialog", { name: "Name the passkey" });
  await naming.getByLabel("Name").fill("The laptop");
  await naming.getByRole("button", { name: "Save" }).click();
  const list = kim.getByRole("list", { name: "Passkeys" });
  await expect(list).toContainText("The laptop");

  for (let round = 0; round < 2; round++) {
    await signOut(kim);
    await kim.getByRole("button", { name: "Sign in with a passkey" }).click();
    await expect(kim.getByRole("navigation", { name: "Main" })).toBeVisible();
  }
  await kim.goto("/settings/account");
  await expect(list).toContainText("used");
  await kim.getByRole("button", { name: "Remove The laptop" }).click();
  await expect(list).toHaveCount(0);
  await signOut(kim);
  await kim.getByRole("button", { name: "Sign in with a passkey" }).click();
  await expect(kim.getByRole("alert")).toContainText("opens no account");
  await context.close();
});

test.describe("a company's own provider", () => {
  let provider: Server;

  test.beforeAll(async ({ company, byName }) => {
    const openid = new Provider(company, {
      clients: [
        {
          client_id: "countersign",
          client_secret: SECRET,
          redirect_uris: [`${byName}/v1/sign-in/openid/acme/callback`],
        },
      ],
      pkce: { required: () => true },
      conformIdTokenClaims: false,
      claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["name"] },
      // Whatever name is typed is the address; who is called so is not verified.
      findAccount: (_ctx, id) => ({
        accountId: id,
        claims: () => ({
          sub: id,
          email: id,
          email_verified: !id.startsWith("unverified"),
          name: "Lee Acme",
        }),
      }),
    });
    provider = await new Promise((up) => {
      const server = openid.listen(Number(new URL(company).port), "127.0.0.1", () => up(server));
    });
  });

  test.afterAll(() => {
    provider?.closeAllConnections();
    provider?.close();
  });

  async function comeFrom(page: Page, byName: string, login: string): Promise<void> {
    await page.goto(`${byName}/sign-in?next=/tickets`);
    await page.getByRole("link", { name: "Sign in with Acme" }).click();
    await page.locator("input[name=login]").fill(login);
    await page.locator("input[name=password]").fill("anything");
    await page.locator("button[type=submit]").click();
    await page.locator("button[type=submit]").click();
  }

  test("vouches for its people, who join with a verified address and come back", async ({
    browser,
    byName,
  }) => {
    for (let round = 0; round < 2; round++) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await comeFrom(page, byName, "lee@acme.example");
      await expect(page).toHaveURL(/\/tickets$/);
      await expect(page.getByText("Lee Acme").first()).toBeVisible();
      await context.close();
    }
  });

  test("is believed about verified addresses of its own domains alone", async ({
    browser,
    byName,
  }) => {
    for (const [login, why] of [
      ["unverified@acme.example", "verified"],
      ["owner@northfold.example", "Addresses of your domain"],
    ] as const) {
      const context = await browser.newContext();
      const page = await context.newPage();
      await comeFrom(page, byName, login);
      await expect(page.getByRole("alert")).toContainText(why);
      await page.goto(`${byName}/tickets`);
      await expect(page).toHaveURL(/sign-in/);
      await context.close();
    }
  });
});
