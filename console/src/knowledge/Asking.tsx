// A question to the knowledge as a whole: sentences with what they rest on, a question back, or what
// is missing. Nothing is sent to anybody.
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
import { count, percent } from "../text/format";
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
  useShortcuts("Trying the knowledge", [
    { keys: "/", label: "Question", run: () => box.current?.focus() },
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
          <article key={key} className="stack" aria-label={`Question ${at + 1}`}>
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
          <Loading lines={3} label="The knowledge is asked" />
        </>
      )}
      {ask.isError && <Failure error={ask.error} retry={() => ask.mutate(ask.variables)} />}
      <form className="stack" onSubmit={submit}>
        <textarea
          ref={box}
          className="textarea ask-box"
          rows={2}
          aria-label={turns.length > 0 ? "What you say next" : "Question"}
          placeholder={turns.length > 0 ? "Go on" : "Ask as a customer would"}
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
            Ask
          </Button>
          {turns.length > 0 && (
            <Button
              onClick={() => {
                setTurns([]);
                ask.reset();
                box.current?.focus();
              }}
            >
              Begin anew
            </Button>
          )}
          <span className="muted small">Nothing is sent to anybody.</span>
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
            <h2 className="grow">It asks back</h2>
            <Badge tone="violet">Question back</Badge>
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
            <h2 className="grow">It does not answer</h2>
            <Badge tone="amber">Abstained</Badge>
          </div>
          <p>{answer.text}</p>
          <p className="small">
            A customer's question would go to a person. It is kept among the{" "}
            <Link to="/knowledge/gaps">gaps</Link>.
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
        <h2 className="grow">Answer</h2>
        <Badge tone="green">Answered</Badge>
        {answer.model && <span className="muted small">{answer.model}</span>}
      </div>
      <ul className="sentences" aria-label="Sentences">
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
                    aria-label={`Source ${index + 1}: ${sources[index]?.title ?? ""}`}
                    onClick={() => show(index)}
                  >
                    {index + 1}
                  </button>
                ))}
                <span className="muted small" title="How much of it its sources say">
                  {percent(sentence.support)}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      <h3>Rests on</h3>
      <ol ref={list} className="rests" aria-label="Sources">
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
                  Show it in the document
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
      <summary>{count(answer.left_out.length, "sentence")} left out: no source says it</summary>
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
        <span className="muted">Likely to be answered by what was found</span>
        <span>{percent(probability)}</span>
        <div className="grow">
          <Bar share={probability} label="Likely to be answered" />
        </div>
      </div>
      {reasons.length > 0 && <p className="muted">{reasons.join("; ")}</p>}
      {missing.length > 0 && (
        <p className="row">
          <span className="muted">Nothing found says:</span>
          {missing.map((word) => (
            <Badge key={word}>{word}</Badge>
          ))}
        </p>
      )}
    </div>
  );
}
