// The chat widget on a site of somebody else: another origin, its own policy, one script tag.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { WORDS } from "../../src/widget/language";
import { de } from "../../src/widget/words/de";
import { accessible } from "../pages/test";
import { expect, signIn, startService, test } from "./service";

/** A page of another site that loads the widget from the service, wherever that is by then. */
function pageOf(where: () => string, lang = "en"): Server {
  return createServer((request, response) => {
    const service = where();
    if (request.url !== "/") {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      // What a site has to allow, and nothing inline.
      "content-security-policy": `default-src 'none'; script-src ${service}; connect-src ${service}; base-uri 'none'`,
    });
    response.end(`<!doctype html><html lang="${lang}"><head><title>A shop</title>
      <script src="${service}/widget.js" data-workspace="northfold" data-title="Shop help" async></script>
      </head><body><main><h1>A shop</h1></main></body></html>`);
  });
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const open = (page: Page) => page.getByRole("button", { name: /^Shop help/ }).click();

test("a customer of another site asks, reads the source, comes back, asks for a person and rates", async ({
  page,
  browser,
}) => {
  let served = "";
  const site = pageOf(() => served);
  const origin = await listening(site);
  const service = await startService({ COUNTERSIGN_CHAT__SITES: `["${origin}"]` });
  served = service.url;
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/favicon|404/.test(message.text())) {
      errors.push(message.text());
    }
  });
  try {
    await page.goto(origin);
    await open(page);
    const panel = page.getByRole("dialog", { name: "Shop help" });
    await page.getByLabel("How can we help?").fill("How long do I have to return a tent?");
    await page.getByRole("button", { name: "Start chat" }).click();
    await expect(panel).toContainText(/30 days/);
    await page.getByText(/^\d+ sources?$/).click();
    const source = page.getByRole("link", { name: "Returns and refunds" }).first();
    await expect(source).toBeVisible();
    await page.getByRole("button", { name: "Helpful", exact: true }).click();
    await expect(page.getByRole("button", { name: "Helpful", exact: true })).toHaveAttribute(
      "aria-pressed",
      "true",
    );
    await accessible(page);

    await page.reload();
    await expect(panel).toContainText(/30 days/);

    // Nothing is said of a person before one was asked.
    await expect(panel).not.toContainText("A person has been asked");
    await page.getByRole("button", { name: "Talk to a person" }).click();
    await expect(panel).toContainText("A person has been asked to take over");

    // The article stands in the help centre for everybody.
    await page
      .getByText(/^\d+ sources?$/)
      .first()
      .click();
    const [article] = await Promise.all([page.waitForEvent("popup"), source.click()]);
    await expect(article.getByRole("heading", { name: "Returns and refunds" })).toBeVisible();

    // Colleagues see what was said of the answer.
    const context = await browser.newContext({ baseURL: served });
    const staff = await context.newPage();
    await signIn(staff, "reviewer", "/tickets?q=return");
    await staff
      .getByRole("link", { name: /How long do I have to return a tent/ })
      .first()
      .click();
    await expect(staff.getByText("found an answer helpful")).toBeVisible();
    await context.close();

    expect(errors).toEqual([]);
  } finally {
    await service.stop();
    site.close();
  }
});

test("a site that is not listed gets no answer, and its visitor is told so in words", async ({
  page,
  service,
}) => {
  const site = pageOf(() => service);
  const origin = await listening(site);
  try {
    await page.goto(origin);
    await open(page);
    await page.getByLabel("How can we help?").fill("Hello");
    await page.getByRole("button", { name: "Start chat" }).click();
    await expect(page.getByRole("alert")).toContainText("cannot be reached");
    await expect(page.getByLabel("How can we help?")).toHaveValue("Hello");
  } finally {
    site.close();
  }
});

test("a page in German has the widget in German, and who wishes for a person there gets one", async ({
  page,
}) => {
  let served = "";
  const site = pageOf(() => served, "de");
  const origin = await listening(site);
  const service = await startService({ COUNTERSIGN_CHAT__SITES: `["${origin}"]` });
  served = service.url;
  try {
    await page.goto(origin);
    await open(page);
    await page.getByLabel(de.howCanWeHelp).fill(de.wish);
    await page.getByRole("button", { name: de.startChat }).click();
    await expect(page.getByRole("dialog", { name: "Shop help" })).toContainText(de.handedOff);
    await accessible(page);
  } finally {
    await service.stop();
    site.close();
  }
});

for (const { language, wish } of Object.values(WORDS)) {
  test(`a wish for a person is heard in ${language}`, async ({ request, service }) => {
    const headers = { "Content-Type": "application/json" };
    const started = await request.post(`${service}/v1/conversations`, {
      headers,
      data: { message: wish },
    });
    const { conversation_id, token } = await started.json();
    await expect
      .poll(async () => {
        const view = await request.get(`${service}/v1/conversations/${conversation_id}`, {
          headers: { Authorization: `Bearer ${token}` },
        });
        return (await view.json()).handed_off;
      })
      .toBe(true);
  });
}

test("the demo shop's page has the widget", async ({ page }) => {
  await page.goto("/demo/site");
  await page.getByRole("button", { name: "Northfold help" }).click();
  await expect(page.getByRole("dialog", { name: "Northfold help" })).toContainText(
    "Ask about orders",
  );
  await accessible(page);
  if (process.env.SHOTS) await page.screenshot({ path: "shots/real-demo-site.png" });
});
