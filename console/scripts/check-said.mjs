// Fails for words that stand in the source where a reader sees them and no catalogue can change them:
// text between elements that is in no macro of Lingui, and attributes that are read out or shown. What
// is not written out in the source is found by the browser specs (`e2e/pages/said.ts`).
import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { parseSync, traverse } from "@babel/core";

const root = join(import.meta.dirname, "..");
const WORD = /\p{L}{2,}/u;
const SHOWN = new Set(["aria-label", "aria-description", "title", "placeholder", "alt", "label"]);
/** Addresses and names to be followed as they are, and keys. */
const EXAMPLE = /^(https?:\/\/\S+|[a-z0-9]+([_-][a-z0-9]+)*)$/;
/** Elements whose text is said by a macro, or is no text. */
const SAID = new Set(["Trans", "Plural", "Select", "SelectOrdinal", "code", "kbd", "pre"]);

const nameOf = (element) => element.openingElement.name.name ?? "";
const isLeft = (element) =>
  element.openingElement.attributes.some(
    (each) => each.name?.name === "translate" && each.value?.value === "no",
  );

/** Where the words stand that the source of a file has, as `path:line: words`. */
function wordsIn(path) {
  const found = [];
  const add = (node, text) => {
    const words = text.replaceAll(/\s+/g, " ").trim();
    found.push(`${relative(root, path)}:${node.loc.start.line}: ${words}`);
  };
  const tree = parseSync(readFileSync(path, "utf8"), {
    filename: path,
    configFile: false,
    babelrc: false,
    parserOpts: { plugins: ["typescript", "jsx"] },
  });
  traverse(tree, {
    JSXText(at) {
      const said = at.findParent(
        ({ node }) => node.type === "JSXElement" && (SAID.has(nameOf(node)) || isLeft(node)),
      );
      if (!said && WORD.test(at.node.value)) add(at.node, at.node.value);
    },
    JSXAttribute({ node, parent }) {
      if (node.value?.type !== "StringLiteral" || !WORD.test(node.value.value)) return;
      if (node.name.name === "keys" || EXAMPLE.test(node.value.value)) return;
      const component = /^[A-Z]/.test(parent.name.name ?? "");
      // A component's own properties are words when they begin like a sentence.
      const shown = SHOWN.has(node.name.name) || (component && /^\p{Lu}/u.test(node.value.value));
      if (shown && !SAID.has(parent.name.name)) add(node, node.value.value);
    },
  });
  return found;
}

const files = readdirSync(join(root, "src"), { recursive: true })
  .filter((path) => path.endsWith(".tsx") && !path.includes(".test."))
  .map((path) => join(root, "src", path));
const found = files.flatMap(wordsIn);
if (found.length > 0) {
  console.error("Words that no catalogue can change; say them in a macro of Lingui:");
  console.error(found.join("\n"));
  process.exit(1);
}
