// The customer's page: a start form, then the conversation. It has none of the staff's frame and
// may stand in an iframe on any site.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../parts/Button";
import { useKept } from "../parts/store";
import { useTitle } from "../parts/title";
import { held } from "./held";
import { Start } from "./Start";
import { Talk } from "./Talk";
import "./chat.css";
import { en } from "../widget/words/en";

const GREETING = en.greeting;

export function ChatPage() {
  useTitle(t`Chat`);
  const { embed } = useSearch({ from: "/chat" });
  const conversation = useKept(held);
  const [ended, setEnded] = useState(false);
  return (
    <div className="chat" data-embed={embed === true}>
      <header className="chat-head">
        <h1>
          <Trans>Ask us</Trans>
        </h1>
        {conversation && (
          <Button size="small" tone="quiet" onClick={() => held.set(null)}>
            <Trans>New conversation</Trans>
          </Button>
        )}
      </header>
      <main className="chat-body">
        {conversation ? (
          <Talk key={conversation.id} conversation={conversation} onEnded={() => setEnded(true)} />
        ) : (
          <Start greeting={ended ? t`Your last conversation has ended. ${GREETING}` : GREETING} />
        )}
      </main>
    </div>
  );
}
