// The copilot beside the page: it stays while one goes from page to page.

import { Dialog } from "@base-ui/react/dialog";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { problemOf } from "../api/client";
import { idempotencyKey } from "../api/key";
import type { CopilotTurn } from "../api/words";
import { MOD } from "../keys/shortcuts";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Answer, lookedUp } from "./Answer";
import { lookingAt } from "./place";
import { type Question, threadQuery, underWay, useAsk, useStop } from "./queries";
import { Threads } from "./Threads";
import { useWriting } from "./writing";
import "./copilot.css";

const LONGEST = 2000;

const BEGINNINGS = [
  msg`Which tickets have waited longest for us?`,
  msg`What waits for a decision?`,
  msg`How is the desk doing?`,
  msg`Which runs failed?`,
  msg`What did we spend this month?`,
];

const ABOUT = {
  ticket: { chip: msg`This ticket`, ask: msg`Summarise this ticket` },
  customer: { chip: msg`This customer`, ask: msg`Tell me about this customer` },
  run: { chip: msg`This run`, ask: msg`What happened in this run?` },
  approval: { chip: msg`This approval`, ask: msg`Why does this approval wait?` },
} as const;

interface Props {
  open: boolean;
  narrow: boolean;
  onClose: () => void;
}

export default function CopilotPanel({ open, narrow, onClose }: Props) {
  if (!narrow) {
    return open ? (
      <aside className="copilot" aria-label={t`Copilot`}>
        <Talk onClose={onClose} onGo={() => {}} />
      </aside>
    ) : null;
  }
  return (
    <Dialog.Root open={open} onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className="copilot copilot-sheet" aria-label={t`Copilot`}>
          <Talk onClose={onClose} onGo={onClose} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

// Kept while the panel is closed, so that it opens where it was, for whoever left it there.
let left: { by?: string; thread?: string; draft: string } = { draft: "" };

function Talk({ onClose, onGo }: { onClose: () => void; onGo: () => void }) {
  const { userId } = useSession();
  if (left.by !== userId) left = { by: userId, draft: "" };
  const [thread, setThread] = useState(left.thread);
  const [listed, setListed] = useState(false);
  const [draft, setDraft] = useState(left.draft);
  const [removed, setRemoved] = useState<string>();
  const field = useRef<HTMLTextAreaElement>(null);
  const end = useRef<HTMLDivElement>(null);
  const path = useRouterState({ select: (state) => state.location.pathname });
  const here = lookingAt(path);
  const about = here && here.id !== removed ? here : undefined;
  const talk = useQuery({ ...threadQuery(thread ?? ""), enabled: thread !== undefined });
  const turns = thread ? (talk.data?.turns ?? []) : [];
  const last = turns.at(-1);
  const busy = underWay(last);
  const go = (id: string | undefined) => {
    left.thread = id;
    setThread(id);
    setListed(false);
    field.current?.focus();
  };
  const ask = useAsk((turn) => go(turn.thread_id));
  const stop = useStop();

  useEffect(() => {
    left.draft = draft;
  }, [draft]);
  useEffect(() => {
    field.current?.focus();
  }, []);
  const length = turns.length;
  const state = last?.state;
  // biome-ignore lint/correctness/useExhaustiveDependencies: it moves when there is something new to see
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [length, state, listed]);

  const put = (text: string, key: string = idempotencyKey()) => {
    const trimmed = text.trim();
    if (trimmed === "" || busy || ask.isPending) return;
    const question: Question = { thread, text: trimmed, lookingAt: about, key };
    // What stands in the field and was not asked stays.
    const asked = (now: string) => (now.trim() === trimmed ? "" : now);
    ask.mutate(question, { onSuccess: () => setDraft(asked) });
  };
  const gone = (id: string) => {
    if (id !== thread) return;
    left.thread = undefined;
    setThread(undefined);
  };

  const missing = talk.isError && problemOf(talk.error).status === 404;
  return (
    <>
      <header className="copilot-head">
        <h2 className="grow">
          <Trans>Copilot</Trans>
        </h2>
        <Button
          size="small"
          tone="quiet"
          onClick={() => go(undefined)}
          disabled={!thread && !listed}
        >
          <Trans>New</Trans>
        </Button>
        <Button size="small" tone="quiet" aria-pressed={listed} onClick={() => setListed(!listed)}>
          <Trans>Conversations</Trans>
        </Button>
        <Button size="small" tone="quiet" onClick={onClose} aria-label={t`Close the copilot`}>
          ✕
        </Button>
      </header>
      <div
        className="copilot-talk"
        role="region"
        aria-label={t`Questions and answers`}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and may hold nothing to focus
        tabIndex={0}
      >
        {listed ? (
          <Threads onOpen={go} onGone={gone} />
        ) : thread && talk.isPending ? (
          <Loading label={t`Loading the conversation`} />
        ) : thread && talk.isError && !talk.data ? (
          missing ? (
            <p className="muted">
              <Trans>This conversation is not there any more.</Trans>
            </p>
          ) : (
            <Failure error={talk.error} retry={() => talk.refetch()} />
          )
        ) : turns.length > 0 ? (
          turns.map((turn, at) => (
            <Answer
              key={turn.seq}
              turn={turn}
              last={at === turns.length - 1}
              onGo={onGo}
              onAsk={put}
            />
          ))
        ) : (
          <Beginning about={about && t(ABOUT[about.kind].ask)} onAsk={put} />
        )}
        <div ref={end} />
      </div>
      <Told turn={last} />
      {ask.isError && (
        <div className="copilot-error">
          <Failure error={ask.error} retry={() => ask.variables && ask.mutate(ask.variables)} />
        </div>
      )}
      <form
        className="copilot-form"
        onSubmit={(event) => {
          event.preventDefault();
          put(draft);
        }}
      >
        {about && (
          <span className="copilot-chip">
            {t(ABOUT[about.kind].chip)}
            <button
              type="button"
              aria-label={t`Do not speak about ${t(ABOUT[about.kind].chip).toLowerCase()}`}
              onClick={() => setRemoved(about.id)}
            >
              ✕
            </button>
          </span>
        )}
        <textarea
          ref={field}
          className="input"
          rows={2}
          maxLength={LONGEST}
          aria-label={t`Question to the copilot`}
          placeholder={t`Ask about tickets, customers, runs, knowledge, figures…`}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
              event.preventDefault();
              put(draft);
            }
            if (event.key === "Escape") onClose();
          }}
        />
        <div className="copilot-send">
          <span className="muted small grow">
            <Trans>It reads what you may read. What it proposes waits for a person.</Trans>
          </span>
          {busy && last ? (
            <Button
              size="small"
              busy={stop.isPending}
              onClick={() =>
                stop.mutate(last, {
                  onError: (error) => tell(t`It was not stopped`, "error", error.message),
                })
              }
            >
              <Trans>Stop</Trans>
            </Button>
          ) : (
            <Button size="small" tone="primary" type="submit" busy={ask.isPending}>
              <Trans>Ask</Trans>
            </Button>
          )}
        </div>
      </form>
    </>
  );
}

function Beginning({ about, onAsk }: { about?: string; onAsk: (text: string) => void }) {
  return (
    <div className="copilot-beginning">
      <p>
        <Trans>
          Ask in your own words. Answers say what they rest on, and see what you may see. Press{" "}
          <kbd className="kbd">{MOD}</kbd> <kbd className="kbd">J</kbd> to come here from any page.
        </Trans>
      </p>
      <ul className="copilot-next" aria-label={t`Questions to begin with`}>
        {[...(about ? [about] : []), ...BEGINNINGS.map((each) => t(each))].map((text) => (
          <li key={text}>
            <Button size="small" onClick={() => onAsk(text)}>
              {text}
            </Button>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Tells a screen reader what becomes of the question. */
function Told({ turn }: { turn?: CopilotTurn }) {
  const { looks } = useWriting(turn?.run_id ?? "");
  const seen = useRef<string>(undefined);
  const name = turn ? `${turn.thread_id}/${turn.seq}` : "";
  // An answer that was there when the conversation was opened is no news.
  if (turn && underWay(turn)) seen.current = name;
  const news = seen.current === name && turn !== undefined;
  const words = !news
    ? ""
    : underWay(turn)
      ? looks.length > 0
        ? t`Looking at ${lookedUp(looks)}`
        : t`Looking`
      : turn.answer
        ? t`Answer: ${turn.answer.statements.map((each) => each.text).join(" ")}`
        : turn.state === "stopped"
          ? t`Stopped`
          : t`No answer: ${turn.why ?? ""}`;
  return (
    <div role="status" className="sr-only">
      {words}
    </div>
  );
}
