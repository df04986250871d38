// A question to the knowledge as a whole: sentences with what they rest on, a question back, or what
// is missing. Nothing is sent to anybody.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { type FormEvent, useRef, useState } from "react";
import { api, send } from "../api/client";
import type { Answered, Audience } from "../api/words";
import { Bar } from "../approvals/Bar";
import { useShortcuts } from "../keys/shortcuts";
import { Quote } from "../messages/Answer";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Markdown } from "../parts/Markdown";
import { Failure, Loading } from "../parts/states";
import { percent } from "../text/format";
import { numbered } from "./asking";
import { PassageVerdicts } from "./PassageVerdicts";

interface Turn {
  question: string;
  answer: Answered;
}

const MOST_TURNS = 10;

interface Props {
  audience: Audience;
  customer?: string;
  question: string;
  onQuestion: (question: string) => void;
}

export function Asking({ audience, customer, question, onQuestion }: Props) {
  const client = useQueryClient();
  const box = useRef<HTMLTextAreaElement>(null);
  const [turns, setTurns] = useState<Turn[]>([]);
  useShortcuts(t`Trying the knowledge`, [
    { keys: "/", label: t`Question`, run: () => box.current?.focus() },
  ]);
  const ask = useMutation({
    mutationFn: (asked: string) =>
      send(
        api.POST("/v1/knowledge/answer", {
          body: {
            question: asked,
            audience,
            customer_id: customer,
            turns: turns.slice(-MOST_TURNS).flatMap((turn) => [
              { from_customer: true, text: turn.question },
              { from_customer: false, text: turn.answer.text || "…" },
            ]),
          },
        }),
      ),
    onSuccess: async (answer, asked) => {
      setTurns((before) => [...before, { question: asked, answer }]);
      onQuestion("");
      // What cannot be answered is kept as a gap.
      if (answer.outcome !== "answered") {
        await client.invalidateQueries({ queryKey: ["knowledge", "gaps"] });
      }
    },
  });
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    if (question.trim() && !ask.isPending) ask.mutate(question.trim());
  };
  return (
    <div className="stack">
      {turns.map((turn, at) => {
        const key = `${at}`;
        const last = at === turns.length - 1;
        return (
          <article key={key} className="stack" aria-label={t`Question ${at + 1}`}>
            <p className="asked">{turn.question}</p>
            <Ended
              turn={turn}
              onSay={last ? (text) => !ask.isPending && ask.mutate(text) : undefined}
            />
          </article>
        );
      })}
      {ask.isPending && (
        <>
          <p className="asked">{ask.variables}</p>
          <Loading lines={3} label={t`The knowledge is asked`} />
        </>
      )}
      {ask.isError && <Failure error={ask.error} retry={() => ask.mutate(ask.variables)} />}
      <form className="stack" onSubmit={submit}>
        <textarea
          ref={box}
          className="textarea ask-box"
          rows={2}
          aria-label={turns.length > 0 ? t`What you say next` : t`Question`}
          placeholder={turns.length > 0 ? t`Go on` : t`Ask as a customer would`}
          maxLength={2000}
          value={question}
          onChange={(event) => onQuestion(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") event.currentTarget.blur();
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault();
              submit();
            }
          }}
        />
        <div className="row">
          <Button
            type="submit"
            tone="primary"
            keys="⏎"
            busy={ask.isPending}
            disabled={question.trim() === ""}
          >
            <Trans>Ask</Trans>
          </Button>
          {turns.length > 0 && (
            <Button
              onClick={() => {
                setTurns([]);
                ask.reset();
                box.current?.focus();
              }}
            >
              <Trans>Begin anew</Trans>
            </Button>
          )}
          <span className="muted small">
            <Trans>Nothing is sent to anybody.</Trans>
          </span>
        </div>
      </form>
    </div>
  );
}

function Ended({ turn, onSay }: { turn: Turn; onSay?: (text: string) => void }) {
  const { answer } = turn;
  switch (answer.outcome) {
    case "answered":
      return <Reply answer={answer} />;
    case "asked_back":
      return (
        <section className="card section">
          <div className="row">
            <h2 className="grow">
              <Trans>It asks back</Trans>
            </h2>
            <Badge tone="violet">
              <Trans>Question back</Trans>
            </Badge>
          </div>
          <p>{answer.text}</p>
          {onSay && (answer.answerability.underspecified?.alternatives.length ?? 0) > 0 && (
            <div className="row">
              {answer.answerability.underspecified?.alternatives.map((alternative) => (
                <Button key={alternative} size="small" onClick={() => onSay(alternative)}>
                  {alternative}
                </Button>
              ))}
            </div>
          )}
          <Judged answer={answer} />
        </section>
      );
    case "abstained":
      return (
        <section className="card section">
          <div className="row">
            <h2 className="grow">
              <Trans>It does not answer</Trans>
            </h2>
            <Badge tone="amber">
              <Trans>Abstained</Trans>
            </Badge>
          </div>
          <p>{answer.text}</p>
          <p className="small">
            <Trans>
              A customer's question would go to a person. It is kept among the{" "}
              <Link to="/knowledge/gaps">gaps</Link>.
            </Trans>
          </p>
          <LeftOut answer={answer} />
          <Judged answer={answer} />
        </section>
      );
  }
}

function Reply({ answer }: { answer: Answered }) {
  const { sources, marks } = numbered(answer.sentences);
  const list = useRef<HTMLOListElement>(null);
  const show = (index: number) => {
    const item = list.current?.children[index];
    if (item instanceof HTMLElement) item.focus();
  };
  return (
    <section className="card section">
      <div className="row">
        <h2 className="grow">
          <Trans>Answer</Trans>
        </h2>
        <Badge tone="green">
          <Trans>Answered</Trans>
        </Badge>
        {answer.model && <span className="muted small">{answer.model}</span>}
      </div>
      <ul className="sentences" aria-label={t`Sentences`}>
        {answer.sentences.map((sentence, at) => {
          const key = `${at}`;
          return (
            <li key={key} className="sentence">
              <div className="grow">
                <Markdown text={sentence.text} level={3} />
              </div>
              <span className="sentence-marks">
                {marks[at]?.map((index) => (
                  <button
                    key={index}
                    type="button"
                    className="mark"
                    aria-label={t`Source ${index + 1}: ${sources[index]?.title ?? ""}`}
                    onClick={() => show(index)}
                  >
                    {index + 1}
                  </button>
                ))}
                <span className="muted small" title={t`How much of it its sources say`}>
                  {percent(sentence.support)}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      <h3>
        <Trans>Rests on</Trans>
      </h3>
      <ol ref={list} className="rests" aria-label={t`Sources`}>
        {sources.map((source, at) => (
          <li key={`${source.chunk_id}-${source.quote}`} tabIndex={-1}>
            <span className="source-number" aria-hidden="true">
              {at + 1}
            </span>
            <div className="grow stack-tight">
              <Quote source={source} />
              <div className="row">
                <Link
                  className="small"
                  to="/knowledge/documents/$id"
                  params={{ id: source.document_id }}
                  search={{ chunk: source.chunk_id }}
                >
                  <Trans>Show it in the document</Trans>
                </Link>
                <PassageVerdicts chunkId={source.chunk_id} title={source.title} />
              </div>
            </div>
          </li>
        ))}
      </ol>
      <LeftOut answer={answer} />
      <Judged answer={answer} />
    </section>
  );
}

function LeftOut({ answer }: { answer: Answered }) {
  if (answer.left_out.length === 0) return null;
  return (
    <details className="small">
      <summary>
        <Trans>
          <Plural value={answer.left_out.length} one="# sentence" other="# sentences" /> left out:
          no source says it
        </Trans>
      </summary>
      <ul className="left-out">
        {answer.left_out.map(({ text, why }) => (
          <li key={text}>
            <del>{text}</del> <span className="muted">{why}</span>
          </li>
        ))}
      </ul>
    </details>
  );
}

function Judged({ answer }: { answer: Answered }) {
  const { probability, reasons, missing } = answer.answerability;
  return (
    <div className="judged small">
      <div className="row">
        <span className="muted">
          <Trans>Likely to be answered by what was found</Trans>
        </span>
        <span>{percent(probability)}</span>
        <div className="grow">
          <Bar share={probability} label={t`Likely to be answered`} />
        </div>
      </div>
      {reasons.length > 0 && <p className="muted">{reasons.join("; ")}</p>}
      {missing.length > 0 && (
        <p className="row">
          <span className="muted">
            <Trans>Nothing found says:</Trans>
          </span>
          {missing.map((word) => (
            <Badge key={word}>{word}</Badge>
          ))}
        </p>
      )}
    </div>
  );
}
