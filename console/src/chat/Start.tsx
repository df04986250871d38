// How a conversation begins: what one wants, and who one is if one likes to say.
import { type FormEvent, useState } from "react";
import { api, type Problem, problemOf, send } from "../api/client";
import { ORIGIN } from "../api/origin";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { keep } from "./held";
import { useWords } from "./words";
import { Left, LONGEST, sendOnEnter } from "./writing";

interface Props {
  /** What is said first. */
  greeting: string;
  workspace?: string;
}

export function Start({ greeting, workspace }: Props) {
  const words = useWords();
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem>();

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const body = message.trim();
    if (busy || body === "") return;
    const form = new FormData(event.currentTarget);
    const given = (name: string) => String(form.get(name) ?? "").trim() || undefined;
    setBusy(true);
    setProblem(undefined);
    try {
      const started = await send(
        api.POST("/v1/conversations", {
          body: { message: body, name: given("name"), email: given("email"), workspace },
        }),
      );
      keep(started, body);
    } catch (error) {
      const failed = problemOf(error);
      if (failed.offline && ORIGIN !== "" && navigator.onLine) {
        console.warn(
          `Countersign: ${ORIGIN} did not answer this page. Is ${location.origin} listed in its [chat] sites?`,
        );
      }
      setProblem(failed);
      setBusy(false);
    }
  };

  return (
    <div className="chat-start">
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <p className="chat-greeting">{greeting}</p>
        {problem && <Failure error={problem} words={words} />}
        <label className="field">
          <span className="field-label">{words.howCanWeHelp}</span>
          <textarea
            className="textarea"
            required
            maxLength={LONGEST}
            value={message}
            onInput={(event) => setMessage(event.currentTarget.value)}
            onKeyDown={sendOnEnter}
          />
        </label>
        <Left text={message} />
        <div className="chat-start-who">
          <label className="field">
            <span className="field-label">
              {words.name} <span className="field-hint">{words.optional}</span>
            </span>
            <input className="input" name="name" autoComplete="name" maxLength={100} />
          </label>
          <label className="field">
            <span className="field-label">
              {words.email} <span className="field-hint">{words.optional}</span>
            </span>
            <input
              className="input"
              name="email"
              type="email"
              autoComplete="email"
              maxLength={254}
            />
            <span className="field-hint">{words.whyEmail}</span>
          </label>
        </div>
        <Button type="submit" tone="primary" busy={busy}>
          {busy ? words.starting : words.startChat}
        </Button>
      </form>
    </div>
  );
}
