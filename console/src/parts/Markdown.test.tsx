import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it } from "vitest";
import { Markdown } from "./Markdown";

afterEach(cleanup);

const wrapper = ({ children }: { children: ReactNode }) => (
  <I18nProvider i18n={i18n}>{children}</I18nProvider>
);

it("draws headings, lists and tables under the page's own headings", () => {
  render(
    <Markdown text={"# Returns\n\n## Tents\n\n- **30 days**\n\n| a | b |\n|---|---|\n| 1 | 2 |"} />,
    { wrapper },
  );
  expect(screen.getByRole("heading", { level: 2, name: "Returns" })).toBeTruthy();
  expect(screen.getByRole("heading", { level: 3, name: "Tents" })).toBeTruthy();
  expect(screen.getByText("30 days").tagName).toBe("STRONG");
  expect(screen.getAllByRole("cell").map((cell) => cell.textContent)).toEqual(["1", "2"]);
});

it("takes nothing for markup and follows no link but to the web", () => {
  const { container } = render(
    <Markdown
      text={
        "Hi <img src=x onerror=alert(1)> there\n\n<script>alert(1)</script>\n\n[a](javascript:alert(1)) [b](https://example.org) ![p](https://example.org/p.png)"
      }
    />,
    { wrapper },
  );
  expect(container.querySelector("img, script")).toBeNull();
  expect(container.textContent).toContain("<script>alert(1)</script>");
  expect([...container.querySelectorAll("a")].map((a) => a.getAttribute("href"))).toEqual([
    "https://example.org",
  ]);
});

it("highlights bytes of the text, also within what is set in bold", () => {
  const text = "Für **30 Tage** und `30` mehr";
  const at = (word: string, from = 0) => {
    const start = new TextEncoder().encode(text.slice(0, text.indexOf(word, from))).length;
    return { start, end: start + word.length };
  };
  const { container } = render(
    <Markdown text={text} marks={[at("30"), at("30", 12), at("mehr")]} />,
  );
  expect([...container.querySelectorAll("mark")].map((mark) => mark.textContent)).toEqual([
    "30",
    "30",
    "mehr",
  ]);
  expect(container.querySelector("strong mark")?.textContent).toBe("30");
  expect(container.textContent).toBe("Für 30 Tage und 30 mehr");
});
