import { describe, expect, it } from "vitest";
import { pieces, unmarked } from "./marks";

describe("source marks", () => {
  it("links a mark to its source and leaves one without a source as text", () => {
    expect(pieces("30 days. [1] Unused. [3]", 2)).toEqual([
      { kind: "text", text: "30 days. ", at: 0 },
      { kind: "mark", index: 0, at: 9 },
      { kind: "text", text: " Unused. [3]", at: 12 },
    ]);
  });

  it("links web addresses without the full stop after them", () => {
    expect(pieces("See https://northfold.example/returns.", 0)).toEqual([
      { kind: "text", text: "See ", at: 0 },
      { kind: "link", href: "https://northfold.example/returns", at: 4 },
      { kind: "text", text: ".", at: 37 },
    ]);
  });

  it("never makes a link of anything but http", () => {
    expect(pieces("javascript:alert(1)", 0)).toEqual([
      { kind: "text", text: "javascript:alert(1)", at: 0 },
    ]);
  });
});

describe("names in a note", () => {
  it("marks whom it names, the longest name first, and no part of a word", () => {
    const note = "@Ada Ring and @Ada, not @Adam or ada";
    const names = pieces(note, 0, ["Ada", "Ada Ring"]).filter(({ kind }) => kind === "name");
    expect(names).toEqual([
      { kind: "name", text: "@Ada Ring", at: 0 },
      { kind: "name", text: "@Ada", at: 14 },
    ]);
  });

  it("takes a name as it is written, whatever its signs mean elsewhere", () => {
    expect(pieces("@J. (Jo) O'Neil-Ray!", 0, ["J. (Jo) O'Neil-Ray"])).toEqual([
      { kind: "name", text: "@J. (Jo) O'Neil-Ray", at: 0 },
      { kind: "text", text: "!", at: 19 },
    ]);
    expect(pieces("@Jx (Jo)", 0, ["J. (Jo)"])).toEqual([{ kind: "text", text: "@Jx (Jo)", at: 0 }]);
  });
});

it("shows a quoted passage without Markdown's signs", () => {
  expect(unmarked("## At the door\n\n- **Holt**: see [sizes](/sizes), 2 # 3")).toBe(
    "At the door\n\n- Holt: see sizes, 2 # 3",
  );
});
