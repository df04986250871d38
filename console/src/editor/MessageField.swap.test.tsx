// Apart from the other tests of the field, because the editor is loaded once.
import { i18n } from "@lingui/core";
import { I18nProvider } from "@lingui/react";
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { MessageField } from "./MessageField";

afterEach(() => {
  vi.restoreAllMocks();
  cleanup();
});

it("gives way to the editor in the moment it has seen who writes, so that no word goes to a field that is no more", async () => {
  render(
    <I18nProvider i18n={i18n}>
      <MessageField named={{ "aria-label": "Reply" }} value="" onChange={() => undefined} />
    </I18nProvider>,
  );
  const area = screen.getByRole("textbox", { name: "Reply" });
  expect(area.tagName).toBe("TEXTAREA");
  const stillThere: boolean[] = [];
  vi.spyOn(document, "activeElement", "get").mockImplementation(() => {
    queueMicrotask(() => stillThere.push(area.isConnected));
    return area;
  });
  await vi.waitFor(() => expect(stillThere).not.toEqual([]), { timeout: 15_000 });
  expect(stillThere[0]).toBe(false);
}, 20_000);
