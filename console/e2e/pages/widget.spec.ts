// The chat widget on a page that is not ours: canned answers, one page with the script.
import type { Page } from "@playwright/test";
import { de } from "../../src/widget/words/de";
import { en } from "../../src/widget/words/en";
import { counted } from "../../src/widget/words/words";
import { type Answers, answer, conversation, id, problem } from "./answers";
import { accessible, expect, fits, still, test } from "./test";

const ATTRIBUTES = 'data-title="Northfold help" data-color="#1f6f54" data-greeting="Ask away."';

/** A shop's page with styles and keys that must not matter to the widget. */
async function shop(page: Page, own: Answers = {}, attributes = ATTRIBUTES, lang = "en") {
  await answer(page, own);
  await page.route("**/shop", (route) =>
    route.fulfill({
      contentType: "text/html",
      body: `<!doctype html><html lang="${lang}"><head><title>Shop</title>
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <link rel="stylesheet" href="/shop.css"><script src="/widget.js" ${attributes} async></script>
        <script src="/shop.js"></script></head>
        <body><main><h1>Shop</h1><a href="/shop">Tents</a></main></body></html>`,
    }),
  );
  await page.route("**/shop.css", (route) =>
    route.fulfill({
      contentType: "text/css",
      body: "html{font-size:62.5%} body{font:30px/3 serif;letter-spacing:.3em;text-transform:uppercase} button{display:none!important} :root{--text:red}",
    }),
  );
  await page.route("**/shop.js", (route) =>
    route.fulfill({
      contentType: "text/javascript",
      body: "addEventListener('keydown',(event)=>{ if(event.key==='j') event.preventDefault(); })",
    }),
  );
  await page.goto("/shop");
}

async function resumed(page: Page) {
  await page.addInitScript(
    (value) => localStorage.setItem("countersign.conversation", value),
    JSON.stringify({ id: id(100), token: "cv_token" }),
  );
}

const launcher = (page: Page) => page.getByRole("button", { name: /^Northfold help/ });
const panel = (page: Page) => page.getByRole("dialog", { name: "Northfold help" });

test("it opens and closes by keyboard, keeps the focus inside, and gives it back", async ({
  page,
}) => {
  await shop(page);
  await launcher(page).focus();
  await page.keyboard.press("Enter");
  const box = page.getByLabel("How can we help?");
  await expect(box).toBeFocused();
  await expect(panel(page)).toContainText("Ask away.");
  // What the site does with keys does not reach what is written.
  await page.keyboard.type("jjj");
  await expect(box).toHaveValue("jjj");
  const inside = async () =>
    page.evaluate(() => document.activeElement?.tagName.toLowerCase() === "countersign-chat");
  for (let times = 0; times < 8; times += 1) {
    await page.keyboard.press("Tab");
    expect(await inside()).toBe(true);
  }
  for (let times = 0; times < 8; times += 1) {
    await page.keyboard.press("Shift+Tab");
    expect(await inside()).toBe(true);
  }
  await accessible(page);
  await page.keyboard.press("Escape");
  await expect(panel(page)).toBeHidden();
  await expect(launcher(page)).toBeFocused();
});

test("a question is answered with a source that can be opened, rated, and is there after a reload", async ({
  page,
}) => {
  const rated: unknown[] = [];
  await shop(page, {
    "POST /v1/conversations/:id/ratings": (route) => {
      rated.push(route.request().postDataJSON());
      return {};
    },
  });
  await launcher(page).click();
  await page.getByLabel("How can we help?").fill("How long do I have to return a tent?");
  await page.keyboard.press("Enter");
  await expect(panel(page)).toContainText("within 30 days of delivery");
  await expect(page.getByLabel("Your message")).toBeFocused();
  await page.getByText("1 source").click();
  await expect(page.getByRole("link", { name: "Returns and refunds" })).toHaveAttribute(
    "href",
    /\/help\/articles\/returns-and-refunds$/,
  );
  await page.getByRole("button", { name: "Not helpful" }).click();
  await expect(page.getByRole("button", { name: "Not helpful" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  expect(rated).toEqual([{ message_id: id(31), helpful: false }]);
  await page.reload();
  await expect(panel(page)).toContainText("within 30 days of delivery");
  await expect(page.getByRole("button", { name: "Not helpful" })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  await accessible(page);
});

test("a person is asked for in words, and nothing is promised before it happened", async ({
  page,
}) => {
  await resumed(page);
  const said: string[] = [];
  await shop(page, {
    "GET /v1/conversations/:id": () => ({ ...conversation, handed_off: false, status: "open" }),
    "POST /v1/conversations/:id/messages": (route) => {
      const { body } = route.request().postDataJSON() as { body: string };
      said.push(body);
      return { ...conversation.messages[0], id: id(98), body };
    },
  });
  await launcher(page).click();
  await page.getByRole("button", { name: "Talk to a person" }).click();
  await expect(page.getByText("I would like to talk to a person.")).toBeVisible();
  await expect(page.getByRole("button", { name: "Talk to a person" })).toHaveCount(0);
  await expect(page.getByText(/A person has been asked/)).toHaveCount(0);
  expect(said).toEqual(["I would like to talk to a person."]);
});

test("errors are told in the service's words, and what was written is kept", async ({ page }) => {
  await shop(page, {
    "POST /v1/conversations": () =>
      problem(429, "Too many requests", "too many requests; wait a moment and try again"),
  });
  await launcher(page).click();
  await page.getByLabel("How can we help?").fill("Hello");
  await page.getByRole("button", { name: "Start chat" }).click();
  await expect(page.getByRole("alert")).toContainText("wait a moment and try again");
  await expect(page.getByLabel("How can we help?")).toHaveValue("Hello");
});

test("a token that opens nothing any more is forgotten, and one begins anew", async ({ page }) => {
  await resumed(page);
  await shop(page, {
    "GET /v1/conversations/:id": () => problem(401, "Sign in first", "the token has run out"),
  });
  await launcher(page).click();
  await expect(panel(page)).toContainText("Your last conversation has ended.");
  await expect(page.getByLabel("How can we help?")).toBeVisible();
  expect(await page.evaluate(() => localStorage.getItem("countersign.conversation"))).toBe("null");
});

test("the length of a message is limited, which is said before it cuts", async ({ page }) => {
  await resumed(page);
  await shop(page);
  await launcher(page).click();
  await page.getByLabel("Your message").fill("x".repeat(7600));
  await expect(page.getByText("400 of 8000 characters left")).toBeVisible();
});

test("it fills a phone, and nothing is wider than it", async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  await resumed(page);
  await shop(page);
  await launcher(page).click();
  await expect(panel(page)).toBeVisible();
  await still(page);
  const box = await panel(page).boundingBox();
  expect(box).toMatchObject({ x: 0, y: 0, width: 360, height: 740 });
  await fits(page);
  if (process.env.SHOTS) await page.screenshot({ path: "shots/widget-phone.png" });
});

test("it stands on the left, is dark, and moves nothing, when that is asked for", async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await resumed(page);
  await shop(page, {}, `${ATTRIBUTES} data-position="left" data-theme="dark"`);
  await launcher(page).click();
  const box = await panel(page).boundingBox();
  expect(box?.x).toBe(20);
  const [ground, animation] = await panel(page).evaluate((element) => {
    const { backgroundColor, animationName } = getComputedStyle(element);
    return [backgroundColor, animationName];
  });
  expect(ground).toBe("rgb(22, 24, 28)");
  expect(animation).toBe("none");
  // The page does not say its encoding, and the widget is readable all the same.
  await expect(panel(page)).toContainText("reconnecting…");
  await accessible(page);
  if (process.env.SHOTS) await page.screenshot({ path: "shots/widget-dark.png" });
});

test("what comes while it is closed is counted, and read when it is opened", async ({ page }) => {
  await resumed(page);
  let say: (body: string) => void = () => {};
  const said = new Promise<string>((done) => {
    say = done;
  });
  await shop(page);
  // More than the panel has room for.
  const before = Array.from({ length: 20 }, (_, n) => ({
    ...conversation.messages[0],
    id: id(800 + n),
    body: `Line ${n}`,
  }));
  await page.route("**/v1/conversations/*", (route) =>
    route.fulfill({
      json: { ...conversation, messages: [...before, ...conversation.messages] },
    }),
  );
  // A stream that waits until there is something to say.
  await page.route("**/v1/conversations/*/stream*", async (route) => {
    await route.fulfill({ contentType: "text/event-stream", body: await said });
  });
  await launcher(page).click();
  await expect(panel(page)).toContainText("within 30 days");
  await page.keyboard.press("Escape");
  await expect(launcher(page)).toHaveAccessibleName("Northfold help");
  const message = { ...conversation.messages[1], id: id(97), body: "One more thing.", sources: [] };
  const item = JSON.stringify({ type: "message", message });
  say(`retry: 600000\nid: 7\nevent: message\ndata: ${item}\n\n`);
  await expect(launcher(page)).toHaveAccessibleName("Northfold help, 1 new message");
  await launcher(page).click();
  await expect(panel(page).getByText("One more thing.")).toBeInViewport();
  await page.keyboard.press("Escape");
  await expect(launcher(page)).toHaveAccessibleName("Northfold help");
});

/** Everything the widget shows or announces, piece by piece. */
const saidIn = (page: Page) =>
  page.locator("countersign-chat").evaluate((host) => {
    const pieces: string[] = [];
    for (const element of host.shadowRoot?.querySelectorAll("*") ?? []) {
      for (const name of ["aria-label", "title", "placeholder"]) {
        pieces.push(element.getAttribute(name) ?? "");
      }
      for (const node of element.childNodes) {
        if (node.nodeType === Node.TEXT_NODE) pieces.push(node.textContent?.trim() ?? "");
      }
    }
    return [...new Set(pieces.filter((piece) => piece !== ""))];
  });

/** What English says and German does not. */
const ENGLISH = Object.entries(en).flatMap(([key, said]) =>
  typeof said === "string" && said !== de[key as keyof typeof de] ? [said] : [],
);

test("it speaks German where the site asks for it, whatever the page's language is", async ({
  page,
}) => {
  await shop(page, {}, 'data-language="de-AT"');
  await page.route("**/v1/conversations/*/messages", (route) => route.abort());
  const open = page.getByRole("button", { name: de.title });
  await open.click();
  const dialog = page.getByRole("dialog", { name: de.title });
  await expect(dialog).toContainText(de.greeting);
  expect((await saidIn(page)).filter((piece) => ENGLISH.includes(piece))).toEqual([]);
  expect(
    await page
      .locator("countersign-chat .widget")
      .evaluate((root) => root.closest("[lang]")?.getAttribute("lang")),
  ).toBe("de-AT");
  await accessible(page);

  await page.getByLabel(de.howCanWeHelp).fill("Wie lange kann ich ein Zelt zurückgeben?");
  await page.getByRole("button", { name: de.startChat }).click();
  await expect(dialog).toContainText("within 30 days of delivery");
  await page.getByText(counted(de, de.sources, 1), { exact: true }).click();
  await page.getByRole("button", { name: de.helpful, exact: true }).click();
  await expect(page.getByRole("button", { name: de.helpful, exact: true })).toHaveAttribute(
    "aria-pressed",
    "true",
  );
  // A message that does not get through, and one that is nearly too long.
  await page.getByLabel(de.yourMessage).fill("Danke");
  await page.getByRole("button", { name: de.send, exact: true }).click();
  await expect(dialog).toContainText(`Nicht gesendet: ${de.unreachable}`);
  await page.getByLabel(de.yourMessage).fill("x".repeat(7999));
  await expect(page.getByText("Noch 1 von 8000 Zeichen")).toBeVisible();
  expect((await saidIn(page)).filter((piece) => ENGLISH.includes(piece))).toEqual([]);
  await accessible(page);
  await fits(page);
  if (process.env.SHOTS) await page.screenshot({ path: "shots/widget-german.png" });
});

test("without a word of the site it speaks as the page does", async ({ page }) => {
  await shop(page, {}, "", "fr-CA");
  await page.getByRole("button", { name: "Posez votre question" }).click();
  await expect(page.getByLabel("Comment pouvons-nous vous aider ?")).toBeFocused();
});
