import type { Mark, Node } from "prosemirror-model";
import { describe, expect, it } from "vitest";
import { schema, sourceOf } from "./markdown";

const MAIL =
  "Hello Ada,\nyour tent is *on its way* [1].\n\n1. Open the **bag**\n2. Count the poles\n\n\n" +
  "* one\n* two_three __four__\n\n> Was it you?\n\nSee https://a.example/x_y (or [here](https://b.example/a_b)).\n" +
  "[1]: not a link, &amp; <b>no</b> markup\n\nBest\n--\nBo  ";

/** With the text of one node replaced. */
function changed(doc: Node, from: string, to: string): Node {
  const json = JSON.stringify(doc.toJSON());
  expect(json).toContain(from);
  return schema.nodeFromJSON(JSON.parse(json.replace(from, to)));
}

describe("a message that is edited", () => {
  it("is the same letter for letter when nothing was changed", () => {
    for (const text of [
      MAIL,
      "",
      " ",
      "a\r\nb",
      "- a\n\n- b",
      "# x\n===\n\n    code",
      "```x\na\n```",
      "\\*a\\*",
    ]) {
      const { doc, write } = sourceOf(text);
      expect(write(doc)).toBe(text);
      expect(write(schema.nodeFromJSON(doc.toJSON()))).toBe(text);
    }
  });

  it("keeps every block that was left alone as it was written", () => {
    const { doc, write } = sourceOf(MAIL);
    expect(write(changed(doc, "Was it you?", "Was it he?"))).toBe(
      MAIL.replace("Was it you?", "Was it he?").replace("\n\n\n", "\n\n").trimEnd(),
    );
  });

  it("keeps lines as lines, and the marks of sources as they are", () => {
    const { doc, write } = sourceOf("Hello Ada,\nit is late [1].");
    expect(write(changed(doc, "late [1]", "here [1][2]"))).toBe("Hello Ada,\nit is here [1][2].");
    // What would mean something else is written so that it does not.
    expect(write(changed(doc, "it is late", "- *late*"))).toBe("Hello Ada,\n\\- \\*late\\* [1].");
    expect(write(changed(doc, "it is late", "1. a_b_c"))).toBe("Hello Ada,\n1\\. a_b_c [1].");
  });

  it("writes bold, links and lists as the service reads them", () => {
    const { nodes, marks } = schema;
    const text = (words: string, as?: Mark[]) => schema.text(words, as);
    const item = (words: string) =>
      nodes.list_item.create(null, nodes.paragraph.create(null, text(words)));
    const doc = nodes.doc.create(null, [
      nodes.paragraph.create(null, [
        text("See "),
        text("the page", [marks.link.create({ href: "https://a.example/a_(b)" })]),
        text(" or "),
        text("us ", [marks.strong.create()]),
        text("now."),
      ]),
      nodes.bullet_list.create(null, [item("one"), item("two")]),
      nodes.ordered_list.create(null, [item("one"), item("two")]),
    ]);
    expect(sourceOf("x").write(doc)).toBe(
      "See [the page](https://a.example/a_%28b%29) or **us** now.\n\n- one\n- two\n\n1. one\n2. two",
    );
  });

  it("takes neither pictures nor markup nor other addresses for anything but text", () => {
    const { doc } = sourceOf(
      "![x](https://t.example/p.png) <img src=x> [y](javascript:z) [a][b]\n\n[b]: https://c.example",
    );
    const kinds = new Set<string>();
    const links: string[] = [];
    doc.descendants((node) => {
      kinds.add(node.type.name);
      for (const mark of node.marks) links.push(mark.attrs.href);
    });
    expect([...kinds].sort()).toEqual(["paragraph", "text"]);
    expect(links).toEqual(["https://t.example/p.png"]);
    expect(doc.textContent).toContain("[b]: https://c.example");
  });

  it("says the same after any way there and back", () => {
    const words = [
      "a",
      " ",
      "*",
      "**",
      "_",
      "`",
      "[1]",
      "[x](https://a.example)",
      "\n",
      "\n\n",
      "- ",
      "1. ",
      "> ",
      "# ",
      "\\",
      "<b>",
      "&amp;",
      "    ",
      "---",
    ];
    let seed = 7;
    const next = () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return seed / 2147483648;
    };
    for (let round = 0; round < 100; round++) {
      const parts = Array.from({ length: 12 }, () => words[Math.floor(next() * words.length)]);
      const { doc } = sourceOf(parts.join(""));
      // Written anew, as after an edit of every block, and read again.
      const anew = sourceOf("something else").write(doc);
      const again = sourceOf(anew).doc;
      expect(again.textContent.replaceAll(/\s/g, "")).toBe(doc.textContent.replaceAll(/\s/g, ""));
    }
  }, 20_000);
});
