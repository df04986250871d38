import { EditorState, TextSelection } from "prosemirror-state";
import { expect, it } from "vitest";
import { bold, bullets, linkAt, linked, numbers, quote, standing, unlinked } from "./commands";
import { sourceOf } from "./markdown";

/** The text after commands, each with a selection from one word to the end of another. */
function after(text: string, from: string, to: string, ...commands: (typeof bold)[]): string {
  const source = sourceOf(text);
  const at = (words: string) => {
    let found = -1;
    source.doc.descendants((node, place) => {
      const within = node.isText ? (node.text ?? "").indexOf(words) : -1;
      if (within >= 0 && found < 0) found = place + within;
    });
    expect(found).toBeGreaterThanOrEqual(0);
    return found;
  };
  let state = EditorState.create({
    doc: source.doc,
    selection: TextSelection.create(source.doc, at(from), at(to) + to.length),
  });
  for (const command of commands) {
    command(state, (transaction) => {
      state = state.apply(transaction);
    });
  }
  return source.write(state.doc);
}

it("makes words bold, and not", () => {
  expect(after("It is late.", "is", "is", bold)).toBe("It **is** late.");
  expect(after("It **is** late.", "is", "is", bold)).toBe("It is late.");
  expect(after("It is late.", "is", "is", bold, bold)).toBe("It is late.");
});

it("makes lists and quotes, changes their kind and takes them back", () => {
  expect(after("one\n\ntwo", "one", "two", bullets)).toBe("- one\n- two");
  expect(after("- one\n- two", "one", "two", numbers)).toBe("1. one\n2. two");
  expect(after("- one", "one", "one", bullets)).toBe("one");
  expect(after("one", "one", "one", quote)).toBe("> one");
  expect(after("> one", "one", "one", quote)).toBe("one");
});

it("links words, changes where the whole link leads, and unlinks it", () => {
  const to = (place: string) => linked(`https://a.example/${place}`);
  expect(after("see here now", "here", "here", to("x"))).toBe(
    "see [here](https://a.example/x) now",
  );
  const text = "[he**re**](https://a.example/x), [there](https://b.example)";
  expect(after(text, "e", "e", to("y"))).toContain("[he**re**](https://a.example/y)");
  expect(after(text, "re", "re", unlinked)).toBe("he**re**, [there](https://b.example)");
  const { doc } = sourceOf(text);
  const caret = (at: number) =>
    EditorState.create({ doc, selection: TextSelection.create(doc, at) });
  expect(linkAt(caret(3))?.href).toBe("https://a.example/x");
  expect(linkAt(caret(9))?.href).toBe("https://b.example");
  expect(standing(caret(4)).bold).toBe(true);
  expect(standing(caret(6)).link).toBe(false);
});
