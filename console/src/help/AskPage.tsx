// Writing to us. While somebody writes, articles that may answer it are suggested beside; what is
// sent becomes a conversation of this browser.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, type Problem, problemOf, send } from "../api/client";
import { keep } from "../chat/held";
import { Left, LONGEST } from "../chat/writing";
import { Button } from "../parts/Button";
import { useKeyOf } from "../parts/keyOf";
import { useSettled } from "../parts/settled";
import { Failure } from "../parts/states";
import { useTitle } from "../parts/title";
import { useCustomer } from "../portal/session";
import { ArticleLink } from "./HelpPage";
import { articlesQuery } from "./queries";

const SUBJECT = 150;
/** Shorter ones find anything. */
const ASKED_FROM = 8;
const SUGGESTED = 4;
/** Characters that a search takes. */
const SEARCHED = 300;

export function AskPage() {
  useTitle(t`Write to us`);
  const { workspace } = useSearch({ from: "/help" });
  const navigate = useNavigate();
  const customer = useCustomer(workspace);
  const [subject, setSubject] = useState("");
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  // What was taken and not answered is not asked twice.
  const key = useKeyOf(`${subject.trim()}\n${message.trim()}`);
  const [problem, setProblem] = useState<Problem>();
  const asked = useSettled(`${subject} ${message}`.trim().slice(0, SEARCHED), 400);
  const suggestions = useQuery({
    ...articlesQuery(workspace, asked),
    enabled: asked.length >= ASKED_FROM,
  });
  const articles = asked.length >= ASKED_FROM ? (suggestions.data?.items ?? []) : [];

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    if (busy) return;
    const form = new FormData(event.currentTarget);
    const given = (name: string) => String(form.get(name) ?? "").trim() || undefined;
    setBusy(true);
    setProblem(undefined);
    const search = workspace ? { workspace } : {};
    if (customer) {
      try {
        const { id } = await send(
          api.POST("/v1/portal/tickets", {
            body: { subject: subject.trim(), body: message.trim() },
            headers: { "Idempotency-Key": key },
          }),
        );
        await navigate({ to: "/help/tickets/$id", params: { id }, search });
      } catch (error) {
        setProblem(problemOf(error));
        setBusy(false);
      }
      return;
    }
    // The first line names the ticket.
    const body = `${subject.trim()}\n\n${message.trim()}`;
    try {
      const started = await send(
        api.POST("/v1/conversations", {
          body: { message: body, name: given("name"), email: given("email"), workspace },
        }),
      );
      keep(started, body);
      await navigate({
        to: "/help/conversations/$id",
        params: { id: started.conversation_id },
        search,
      });
    } catch (error) {
      setProblem(problemOf(error));
      setBusy(false);
    }
  };

  return (
    <div className="help-ask">
      <form className="stack" onSubmit={(event) => void submit(event)}>
        <h1>
          <Trans>Write to us</Trans>
        </h1>
        {problem && <Failure error={problem} />}
        <label className="field">
          <span className="field-label">
            <Trans>What is it about?</Trans>
          </span>
          <input
            className="input"
            required
            maxLength={SUBJECT}
            value={subject}
            onChange={(event) => setSubject(event.target.value)}
          />
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>Your message</Trans>
          </span>
          <textarea
            className="textarea help-message"
            required
            maxLength={LONGEST - SUBJECT - 2}
            value={message}
            onChange={(event) => setMessage(event.target.value)}
          />
        </label>
        <Left text={`${subject}\n\n${message}`} />
        {customer ? (
          <p className="muted">
            <Trans>
              As {customer.name}, {customer.email}
            </Trans>
          </p>
        ) : (
          <div className="chat-start-who">
            <label className="field">
              <span className="field-label">
                <Trans>
                  Name <span className="field-hint">optional</span>
                </Trans>
              </span>
              <input className="input" name="name" autoComplete="name" maxLength={100} />
            </label>
            <label className="field">
              <span className="field-label">
                <Trans>
                  Email <span className="field-hint">optional</span>
                </Trans>
              </span>
              <input
                className="input"
                name="email"
                type="email"
                autoComplete="email"
                maxLength={254}
              />
              <span className="field-hint">
                <Trans>Needed for questions about an order.</Trans>
              </span>
            </label>
          </div>
        )}
        <Button type="submit" tone="primary" busy={busy}>
          {busy ? t`Sending…` : t`Send`}
        </Button>
        <p className="muted small">
          {customer ? (
            <Trans>The answer comes on this site, under My tickets.</Trans>
          ) : (
            <Trans>The answer comes on this site, under My conversations of this browser.</Trans>
          )}
        </p>
      </form>
      <aside className="help-suggested" aria-labelledby="suggested" aria-live="polite">
        <h2 id="suggested">
          <Trans>This may answer it</Trans>
        </h2>
        {articles.length === 0 ? (
          <p className="muted">
            <Trans>Articles appear here while you write.</Trans>
          </p>
        ) : (
          <ul className="help-list">
            {articles.slice(0, SUGGESTED).map((article) => (
              <li key={article.slug}>
                <ArticleLink article={article} />
              </li>
            ))}
          </ul>
        )}
      </aside>
    </div>
  );
}
