// Pictures of every page for people to look at, in both themes and on a phone. Run with
// `SHOTS=1 npx playwright test --project=pages shots`.
import { test } from "@playwright/test";
import { answer, id } from "./answers";

test.skip(!process.env.SHOTS, "pictures are taken on request");

const PAGES: [string, string][] = [
  ["sign-in", "/sign-in"],
  ["reset", "/reset"],
  ["invitation", "/invitation#token"],
  ["account", "/settings/account"],
  ["home", "/"],
  ["approvals", "/approvals"],
  ["tickets", "/tickets"],
  ["ticket", `/tickets/${id(100)}`],
  ["customers", "/customers"],
  ["customer", `/customers/${id(10)}`],
  ["compare", `/runs/compare?left=${id(40)}&right=${id(41)}`],
  ["runs", "/runs"],
  ["run", `/runs/${id(40)}`],
  ["knowledge", "/knowledge"],
  ["document", `/knowledge/documents/${id(400)}`],
  ["sources", "/knowledge/sources"],
  ["gaps", "/knowledge/gaps"],
  ["recall", "/knowledge/recall"],
  ["tools", "/tools"],
  ["agents", "/agents"],
  ["policy", "/policy"],
  ["safety", "/safety"],
  ["autonomy", "/safety/autonomy"],
  ["people", "/settings"],
  ["roles", "/settings/roles"],
  ["api-keys", "/settings/api-keys"],
  ["models", "/settings/models"],
  ["channels", "/settings/channels"],
  ["appearance", "/settings/appearance"],
  ["help", "/help"],
  ["help-article", "/help/articles/returns-and-refunds"],
  ["help-ask", "/help/ask"],
  ["chat-start", "/chat"],
  ["chat", "/chat?embed=1"],
];

const LOOKS = [
  { look: "light", colorScheme: "light", width: 1360, height: 860 },
  { look: "dark", colorScheme: "dark", width: 1360, height: 860 },
  { look: "phone", colorScheme: "light", width: 360, height: 740 },
] as const;

for (const { look, colorScheme, width, height } of LOOKS) {
  for (const [name, path] of PAGES) {
    test(`${look} ${name}`, async ({ browser, baseURL }) => {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height },
        baseURL,
      });
      const page = await context.newPage();
      await answer(page);
      if (name === "chat") {
        await page.addInitScript(
          (value) => localStorage.setItem("countersign.conversation", value),
          JSON.stringify({ id: id(100), token: "cv_token" }),
        );
      }
      await page.goto(path);
      await page.waitForLoadState("networkidle");
      await page.screenshot({ path: `shots/${look}-${name}.png` });
      if (name === "approvals") {
        if (look === "phone") {
          await page.getByRole("link", { name: /Refund 349/ }).click();
          await page.getByRole("button", { name: "Approve" }).waitFor();
          await page.screenshot({ path: `shots/${look}-approval.png` });
        } else await page.keyboard.press("e");
        if (look === "phone") await page.getByRole("button", { name: "Edit" }).click();
        await page.getByLabel("Amount in cents").fill("20000");
        await page.getByText("With your changes").waitFor();
        await page.screenshot({ path: `shots/${look}-edit.png` });
      }
      await context.close();
    });
  }
}
