// One message as the customer sees it, its sources as footnotes under it.
import type { ConversationMessage } from "../api/words";
import { Answer } from "../messages/Answer";
import { clockTime, fullTime } from "../text/format";

export function Said({ message }: { message: ConversationMessage }) {
  const own = message.from === "visitor";
  return (
    <article className="said" data-from={message.from}>
      <h2 className={own ? "sr-only" : "said-name"}>
        {own ? "You" : message.name}
        {message.from === "assistant" && <span className="said-kind">AI</span>}
      </h2>
      <div className="said-body">
        <Answer body={message.body} sources={message.sources} />
      </div>
      <div className="said-foot">
        <time dateTime={message.at} title={fullTime(message.at)}>
          {clockTime(message.at)}
        </time>
        {message.model === "offline" && (
          <span title="Put together from our help pages by rules; no language model was used">
            {" "}
            · offline model
          </span>
        )}
      </div>
    </article>
  );
}
