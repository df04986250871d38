// One message of a conversation as staff see it: who, when, through which model, resting on what.
import type { Message } from "../api/words";
import { Badge } from "../parts/Badge";
import { clockTime, fullTime, initials } from "../text/format";
import { Answer } from "./Answer";
import { actorName } from "./actor";
import "./messages.css";

/** Which model wrote a message. The offline model is no language model, and people should know. */
export function ModelName({ model }: { model: string }) {
  return model === "offline" ? (
    <Badge tone="grey" title="Retrieval and rules on this machine; no language model was used">
      offline model
    </Badge>
  ) : (
    <span className="muted small">{model}</span>
  );
}

export function MessageItem({ message }: { message: Message }) {
  const name = actorName(message.author);
  const note = message.visibility === "internal";
  return (
    <article className="message" data-kind={message.author.kind} data-note={note}>
      <header className="message-head">
        <span className="avatar" data-kind={message.author.kind} aria-hidden="true">
          {message.author.kind === "agent" ? "AI" : initials(name)}
        </span>
        <strong>{name}</strong>
        {note && <Badge tone="amber">Private note</Badge>}
        {message.model && <ModelName model={message.model} />}
        <time className="muted small" dateTime={message.at} title={fullTime(message.at)}>
          {clockTime(message.at)}
        </time>
      </header>
      <div className="message-body">
        <Answer body={message.body} sources={message.sources} />
        {message.attachments && message.attachments.length > 0 && (
          <ul className="attachments">
            {message.attachments.map((file) => (
              <li key={file.id} className="badge">
                {file.filename} ({Math.max(1, Math.round(file.bytes / 1024))} kB)
              </li>
            ))}
          </ul>
        )}
      </div>
    </article>
  );
}
