import { describe, expect, it } from "vitest";
import { segments, within } from "./segments";

const email = { kind: "email", start: 8, end: 14 };

describe("personal data in a text", () => {
  it("is cut out by characters, of which an emoji is one", () => {
    expect(segments("Grüße 🙂 a@b.de!", [email])).toEqual([
      { at: 0, text: "Grüße 🙂 " },
      { at: 9, text: "a@b.de", kind: "email" },
      { at: 15, text: "!" },
    ]);
  });

  it("is passed over where it does not fit the text", () => {
    expect(segments("short", [{ kind: "email", start: 2, end: 90 }])).toEqual([
      { at: 0, text: "short" },
    ]);
    const twice = [email, { kind: "phone", start: 9, end: 12 }];
    expect(segments("Grüße 🙂 a@b.de!", twice).map((each) => each.kind)).toEqual([
      undefined,
      "email",
      undefined,
    ]);
  });

  it("is found again in a part of the text", () => {
    const all = segments("ab@c.de and", [{ kind: "email", start: 0, end: 7 }]);
    expect(within(all, 3, 6)).toEqual([
      { at: 3, text: "c.de", kind: "email" },
      { at: 7, text: " a" },
    ]);
  });
});
