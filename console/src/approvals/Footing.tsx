// What a proposed text rests on: each of its sentences with the source that carries it, and each source with
// what it says of the text. Whoever looks at a sentence sees its place in the source, and the other way round.

import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Fragment, type ReactNode, type RefObject, useRef, useState } from "react";
import type { FieldFinding, Footing, FootingPart, FootingPlace, Stands } from "../api/words";
import { MessageText } from "../messages/MessageText";
import { unmarked } from "../messages/marks";
import { Segments } from "../personal/Marked";
import { segments, within } from "../personal/segments";
import { evidenceMark } from "../review/attention";
import { Way } from "../shell/Way";
import { sentencesOf, shortened, sourceTitle, standing } from "./sentences";
import "./footing.css";

/** Which sentence is looked at, and the marked places, for whoever shows one of both. */
export interface Looking {
  sentence: number | undefined;
  look: (sentence: number | undefined) => void;
  places: RefObject<Map<string, HTMLElement>>;
}

export function useLooking(): Looking {
  const [sentence, look] = useState<number>();
  const places = useRef(new Map<string, HTMLElement>());
  return { sentence, look, places };
}

const nameOf = ({ source, piece }: FootingPlace) => `${source}.${piece}`;

export function FootedText({
  text,
  html,
  footing,
  findings,
  looking,
}: {
  text: string;
  html?: string | null;
  footing: Footing;
  findings: FieldFinding[];
  looking: Looking;
}) {
  /** Words of a sentence, with its mark behind the last of them. */
  const footed = (number: number, words: ReactNode, last: boolean) => {
    const sentence = footing.sentences[number];
    if (!sentence) return words;
    return (
      <span
        className="footed"
        data-stands={sentence.stands}
        data-looked={looking.sentence === number}
      >
        {words}
        {last && <Mark number={number} {...sentence} footing={footing} looking={looking} />}
      </span>
    );
  };
  return (
    <>
      {html ? (
        <MessageText text={text} html={html} findings={findings} sentence={footed} />
      ) : (
        <Plain text={text} footing={footing} findings={findings} footed={footed} />
      )}
      <p className="small muted footing-sum">{standing(footing.sentences)}</p>
    </>
  );
}

function Plain({
  text,
  footing,
  findings,
  footed,
}: {
  text: string;
  footing: Footing;
  findings: FieldFinding[];
  footed: (number: number, words: ReactNode, last: boolean) => ReactNode;
}) {
  const personal = segments(text, findings);
  return (
    <div className="message-text">
      {sentencesOf(text, footing.sentences).map(({ at, length, number }) => {
        const shown = <Segments of={within(personal, at, length)} />;
        return (
          <Fragment key={at}>{number === undefined ? shown : footed(number, shown, true)}</Fragment>
        );
      })}
    </div>
  );
}

const SIGNS: Record<Stands, string> = {
  carried: "✓",
  uncarried: "?",
  stray: "?",
  denied: "≠",
  claims_nothing: "",
};
const MEANINGS: Record<Stands, MessageDescriptor | undefined> = {
  carried: msg`The records of this run say so`,
  uncarried: msg`No source says this`,
  stray: msg`No source has a value or name in this`,
  denied: msg`The source says the opposite`,
  claims_nothing: undefined,
};

function Mark({
  number,
  stands,
  at,
  footing,
  looking,
}: {
  number: number;
  stands: Stands;
  at?: FootingPlace | null;
  footing: Footing;
  looking: Looking;
}) {
  if (stands === "claims_nothing") return null;
  const source = at ? footing.sources[at.source] : undefined;
  const described = MEANINGS[stands];
  const meaning = described ? t(described) : "";
  if (!at || !source) {
    return (
      <span className="mark footing-sign" data-stands={stands} title={meaning}>
        <span aria-hidden="true">{SIGNS[stands]}</span>
        <span className="sr-only"> ({meaning}) </span>
      </span>
    );
  }
  const title = t`source ${at.source + 1}: ${sourceTitle(source)}`;
  const label = stands === "carried" ? t`Rests on ${title}` : `${meaning}: ${title}`;
  return (
    <button
      type="button"
      className="mark footing-sign"
      data-stands={stands}
      title={label}
      aria-label={label}
      onPointerEnter={() => looking.look(number)}
      onPointerLeave={() => looking.look(undefined)}
      onFocus={() => looking.look(number)}
      onBlur={() => looking.look(undefined)}
      onClick={() => {
        const place = looking.places.current.get(nameOf(at));
        place?.focus();
        place?.scrollIntoView({ block: "center" });
        looking.look(number);
      }}
    >
      {stands === "carried" ? at.source + 1 : `${SIGNS[stands]}${at.source + 1}`}
    </button>
  );
}

export function FootingSources({
  footing,
  looking,
  linked = true,
}: {
  footing: Footing;
  looking: Looking;
  /** Whether whoever looks can open documents here. */
  linked?: boolean;
}) {
  // Sources of one approval never change places, so that their position is their identity.
  const sources = footing.sources.map((source, at) => ({ source, at, key: `${at}` }));
  return (
    <ol className="stack footing-sources">
      {sources.map(({ source, at, key }) => (
        <li key={key}>
          <Source source={source} at={at} footing={footing} looking={looking} linked={linked} />
        </li>
      ))}
    </ol>
  );
}

function Source({
  source,
  at,
  footing,
  looking,
  linked,
}: {
  source: FootingPart;
  at: number;
  footing: Footing;
  looking: Looking;
  linked: boolean;
}) {
  const [open, setOpen] = useState(false);
  const pieces = source.pieces.map((piece, number) => ({
    ...piece,
    name: nameOf({ source: at, piece: number }),
    shown: open ? piece.text : shortened(source.pieces, number),
  }));
  const longer = source.pieces.some(
    (piece, number) => shortened(source.pieces, number) !== piece.text,
  );
  const carries = source.pieces.some((piece) => piece.sentences.length > 0);
  const first = source.pieces.find((piece) => piece.sentences.length > 0)?.span;
  return (
    <figure
      className="quote"
      aria-label={t`Source ${at + 1}`}
      {...evidenceMark(source.number == null ? undefined : source.number - 1)}
    >
      <figcaption>
        <span className="mark footing-sign" aria-hidden="true">
          {at + 1}
        </span>{" "}
        {linked && source.document_id ? (
          <Way
            to="/knowledge/documents/$id"
            params={{ id: source.document_id }}
            search={{
              version: source.document_version ?? undefined,
              at: first ? `${first.start}-${first.end}` : undefined,
            }}
          >
            {sourceTitle(source)}
          </Way>
        ) : (
          sourceTitle(source)
        )}{" "}
        <span className="muted small">
          {source.document_version != null && t`version ${source.document_version}`}
          {source.number != null && t`, cited as [${source.number}]`}
        </span>
      </figcaption>
      <blockquote>
        {pieces.map((piece) =>
          piece.sentences.length === 0 ? (
            <span key={piece.name}>{unmarked(piece.shown)}</span>
          ) : (
            <mark
              key={piece.name}
              ref={(element) => {
                if (element) looking.places.current.set(piece.name, element);
                else looking.places.current.delete(piece.name);
              }}
              tabIndex={-1}
              className="footing-place"
              data-looked={
                looking.sentence !== undefined && piece.sentences.includes(looking.sentence)
              }
            >
              {unmarked(piece.shown)}
              <span className="sr-only"> ({saysOf(piece.sentences, footing)})</span>
            </mark>
          ),
        )}
      </blockquote>
      {!carries && (
        <p className="muted small">
          <Trans>Cited, but no sentence rests on it.</Trans>
        </p>
      )}
      {longer && (
        <button type="button" className="link-button small" onClick={() => setOpen(!open)}>
          {open ? t`Less of it` : t`The whole passage`}
        </button>
      )}
    </figure>
  );
}

function saysOf(sentences: number[], footing: Footing): string {
  const denies = sentences.some((each) => footing.sentences[each]?.stands === "denied");
  const which = sentences.map((each) => each + 1).join(", ");
  return denies
    ? plural(sentences.length, {
        one: `denies sentence ${which}`,
        other: `denies sentences ${which}`,
      })
    : plural(sentences.length, {
        one: `carries sentence ${which}`,
        other: `carries sentences ${which}`,
      });
}
