// The customer's page: a start form, then the conversation. It has none of the staff's frame and
// may stand in an iframe on any site.
import { useMutation } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { type FormEvent, useEffect, useId, useRef, useState } from "react";
import { api, problemOf, send } from "../api/client";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { useKept } from "../parts/store";
import { useTitle } from "../parts/title";
import { type Held, held, useConversation } from "./conversation";
import { Said } from "./Said";
import "./chat.css";

const LONGEST = 8000;

export function ChatPage() {
  useTitle("Chat");
  const { embed } = useSearch({ from: "/chat" });
  const conversation = useKept(held);
  return (
    <div className="chat" data-embed={embed === true}>
      {conversation ? (
        <Conversation key={conversation.id} conversation={conversation} />
      ) : (
        <Start />
      )}
    </div>
  );
}

function Head({ children }: { children?: React.ReactNode }) {
  return (
    <header className="chat-head">
      <h1>Ask us</h1>
      {children}
    </header>
  );
}

function Start() {
  const [message, setMessage] = useState("");
  const start = useMutation({
    mutationFn: (body: { message: string; name?: string; email?: string }) =>
      send(api.POST("/v1/conversations", { body })),
    onSuccess: (started) => held.set({ id: started.conversation_id, token: started.token }),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (start.isPending || message.trim() === "") return;
    const form = new FormData(event.currentTarget);
    const given = (name: string) => String(form.get(name) ?? "").trim() || undefined;
    start.mutate({ message: message.trim(), name: given("name"), email: given("email") });
  };
  return (
    <>
      <Head />
      <main className="chat-start">
        <form className="stack" onSubmit={submit}>
          <p className="muted">
            An assistant answers at once, with its sources. When it is not sure, a person takes
            over.
          </p>
          {start.isError && <Failure error={start.error} />}
          <label className="field">
            <span className="field-label">How can we help?</span>
            <textarea
              className="textarea"
              required
              maxLength={LONGEST}
              value={message}
              onChange={(event) => setMessage(event.target.value)}
              onKeyDown={sendOnEnter}
            />
          </label>
          <div className="chat-start-who">
            <label className="field">
              <span className="field-label">
                Name <span className="field-hint">optional</span>
              </span>
              <input className="input" name="name" autoComplete="name" maxLength={100} />
            </label>
            <label className="field">
              <span className="field-label">
                Email <span className="field-hint">optional</span>
              </span>
              <input
                className="input"
                name="email"
                type="email"
                autoComplete="email"
                maxLength={254}
              />
              <span className="field-hint">Needed for questions about an order.</span>
            </label>
          </div>
          <Button type="submit" tone="primary" busy={start.isPending}>
            {start.isPending ? "Starting…" : "Start chat"}
          </Button>
        </form>
      </main>
    </>
  );
}

function sendOnEnter(event: React.KeyboardEvent<HTMLTextAreaElement>) {
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

function Conversation({ conversation }: { conversation: Held }) {
  const { state, say } = useConversation(conversation);
  const [text, setText] = useState("");
  const end = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const boxId = useId();
  const over = state.status === "resolved" || state.status === "closed";
  // A draft or an action waits for somebody's decision; nobody has taken over.
  const checked = state.status === "waiting_for_staff" && !state.handedOff && !state.typing;
  const said =
    state.messages.length + state.outgoing.length + (state.draft?.text.length ?? 0) + +state.typing;

  // biome-ignore lint/correctness/useExhaustiveDependencies: whatever was said last is shown
  useEffect(() => {
    end.current?.scrollIntoView({ block: "end" });
  }, [said, state.phase]);

  const startAnew = () => held.set(null);

  if (state.phase === "failed" && state.messages.length === 0) {
    const problem = problemOf(state.problem);
    const ended = problem.status === 401 || problem.status === 403 || problem.status === 404;
    return (
      <>
        <Head />
        <main className="chat-start stack">
          {ended ? <p>This conversation has ended.</p> : <Failure error={problem} />}
          <Button tone={ended ? "primary" : "plain"} onClick={startAnew}>
            Start a new conversation
          </Button>
        </main>
      </>
    );
  }

  return (
    <>
      <Head>
        <Button size="small" tone="quiet" onClick={startAnew}>
          New conversation
        </Button>
      </Head>
      <main className="chat-main">
        {state.lost && (
          <p className="offline-note" role="status">
            Connection lost; reconnecting…
          </p>
        )}
        <div className="chat-log" role="log" aria-label="Conversation" aria-live="polite">
          {state.phase === "loading" && <Loading lines={3} />}
          {state.messages.map((message) => (
            <Said key={message.id} message={message} />
          ))}
          {state.outgoing.map((message) => (
            <div key={message.key} className="said" data-from="visitor">
              <div className="said-body" data-waiting={message.error === undefined}>
                <div className="message-text">{message.body}</div>
              </div>
              {message.error ? (
                <div className="said-foot said-failed">
                  Not sent: {message.error}{" "}
                  <button
                    type="button"
                    className="link-button"
                    onClick={() => void say(message.body, message.key)}
                  >
                    Send again
                  </button>
                </div>
              ) : (
                <div className="said-foot">Sending…</div>
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
        <div role="status" aria-live="polite" className="chat-state">
          {state.typing && !state.draft && (
            <span className="chat-typing">
              <span className="dots" aria-hidden="true">
                <i />
                <i />
                <i />
              </span>
              <span className="sr-only">The assistant is writing</span>
            </span>
          )}
          {state.handedOff && (
            <p className="chat-handoff">
              A person has been asked to take over and will answer here. You can close this page and
              come back to it.
            </p>
          )}
          {checked && (
            <p className="chat-handoff">
              A person is checking this, and the answer comes here. You can close this page and come
              back to it.
            </p>
          )}
          {over && <p className="chat-over muted">Resolved. Write again if something is left.</p>}
        </div>
        <div ref={end} />
      </main>
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
        <label className="sr-only" htmlFor={boxId}>
          Your message
        </label>
        <textarea
          id={boxId}
          ref={box}
          rows={1}
          placeholder="Write a message"
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.target.value)}
          onKeyDown={sendOnEnter}
        />
        <Button type="submit" tone="primary" disabled={text.trim() === ""}>
          Send
        </Button>
      </form>
    </>
  );
}
