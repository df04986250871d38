// A conversation with its composer: the same on the chat page, in the help centre and in the widget.
import { useEffect, useId, useRef, useState } from "react";
import { problemOf } from "../api/client";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { fill, type Words } from "../widget/words/words";
import { rateAnswer, type State, useConversation } from "./conversation";
import { forget, type Held } from "./held";
import { Said } from "./Said";
import { useWords } from "./words";
import { Left, LONGEST, sendOnEnter } from "./writing";

interface Props {
  conversation: Held;
  workspace?: string;
  /** The token opens nothing any more. */
  onEnded: () => void;
  /** How many messages of others there are. */
  onHeard?: (count: number) => void;
}

export function Talk({ conversation, workspace, onEnded, onHeard }: Props) {
  const words = useWords();
  const { state, say } = useConversation(conversation);
  const main = useRef<HTMLDivElement>(null);
  const said =
    state.messages.length + state.outgoing.length + (state.draft?.text.length ?? 0) + +state.typing;
  const status = state.phase === "failed" ? problemOf(state.problem).status : 0;
  const ended = status === 401 || status === 403 || status === 404;
  const heard = state.messages.filter((message) => message.from !== "visitor").length;
  const loaded = state.phase === "ready";

  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever was said last is shown
  useEffect(() => {
    main.current?.scrollTo({ top: main.current.scrollHeight });
  }, [said, state.phase]);

  // What was said while nothing of it was shown is shown with it.
  const shown = state.phase !== "failed" || state.messages.length > 0;
  useEffect(() => {
    const log = main.current;
    if (!log || !shown) return;
    let height = log.clientHeight;
    const observer = new ResizeObserver(() => {
      if (height === 0) log.scrollTo({ top: log.scrollHeight });
      height = log.clientHeight;
    });
    observer.observe(log);
    return () => observer.disconnect();
  }, [shown]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the callbacks are not what it waits for
  useEffect(() => {
    if (loaded) onHeard?.(heard);
  }, [heard, loaded]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: the callback is not what it waits for
  useEffect(() => {
    if (!ended) return;
    forget(conversation.id);
    onEnded();
  }, [ended, conversation.id]);

  if (!shown) {
    return (
      <div className="chat-start stack">
        {!ended && <Failure error={state.problem} words={words} />}
      </div>
    );
  }

  return (
    <>
      <div className="chat-main" ref={main}>
        {state.lost && (
          <p className="offline-note" role="status">
            {words.connectionLost}
          </p>
        )}
        <div className="chat-log" role="log" aria-label={words.conversation} aria-live="polite">
          {state.phase === "loading" && <Loading lines={3} label={words.loading} />}
          {state.messages.map((message) => (
            <Said
              key={message.id}
              message={message}
              rate={(helpful) => rateAnswer(conversation, message.id, helpful)}
              workspace={workspace}
            />
          ))}
          {state.outgoing.map((message) => (
            <div key={message.key} className="said" data-from="visitor">
              <div className="said-body" data-waiting={message.error === undefined}>
                <div className="message-text">{message.body}</div>
              </div>
              {message.error ? (
                <div className="said-foot said-failed">
                  {fill(words.notSent, { error: message.error })}{" "}
                  <button
                    type="button"
                    className="link-button"
                    onClick={() => void say(message.body, message.key)}
                  >
                    {words.sendAgain}
                  </button>
                </div>
              ) : (
                <div className="said-foot">{words.sending}</div>
              )}
            </div>
          ))}
          {state.draft && (
            <div className="said" data-from="assistant" aria-hidden="true">
              <div className="said-body">
                <div className="message-text">{state.draft.text}</div>
              </div>
            </div>
          )}
        </div>
        <Standing state={state} words={words} />
      </div>
      <Composer say={say} wish={loaded && mayWish(state, words.wish)} words={words} />
    </>
  );
}

/** Nobody has been asked yet, and the wish is not on its way either. */
export function mayWish(
  state: Pick<State, "handedOff" | "messages" | "outgoing">,
  wish: string,
): boolean {
  if (state.handedOff) return false;
  const staff = state.messages.findLastIndex((message) => message.from === "staff");
  const since = state.messages.slice(staff + 1);
  return (
    since.every((message) => message.body !== wish) &&
    state.outgoing.every((message) => message.body !== wish)
  );
}

/** How the conversation stands, in words: only what is so, and never before it is. */
function Standing({ state, words }: { state: State; words: Words }) {
  const over = state.status === "resolved" || state.status === "closed";
  // A draft or an action waits for somebody's decision; nobody has taken over.
  const checked = state.status === "waiting_for_staff" && !state.handedOff && !state.typing;
  return (
    <div role="status" aria-live="polite" className="chat-state">
      {state.typing && !state.draft && (
        <span className="chat-typing">
          <span className="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span className="sr-only">{words.assistantWrites}</span>
        </span>
      )}
      {state.handedOff && <p className="chat-handoff">{words.handedOff}</p>}
      {checked && <p className="chat-handoff">{words.checked}</p>}
      {over && <p className="chat-over muted">{words.resolved}</p>}
    </div>
  );
}

interface ComposerProps {
  say: (body: string) => Promise<void>;
  /** Whether to offer a person. */
  wish: boolean;
  words: Words;
}

function Composer({ say, wish, words }: ComposerProps) {
  const [text, setText] = useState("");
  const box = useRef<HTMLTextAreaElement>(null);
  const boxId = useId();
  return (
    <form
      className="chat-composer"
      onSubmit={(event) => {
        event.preventDefault();
        const body = text.trim();
        if (body === "") return;
        setText("");
        box.current?.focus();
        void say(body);
      }}
    >
      <Left text={text} />
      <div className="chat-write">
        <label className="sr-only" htmlFor={boxId}>
          {words.yourMessage}
        </label>
        <textarea
          id={boxId}
          ref={box}
          rows={1}
          placeholder={words.writeMessage}
          maxLength={LONGEST}
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={sendOnEnter}
        />
        <Button type="submit" tone="primary" disabled={text.trim() === ""}>
          {words.send}
        </Button>
      </div>
      {wish && (
        <button
          type="button"
          className="link-button chat-wish"
          onClick={() => {
            box.current?.focus();
            void say(words.wish);
          }}
        >
          {words.talkToPerson}
        </button>
      )}
    </form>
  );
}
