import type { Page } from "@playwright/test";
import { answer, approvalView, citation, messages, type S, third } from "./answers";
import { accessible, expect, fits, test } from "./test";

const CARRIED = "You can return it within 30 days.";
const DENIED = "Used items are taken back.";
const LOOSE = "Our elephants polish it first.";
const BODY = `Hello Alex 🙂. ${CARRIED} [1] ${DENIED} ${LOOSE}`;
const BEFORE = "What comes back to us is looked at by a person. ".repeat(6);

/** Places in characters, as the service counts. */
const place = (text: string) => {
  const start = Array.from(BODY.slice(0, BODY.indexOf(text))).length;
  return { start, end: start + Array.from(text).length };
};

const footing: S["FootingView"] = {
  sentences: [
    { ...place("Hello Alex 🙂."), stands: "claims_nothing", at: null },
    { ...place(`${CARRIED} [1]`), stands: "carried", at: { source: 0, piece: 1 } },
    { ...place(DENIED), stands: "denied", at: { source: 0, piece: 3 } },
    { ...place(LOOSE), stands: "uncarried", at: null },
  ],
  sources: [
    {
      kind: "passage",
      title: "Returns and refunds",
      document_id: citation.document_id,
      document_version: 3,
      number: 1,
      pieces: [
        { text: BEFORE, sentences: [], span: null },
        {
          text: "You can return an item within 30 days of delivery.",
          sentences: [1],
          span: { start: 288, end: 338 },
        },
        { text: " ", sentences: [], span: null },
        { text: "We do not take back used items.", sentences: [2], span: { start: 339, end: 370 } },
      ],
    },
    {
      kind: "record",
      title: "shop__get_order",
      document_id: null,
      document_version: null,
      number: null,
      pieces: [{ text: '{"number":"NF-10482"}', sentences: [], span: null }],
    },
  ],
};

async function open(page: Page) {
  const shown = { ...third, preview: { title: "Reply", fields: [], body: BODY } };
  await answer(page, {
    "GET /v1/approvals/:id": () => approvalView(shown, { footing, messages }),
  });
  await page.goto(`/approvals/${shown.id}`);
}

test("a sentence of the reply leads to the place that carries it, by pointer and by keyboard", async ({
  page,
}) => {
  await open(page);
  const mark = page.getByRole("button", { name: "Rests on source 1: Returns and refunds" });
  const carries = page.locator("mark", { hasText: "within 30 days of delivery" });
  await expect(carries).toHaveAttribute("data-looked", "false");
  await mark.hover();
  await expect(carries).toHaveAttribute("data-looked", "true");
  await expect(page.locator(".footed[data-looked=true]")).toContainText(CARRIED);
  await page.mouse.move(0, 0);
  await expect(carries).toHaveAttribute("data-looked", "false");
  await mark.focus();
  await expect(carries).toHaveAttribute("data-looked", "true");
  await page.keyboard.press("Enter");
  await expect(carries).toBeFocused();
  await expect(carries).toBeInViewport();
});

test("what no source says and what its source denies is told in words, not by colour alone", async ({
  page,
}) => {
  await open(page);
  const text = page.locator(".customer-sees");
  await expect(text.getByText("(No source says this)")).toBeAttached();
  await expect(
    text.getByRole("button", { name: "The source says the opposite: source 1" }),
  ).toBeVisible();
  await expect(
    text.getByText(
      "1 of 3 sentences that claim something rests on a source; 1 sentence without a source (dotted line), 1 sentence denied by its source (wavy line).",
    ),
  ).toBeVisible();
  const evidence = page.getByRole("figure", { name: "Source 1" });
  await expect(evidence.getByText("(denies sentence 3)")).toBeAttached();
  await expect(evidence.getByRole("link", { name: "Returns and refunds" })).toHaveAttribute(
    "href",
    /at=288-338.*version=3|version=3.*at=288-338/,
  );
  await expect(evidence).toContainText("…");
  await evidence.getByRole("button", { name: "The whole passage" }).click();
  await expect(evidence).toContainText(BEFORE.trim());
  await expect(page.getByText("Cited, but no sentence rests on it.")).toHaveCount(1);
  await accessible(page);
  await page.setViewportSize({ width: 360, height: 740 });
  await fits(page);
});
