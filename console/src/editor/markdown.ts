// A message's Markdown as the document that one edits, and back. The text is what counts: a document that nobody
// changed is the text it came from, letter for letter, and so is each block of it that was left alone.
import MarkdownIt from "markdown-it";
import {
  schema as basic,
  defaultMarkdownParser,
  defaultMarkdownSerializer,
  MarkdownParser,
  MarkdownSerializer,
  type MarkdownSerializerState,
} from "prosemirror-markdown";
import { type Node, Schema } from "prosemirror-model";

/** Where a link of a message may lead. */
export const SAFE = /^(https?:\/\/|mailto:)[^\s<>"\\]+$/i;

const tight = (tag: string) => [{ tag, getAttrs: () => ({ tight: true }) }];
const { nodes, marks } = basic.spec;

type Nodes =
  | "doc"
  | "paragraph"
  | "blockquote"
  | "horizontal_rule"
  | "heading"
  | "code_block"
  | "bullet_list"
  | "ordered_list"
  | "list_item"
  | "text"
  | "hard_break";
type Marks = "em" | "strong" | "link" | "code";

/** What a message may hold: what the service draws of it, and no pictures. */
export const schema = new Schema<Nodes, Marks>({
  nodes: nodes
    .remove("image")
    .update("heading", {
      ...nodes.get("heading"),
      content: "text*",
      // As its readers see it.
      toDOM: () => ["p", ["strong", 0]],
    })
    .update("horizontal_rule", { ...nodes.get("horizontal_rule"), toDOM: () => ["hr"] })
    .update("bullet_list", {
      ...nodes.get("bullet_list"),
      attrs: { tight: { default: true } },
      parseDOM: tight("ul"),
    })
    .update("ordered_list", {
      ...nodes.get("ordered_list"),
      attrs: { order: { default: 1 }, tight: { default: true } },
      parseDOM: tight("ol"),
    }),
  marks: marks.update("link", {
    ...marks.get("link"),
    parseDOM: [
      {
        tag: "a[href]",
        getAttrs: (element) => {
          const href = element.getAttribute("href") ?? "";
          return SAFE.test(href) && { href };
        },
      },
    ],
    toDOM: (mark) => ["a", { href: mark.attrs.href, title: mark.attrs.href }, 0],
  }),
});

// Read as the service reads it: entities, links by reference and lines of dashes under a line are text.
const tokenizer = MarkdownIt("commonmark", { html: false }).disable([
  "entity",
  "image",
  "lheading",
  "reference",
]);
tokenizer.normalizeLink = (address) => address;
tokenizer.normalizeLinkText = (address) => address;
tokenizer.validateLink = (address) => SAFE.test(address);

const { image: _, ...tokens } = defaultMarkdownParser.tokens;
const parser = new MarkdownParser(schema, tokenizer, {
  ...tokens,
  // People write mails line by line, and see the lines.
  softbreak: { node: "hard_break" },
});

/** Signs that an address in `(…)` cannot hold as they are. */
const encoded = (address: string) =>
  address.replaceAll(
    /[()"<>\\\s]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );

/** A list whose items hold more than a paragraph and a list has blank lines between them. */
function list(name: "bullet_list" | "ordered_list") {
  return (state: MarkdownSerializerState, node: Node, parent: Node, index: number) => {
    let loose = false;
    node.forEach((item) => {
      item.forEach((block, _offset, at) => {
        if (at > 0 && block.type.name === "paragraph") loose = true;
      });
    });
    const shown = loose ? node.type.create({ ...node.attrs, tight: false }, node.content) : node;
    if (name === "bullet_list") state.renderList(shown, "  ", () => "- ");
    else defaultMarkdownSerializer.nodes.ordered_list?.(state, shown, parent, index);
  };
}

/** Marks of sources, which are no beginning of a link. */
const MARKS = /(\[\d{1,2}\](?!\())/;

/** `escapes`: whether every sign that may mean something is written so that it means itself. */
function serializer(escapes: boolean): MarkdownSerializer {
  const { marks, nodes } = defaultMarkdownSerializer;
  return new MarkdownSerializer(
    {
      ...nodes,
      bullet_list: list("bullet_list"),
      ordered_list: list("ordered_list"),
      hard_break(state, node, parent, index) {
        for (let next = index + 1; next < parent.childCount; next++) {
          if (parent.child(next).type !== node.type) {
            state.write("\n");
            return;
          }
        }
      },
      text(state, node, parent, index) {
        const line = state as MarkdownSerializerState & { atBlockStart: boolean };
        // A line may begin with what begins a list or a quote.
        const follows = index > 0 && parent.child(index - 1).type.name === "hard_break";
        if (follows) line.atBlockStart = true;
        (node.text ?? "").split(MARKS).forEach((part, at) => {
          if (part === "") return;
          line.text(part, escapes && at % 2 === 0);
          line.atBlockStart = false;
        });
      },
    },
    {
      ...marks,
      link: {
        open: "[",
        close: (_state, mark) => `](${encoded(mark.attrs.href)})`,
        mixable: true,
      },
    },
  );
}

const light = serializer(false);
const full = serializer(true);

const parsed = (text: string): Node => parser.parse(text);

/** What two documents share when they say the same: blanks at the ends of lines are nobody's words. */
const meaning = (doc: Node) =>
  full
    .serialize(doc)
    .replaceAll(/[ \t]+$/gm, "")
    .replaceAll(/\n{3,}/g, "\n\n")
    .trim();

/** A block's text: without signs that nobody needs, if it says the same without them. */
function blockText(block: Node): string {
  const doc = schema.topNodeType.create(null, block);
  const plain = light.serialize(doc);
  return meaning(parsed(plain)) === meaning(doc) ? plain : full.serialize(doc);
}

/** A text and the document that one edits of it. */
export interface Source {
  doc: Node;
  /** The document as Markdown. */
  write: (doc: Node) => string;
}

export function sourceOf(text: string): Source {
  const doc = parsed(text);
  const lines = text.split("\n");
  // A message of one block after another has each at lines of its own.
  const places = tokenizer
    .parse(text, {})
    .filter((token) => token.level === 0 && token.nesting >= 0 && token.map);
  const written =
    places.length === doc.childCount
      ? places.map(({ map }) => lines.slice(map?.[0], map?.[1]).join("\n").trimEnd())
      : [];

  const write = (now: Node): string => {
    if (now.eq(doc)) return text;
    let from = 0;
    const blocks: string[] = [];
    now.forEach((block) => {
      for (let at = from; at < written.length; at++) {
        if (doc.child(at).eq(block)) {
          from = at + 1;
          blocks.push(written[at] ?? "");
          return;
        }
      }
      blocks.push(blockText(block));
    });
    const kept = blocks.filter((block) => block.trim() !== "").join("\n\n");
    return meaning(parsed(kept)) === meaning(now) ? kept : full.serialize(now);
  };
  return { doc, write };
}
