import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { type ReactNode, useState } from "react";
import { afterEach, expect, it } from "vitest";
import { MessageField } from "./MessageField";
import { addressOf } from "./RichEditor";

afterEach(cleanup);

const wrapper = ({ children }: { children: ReactNode }) => (
  <I18nProvider i18n={i18n}>{children}</I18nProvider>
);

function Field({ begin, told }: { begin: string; told: (text: string) => void }) {
  const [text, setText] = useState(begin);
  return (
    <>
      <MessageField
        named={{ "aria-label": "Reply" }}
        value={text}
        onChange={(next) => {
          setText(next);
          told(next);
        }}
      />
      <button type="button" onClick={() => setText("")}>
        Sent
      </button>
    </>
  );
}

it("is text at once, shows what it means when the editor is there, and goes back to text unchanged", async () => {
  const told: string[] = [];
  const text = "Hello **Ada**,\n* one\n* two";
  render(<Field begin={text} told={(next) => told.push(next)} />, { wrapper });
  expect(screen.getByRole("textbox", { name: "Reply" }).tagName).toBe("TEXTAREA");
  const tools = await screen.findByRole("toolbar", { name: "Formatting" }, { timeout: 15_000 });
  const names = [...tools.querySelectorAll("[aria-pressed]")].map((tool) =>
    tool.getAttribute("aria-label"),
  );
  expect(names).toEqual(["Bold", "Italic", "Link", "Bulleted list", "Numbered list", "Quote"]);
  const editor = screen.getByRole("textbox", { name: "Reply" });
  expect(editor.getAttribute("aria-multiline")).toBe("true");
  expect(editor.querySelector("strong")?.textContent).toBe("Ada");
  expect(editor.querySelectorAll("li")).toHaveLength(2);
  await userEvent.click(screen.getByRole("button", { name: "As text" }));
  const area = screen.getByRole<HTMLTextAreaElement>("textbox", { name: "Reply" });
  expect(area.value).toBe(text);
  expect(told).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "With formatting" }));
  expect(screen.getByRole("textbox", { name: "Reply" }).querySelector("strong")).not.toBeNull();
  // What was sent is gone from it.
  await userEvent.click(screen.getByRole("button", { name: "Sent" }));
  expect(screen.getByRole("textbox", { name: "Reply" }).textContent).toBe("");
}, 20_000);

it("takes an address as people type it, and none that leads elsewhere", () => {
  expect(addressOf(" northfold.example/returns ")).toBe("https://northfold.example/returns");
  expect(addressOf("help@northfold.example")).toBe("mailto:help@northfold.example");
  expect(addressOf("http://a.example")).toBe("http://a.example");
  expect(addressOf("javascript:alert(1)")).toBeUndefined();
  expect(addressOf("a b")).toBeUndefined();
  expect(addressOf("")).toBeUndefined();
});
