// One message of a conversation as staff see it: who, when, through which model, resting on what.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { api, send } from "../api/client";
import type { Message } from "../api/words";
import { Badge } from "../parts/Badge";
import { Unmask, useUnmasked } from "../personal/Unmask";
import { initials, words } from "../text/format";
import { clockTime, fullTime } from "../text/times";
import { Answer } from "./Answer";
import { actorName } from "./actor";
import "./messages.css";

/** Which model wrote a message. The offline model is no language model, and people should know. */
export function ModelName({ model }: { model: string }) {
  return model === "offline" ? (
    <Badge tone="grey" title={t`Retrieval and rules on this machine; no language model was used`}>
      <Trans>offline model</Trans>
    </Badge>
  ) : (
    <span className="muted small">{model}</span>
  );
}

/** `ticketId` is the ticket it belongs to, where what is masked in it can be shown. */
export function MessageItem({
  message: served,
  ticketId,
  names,
}: {
  message: Message;
  ticketId?: string;
  /** Colleagues whom it names. */
  names?: readonly string[];
}) {
  const [shown, setShown] = useUnmasked<Message>(served);
  const message = shown ?? served;
  const name = actorName(message.author);
  const note = message.visibility === "internal";
  return (
    <article className="message" data-kind={message.author.kind} data-note={note}>
      <header className="message-head">
        <span className="avatar" translate="no" data-kind={message.author.kind} aria-hidden="true">
          {message.author.kind === "agent" ? t`AI` : initials(name)}
        </span>
        <strong>{name}</strong>
        {note && (
          <Badge tone="amber">
            <Trans>Private note</Trans>
          </Badge>
        )}
        {message.model && <ModelName model={message.model} />}
        <time className="muted small" dateTime={message.at} title={fullTime(message.at)}>
          {clockTime(message.at)}
        </time>
      </header>
      <div className="message-body">
        <Answer
          body={message.body}
          html={message.body_html}
          sources={message.sources}
          findings={message.findings}
          names={names}
        />
        {message.redacted && (
          <p className="muted small">
            <Trans>
              Redacted {fullTime(message.redacted.at)} by {actorName(message.redacted.by)}:{" "}
              {message.redacted.kinds.map((kind) => words(kind).toLowerCase()).join(", ")}.
            </Trans>
          </p>
        )}
        {ticketId && served.findings && served.findings.length > 0 && (
          <Unmask
            what={t`the message of ${name}`}
            shown={shown}
            onShown={setShown}
            ask={(reason) =>
              send(
                api.POST("/v1/tickets/{id}/messages/{message_id}/unmask", {
                  params: { path: { id: ticketId, message_id: served.id } },
                  body: { reason },
                }),
              )
            }
          />
        )}
        {message.attachments && message.attachments.length > 0 && (
          <ul className="attachments">
            {message.attachments.map((file) => (
              <li key={file.id} className="badge">
                <Trans>
                  {file.filename} ({Math.max(1, Math.round(file.bytes / 1024))} kB)
                </Trans>
              </li>
            ))}
          </ul>
        )}
      </div>
    </article>
  );
}
