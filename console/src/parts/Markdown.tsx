// Markdown drawn as elements. What the text holds of HTML is shown as it was written, a link leads
// to the web or to a mail address alone, and a picture is named, never loaded.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { lexer, type Token, type Tokens } from "marked";
import { Fragment, type ReactNode, useMemo } from "react";
import { type ByteSpan, highlighted } from "../text/bytes";
import "./markdown.css";

// Characters that no text has stand for where a highlight begins and ends while the text is read.
const ON = "\uE000";
const OFF = "\uE001";
const SIGNS = /[\uE000\uE001]/g;

const SAFE = /^(https?:|mailto:)/i;

interface Props {
  text: string;
  /** What to highlight, in bytes of the text. */
  marks?: ByteSpan[];
  /** The level of the text's first headings on the page. */
  level?: 2 | 3 | 4;
}

export function Markdown({ text, marks, level = 2 }: Props) {
  const drawn = useMemo(() => {
    const plain = text.replaceAll(SIGNS, "");
    const signed =
      marks && marks.length > 0 && plain === text
        ? highlighted(plain, marks)
            .map((piece) => (piece.on ? `${ON}${piece.text}${OFF}` : piece.text))
            .join("")
        : plain;
    const tokens = lexer(signed, { gfm: true });
    const top = Math.min(6, ...tokens.map((token) => (token.type === "heading" ? token.depth : 6)));
    return blocks(tokens, { level, top });
  }, [text, marks, level]);
  return <div className="markdown">{drawn}</div>;
}

interface At {
  level: number;
  top: number;
}

const keyed = (nodes: ReactNode[]): ReactNode[] =>
  // Pieces of one text never change places, so that their position is their identity.
  nodes.map((node, at) => {
    const key = `${at}`;
    return <Fragment key={key}>{node}</Fragment>;
  });

function words(text: string): ReactNode {
  if (!text.includes(ON)) return text.replaceAll(SIGNS, "");
  return keyed(
    text.split(ON).map((part, index) => {
      if (index === 0) return part.replaceAll(SIGNS, "");
      const [marked = "", rest = ""] = part.split(OFF);
      return (
        <>
          <mark>{marked}</mark>
          {rest}
        </>
      );
    }),
  );
}

function inlines(tokens: Token[] | undefined): ReactNode {
  return keyed((tokens ?? []).map(inline));
}

function inline(token: Token): ReactNode {
  switch (token.type) {
    case "strong":
      return <strong>{inlines(token.tokens)}</strong>;
    case "em":
      return <em>{inlines(token.tokens)}</em>;
    case "del":
      return <del>{inlines(token.tokens)}</del>;
    case "codespan":
      return <code>{words((token as Tokens.Codespan).text)}</code>;
    case "br":
      return <br />;
    case "link": {
      const href = (token as Tokens.Link).href.replaceAll(SIGNS, "");
      if (!SAFE.test(href)) return inlines(token.tokens);
      return (
        <a href={href} target="_blank" rel="noreferrer nofollow">
          {inlines(token.tokens)}
        </a>
      );
    }
    case "image":
      return (
        <span className="muted">
          <Trans>[picture:</Trans> {words((token as Tokens.Image).text)}]
        </span>
      );
    case "checkbox":
      return (token as Tokens.Checkbox).checked ? "☑ " : "☐ ";
    case "text":
    case "escape":
      return "tokens" in token && token.tokens
        ? inlines(token.tokens)
        : words((token as Tokens.Text).text);
    default:
      return words(token.raw);
  }
}

function blocks(tokens: Token[], at: At): ReactNode {
  return keyed(tokens.map((token) => block(token, at)));
}

function heading(token: Tokens.Heading, { level, top }: At): ReactNode {
  const depth = Math.min(6, level + token.depth - top);
  const Tag = `h${depth}` as "h2";
  return <Tag data-depth={token.depth - top + 1}>{inlines(token.tokens)}</Tag>;
}

function block(token: Token, at: At): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
      return null;
    case "heading":
      return heading(token as Tokens.Heading, at);
    case "paragraph":
      return <p>{inlines(token.tokens)}</p>;
    case "blockquote":
      return <blockquote>{blocks(token.tokens ?? [], at)}</blockquote>;
    case "code":
      return (
        <pre>
          <code>{words((token as Tokens.Code).text)}</code>
        </pre>
      );
    case "hr":
      return <hr />;
    case "list": {
      const { ordered, start, items } = token as Tokens.List;
      const drawn = items.map((item, position) => {
        const key = `${position}`;
        return <li key={key}>{blocks(item.tokens, at)}</li>;
      });
      return ordered ? <ol start={Number(start) || 1}>{drawn}</ol> : <ul>{drawn}</ul>;
    }
    case "table":
      return table(token as Tokens.Table);
    case "html":
      return <p>{words(token.raw.trim())}</p>;
    default:
      return inline(token);
  }
}

function table({ header, rows }: Tokens.Table): ReactNode {
  const heads = header.map((cell) => inlines(cell.tokens));
  const lines = rows.map((row) => row.map((cell) => inlines(cell.tokens)));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div className="markdown-table" role="region" aria-label={t`Table`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            {heads.map((cell, at) => {
              const key = `${at}`;
              return (
                <th key={key} scope="col">
                  {cell}
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {lines.map((line, at) => {
            const key = `${at}`;
            return <tr key={key}>{line.map(cellOf)}</tr>;
          })}
        </tbody>
      </table>
    </div>
  );
}

function cellOf(cell: ReactNode, at: number): ReactNode {
  const key = `${at}`;
  return <td key={key}>{cell}</td>;
}
