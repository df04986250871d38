import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, render, screen } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, it } from "vitest";
import { Answer } from "./Answer";
import { MessageText } from "./MessageText";

afterEach(cleanup);

const wrapper = ({ children }: { children: ReactNode }) => (
  <I18nProvider i18n={i18n}>{children}</I18nProvider>
);
const source = { slug: "returns", title: "Returns", quote: "30 days" };

it("draws what the desk wrote, with its marks as buttons and its findings where they stand", () => {
  const body = "Hello **Ada**,\nask ada@a.example or [here](https://a.example) [1].\n\n- `[1]`";
  const html =
    '<p>Hello <strong>Ada</strong>,<br>ask ada@a.example or <a href="https://a.example">here</a> [1].</p>' +
    "<ul><li><code>[1]</code></li></ul>";
  const findings = [
    { kind: "person_name", start: 8, end: 11 },
    { kind: "email", start: 19, end: 32 },
  ];
  render(<Answer body={body} html={html} sources={[source]} findings={findings} />, { wrapper });
  expect(screen.getAllByRole("button", { name: /source 1/i })).toHaveLength(1);
  const link = screen.getByRole("link", { name: "here" });
  expect(link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
  expect(link.getAttribute("target")).toBe("_blank");
  expect(document.querySelector("strong mark")?.textContent).toContain("Ada");
  expect([...document.querySelectorAll("mark")][1]?.textContent).toContain("ada@a.example");
  expect(document.querySelector("li code")?.textContent).toBe("[1]");
  expect(document.querySelector("p br")).not.toBeNull();
});

it("draws nothing but text of what is no part of a message, whoever sent it", () => {
  const html =
    '<p onclick="x()" style="color:red">a<script>steal()</script><img src="x" onerror="x()"><b>b</b>' +
    '<a href="javascript:x()">c</a><style>p{color:red}</style></p><ol start="3" class="x"><li>d</li></ol>';
  const { container } = render(<Answer body="" html={html} />, { wrapper });
  expect(container.querySelector("script, style, img, b, a, [style], [onclick], .x")).toBeNull();
  expect(container.querySelector("ol")?.getAttribute("start")).toBe("3");
});

it("draws a customer's words as they wrote them", () => {
  const { container } = render(<Answer body="*a* <b>b</b>" />, { wrapper });
  expect(container.querySelector(".message-text")?.textContent).toBe("*a* <b>b</b>");
});

it("tells whoever decides where a link leads, and gives each sentence its mark once", () => {
  const html =
    '<p><span data-sentence="0">See </span><strong><span data-sentence="0">it</span></strong>' +
    '<a href="https://a.example/x"><span data-sentence="0">here</span></a></p>';
  render(
    <MessageText
      text="See **it**[here](https://a.example/x)"
      html={html}
      findings={[]}
      sentence={(number, words, last) => (
        <span className="footed">
          {words}
          {last && <sup>{number}</sup>}
        </span>
      )}
    />,
    { wrapper },
  );
  expect(document.querySelectorAll(".footed")).toHaveLength(3);
  expect(document.querySelectorAll("sup")).toHaveLength(1);
  expect(screen.getByText(/https:\/\/a.example\/x/)).toBeTruthy();
});
