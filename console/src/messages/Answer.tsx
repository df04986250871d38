// What was said, with its `[n]` marks tied to the sources under it. Nothing in a text is ever taken for markup; what
// the desk wrote comes with HTML besides, which `rich` draws.
import { useId, useMemo, useRef, useState } from "react";
import type { Citation, TextFinding } from "../api/words";
import { Segments } from "../personal/Marked";
import { segments, segmentsAs, within } from "../personal/segments";
import { en } from "../widget/words/en";
import { counted, fill, type Words } from "../widget/words/words";
import { pieces, unmarked } from "./marks";
import { draw, read } from "./rich";
import "./messages.css";

/** A source as staff or as a customer is told of it. */
export type Source = Pick<Citation, "slug" | "title" | "quote"> & Partial<Citation>;

type Said = Pick<Words, "language" | "sources" | "source" | "quoted" | "more" | "less">;

interface Props {
  body: string;
  /** The same as the service drew it, when the desk wrote it. */
  html?: string | null;
  sources?: Source[];
  /** Personal data in the text, or the masks that stand for it. */
  findings?: TextFinding[];
  /** Colleagues whom a note names. */
  names?: readonly string[];
  /** Where the reader finds a source whole. */
  addressOf?: (source: Source) => string;
  /** What is said of sources, in the reader's language. */
  words?: Said;
}

export function Answer({
  body,
  html,
  sources = [],
  findings = [],
  names,
  addressOf,
  words = en,
}: Props) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const list = useRef<HTMLOListElement>(null);

  const show = (index: number) => {
    setOpen(true);
    // The list is not focusable before it is shown.
    requestAnimationFrame(() => {
      const item = list.current?.children[index];
      if (item instanceof HTMLElement) item.focus();
    });
  };

  const page = useMemo(() => read(html), [html]);
  const personal = page ? segmentsAs(page.textContent, body, findings) : segments(body, findings);

  // Pieces of one text never change places, so that their position is their identity.
  const piecesOf = (text: string, from: number) =>
    pieces(text, sources.length, names).map((piece, place) => {
      const key = `${place}`;
      const at = from + piece.at;
      if (piece.kind === "text") {
        return <Segments key={key} of={within(personal, at, piece.text.length)} />;
      }
      if (piece.kind === "name") {
        return (
          <span key={key} className="mention" translate="no">
            <Segments of={within(personal, at, piece.text.length)} />
          </span>
        );
      }
      if (piece.kind === "link") {
        const shown = <Segments key={key} of={within(personal, at, piece.href.length)} />;
        // The service has made links of all that may be one.
        if (page) return shown;
        return (
          <a key={key} href={piece.href} target="_blank" rel="noreferrer nofollow">
            {shown}
          </a>
        );
      }
      const source = sources[piece.index];
      return (
        <button
          key={key}
          type="button"
          className="mark"
          title={source && fill(words.quoted, { title: source.title, quote: source.quote })}
          aria-label={fill(words.source, {
            number: piece.index + 1,
            title: source?.title ?? "",
          })}
          onClick={() => show(piece.index)}
        >
          {piece.index + 1}
        </button>
      );
    });
  return (
    <>
      <div className="message-text" data-rich={page && true}>
        {page
          ? draw(page, {
              words: (text, at, plain) =>
                plain ? <Segments of={within(personal, at, text.length)} /> : piecesOf(text, at),
            })
          : piecesOf(body, 0)}
      </div>
      {sources.length > 0 && (
        <details
          className="sources"
          open={open}
          onToggle={(event) => setOpen(event.currentTarget.open)}
        >
          <summary>{counted(words, words.sources, sources.length)}</summary>
          <ol ref={list}>
            {sources.map((source, index) => (
              <li key={`${id}-${source.slug}-${source.quote}`} tabIndex={-1}>
                <span className="source-number" aria-hidden="true">
                  {index + 1}
                </span>
                <Quote source={source} address={addressOf?.(source)} words={words} />
              </li>
            ))}
          </ol>
        </details>
      )}
    </>
  );
}

const LONG_QUOTE = 320;

interface QuoteProps {
  source: Source;
  address?: string;
  words?: Pick<Words, "more" | "less">;
}

export function Quote({ source, address, words = en }: QuoteProps) {
  const [open, setOpen] = useState(false);
  const long = source.quote.length > LONG_QUOTE;
  const clamped = long && !open;
  return (
    <figure className="quote">
      <figcaption>
        {address ? (
          <a href={address} target="_blank" rel="noreferrer">
            {source.title}
          </a>
        ) : (
          <>
            {source.title}{" "}
            <span className="muted small">
              {source.slug}
              {source.document_version !== undefined && `, v${source.document_version}`}
            </span>
          </>
        )}
      </figcaption>
      <blockquote data-clamped={clamped}>{unmarked(source.quote)}</blockquote>
      {long && (
        <button type="button" className="link-button small" onClick={() => setOpen(!open)}>
          {open ? words.less : words.more}
        </button>
      )}
    </figure>
  );
}
