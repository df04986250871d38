import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { problemOf } from "../api/client";
import type { ConversationView } from "../api/words";
import { forget, type Had, had } from "../chat/held";
import { Talk } from "../chat/Talk";
import "../chat/chat.css";
import { Badge, type BadgeTone } from "../parts/Badge";
import { Empty } from "../parts/states";
import { useKept } from "../parts/store";
import { useTitle } from "../parts/title";
import { fullTime } from "../text/times";
import { standingQuery } from "./queries";

/** How a conversation stands, to its customer. */
function standing(view: ConversationView): { words: string; tone: BadgeTone } {
  if (view.handed_off) return { words: t`With a person`, tone: "amber" };
  switch (view.status) {
    case "resolved":
    case "closed":
      return { words: t`Resolved`, tone: "green" };
    case "waiting_for_customer":
      return { words: t`Answered`, tone: "blue" };
    case "waiting_for_staff":
      return { words: t`Being checked`, tone: "amber" };
    default:
      return { words: t`In progress`, tone: "grey" };
  }
}

function Row({ one }: { one: Had }) {
  const { workspace } = useSearch({ from: "/help" });
  const { data, error } = useQuery(standingQuery(one));
  const status = error ? problemOf(error).status : 0;
  const gone = status === 401 || status === 403 || status === 404;
  useEffect(() => {
    if (gone) forget(one.id);
  }, [gone, one.id]);
  const now = data && standing(data);
  return (
    <li>
      <Link
        to="/help/conversations/$id"
        params={{ id: one.id }}
        search={workspace ? { workspace } : {}}
        className="help-article"
      >
        <span className="row">
          <strong className="grow truncate">{one.subject || t`Conversation ${one.number}`}</strong>
          {now && <Badge tone={now.tone}>{now.words}</Badge>}
          {error && !gone && <span className="muted small">{problemOf(error).title}</span>}
        </span>
        <span className="muted">
          #{one.number}, {fullTime(one.startedAt)}
        </span>
      </Link>
    </li>
  );
}

/** The conversations that this browser holds a token of. */
export function ConversationsPage() {
  useTitle(t`My conversations`);
  const { workspace } = useSearch({ from: "/help" });
  const mine = useKept(had);
  return (
    <>
      <h1>
        <Trans>My conversations</Trans>
      </h1>
      <p className="muted">
        <Trans>
          Those that were started here in this browser, for 30 days each. Whoever uses it can read
          them. What you asked by mail or elsewhere is under{" "}
          <Link to="/help/tickets" search={workspace ? { workspace } : {}}>
            My tickets
          </Link>
          .
        </Trans>
      </p>
      {mine.length === 0 ? (
        <Empty title={t`None yet`}>
          <p>
            <Link to="/help/ask" search={workspace ? { workspace } : {}}>
              <Trans>Write to us</Trans>
            </Link>
          </p>
        </Empty>
      ) : (
        <ul className="help-list">
          {mine.map((one) => (
            <Row key={one.id} one={one} />
          ))}
        </ul>
      )}
    </>
  );
}

/** One of them, to go on with. */
export function OwnConversationPage() {
  useTitle(t`Conversation`);
  const { id } = useParams({ from: "/help/conversations/$id" });
  const { workspace } = useSearch({ from: "/help" });
  const navigate = useNavigate();
  // Kept while it is shown, so that the page can say that it has ended.
  const [one] = useState(() => had.get().find((each) => each.id === id));
  const search = workspace ? { workspace } : {};
  if (!one) {
    return (
      <Empty title={t`This browser has no such conversation`}>
        <p>
          <Trans>It was started elsewhere, or it has ended.</Trans>
        </p>
        <p>
          <Link to="/help/conversations" search={search}>
            <Trans>My conversations</Trans>
          </Link>
        </p>
      </Empty>
    );
  }
  return (
    <>
      <p className="help-back">
        <Link to="/help/conversations" search={search}>
          <Trans>My conversations</Trans>
        </Link>
      </p>
      <h1>{one.subject || t`Conversation ${one.number}`}</h1>
      <div className="help-talk">
        <Talk
          conversation={one}
          workspace={workspace}
          onEnded={() => void navigate({ to: "/help/conversations", search, replace: true })}
        />
      </div>
    </>
  );
}
