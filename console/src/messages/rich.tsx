// Draws what the desk wrote from the HTML that the service made of it. No markup is ever handed to the page: the HTML
// is read into a document that runs and loads nothing, and only the tags below are drawn, with nothing of theirs but a
// list's first number and a link's address.
import { createElement, Fragment, type ReactNode } from "react";

const TAGS = new Set("p strong em ul ol li blockquote pre code".split(" "));
const EMPTY = new Set(["br", "hr"]);
const SAFE = /^(https?:\/\/|mailto:)/i;

interface Drawing {
  /** Words that begin at a unit of all the text; `plain` where nothing in them may be a control. */
  words: (text: string, at: number, plain: boolean) => ReactNode;
  /** Words of a sentence, and whether they are its last ones. */
  sentence?: (number: number, words: ReactNode, last: boolean) => ReactNode;
  /** Whether a link says where it leads. */
  told?: boolean;
}

/** Nothing where there is no HTML, or where the page around the widget lets nobody read any (Trusted Types). */
export function read(html: string | null | undefined): HTMLElement | undefined {
  if (!html) return undefined;
  try {
    return new DOMParser().parseFromString(html, "text/html").body;
  } catch {
    return undefined;
  }
}

export function draw(root: HTMLElement, { words, sentence, told }: Drawing): ReactNode {
  let at = 0;
  const lasts = new Map<string, Element>();
  for (const part of root.querySelectorAll("[data-sentence]")) {
    lasts.set(part.getAttribute("data-sentence") ?? "", part);
  }

  const one = (node: ChildNode, plain: boolean): ReactNode => {
    if (node.nodeType === 3) {
      const text = node.nodeValue ?? "";
      at += text.length;
      return words(text, at - text.length, plain);
    }
    if (node.nodeType !== 1) return null;
    const element = node as Element;
    const tag = element.localName;
    if (EMPTY.has(tag)) return createElement(tag);
    const inside = all(element, plain || tag === "a" || tag === "code");
    if (tag === "a") return link(element, inside, told);
    if (tag === "span") {
      const number = element.getAttribute("data-sentence");
      if (!sentence || number === null) return inside;
      return sentence(Number(number), inside, lasts.get(number) === element);
    }
    if (!TAGS.has(tag)) return inside;
    const first = tag === "ol" && element.getAttribute("start");
    return createElement(tag, first ? { start: Number(first) } : null, inside);
  };
  const all = (parent: Node, plain: boolean): ReactNode =>
    // Parts of one text never change places, so that their position is their identity.
    Array.from(parent.childNodes, (node, place) => {
      const key = `${place}`;
      return <Fragment key={key}>{one(node, plain)}</Fragment>;
    });
  return all(root, false);
}

function link(element: Element, inside: ReactNode, told?: boolean): ReactNode {
  const address = element.getAttribute("href") ?? "";
  if (!SAFE.test(address)) return inside;
  const leads = address.replace(/^mailto:/i, "");
  return (
    <>
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {inside}
      </a>
      {told && element.textContent !== leads && <span className="muted small"> ({leads})</span>}
    </>
  );
}
