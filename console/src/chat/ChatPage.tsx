// The customer's page: a start form, then the conversation. It has none of the staff's frame and
// may stand in an iframe on any site.
import { useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { Button } from "../parts/Button";
import { useKept } from "../parts/store";
import { useTitle } from "../parts/title";
import { held } from "./held";
import { GREETING, Start } from "./Start";
import { Talk } from "./Talk";
import "./chat.css";

export function ChatPage() {
  useTitle("Chat");
  const { embed } = useSearch({ from: "/chat" });
  const conversation = useKept(held);
  const [ended, setEnded] = useState(false);
  return (
    <div className="chat" data-embed={embed === true}>
      <header className="chat-head">
        <h1>Ask us</h1>
        {conversation && (
          <Button size="small" tone="quiet" onClick={() => held.set(null)}>
            New conversation
          </Button>
        )}
      </header>
      <main className="chat-body">
        {conversation ? (
          <Talk key={conversation.id} conversation={conversation} onEnded={() => setEnded(true)} />
        ) : (
          <Start greeting={ended ? `Your last conversation has ended. ${GREETING}` : GREETING} />
        )}
      </main>
    </div>
  );
}
