// One message as the customer sees it, its sources as footnotes under it, and what they say of it.
import { ORIGIN } from "../api/origin";
import type { ConversationMessage } from "../api/words";
import { Answer } from "../messages/Answer";
import { clockTime, fullTime } from "../text/times";
import type { Held } from "./held";
import { Rating } from "./Rating";
import { useWords } from "./words";

interface Props {
  message: ConversationMessage;
  of: Held;
  /** The workspace's slug, where it is not the service's own. */
  workspace?: string;
}

/** Where everybody may read an article. */
export function articleAddress(slug: string, workspace?: string): string {
  const of = workspace ? `?workspace=${encodeURIComponent(workspace)}` : "";
  return `${ORIGIN}/help/articles/${encodeURIComponent(slug)}${of}`;
}

export function Said({ message, of, workspace }: Props) {
  const words = useWords();
  const own = message.from === "visitor";
  const assistant = message.from === "assistant";
  return (
    <article className="said" data-from={message.from}>
      <h2 className={own ? "sr-only" : "said-name"}>
        {own ? words.you : assistant ? words.assistant : message.name}
        {assistant && <span className="said-kind">{words.ai}</span>}
      </h2>
      <div className="said-body">
        <Answer
          body={message.body}
          sources={message.sources}
          addressOf={(source) => articleAddress(source.slug, workspace)}
          words={words}
        />
      </div>
      <div className="said-foot">
        <time dateTime={message.at} title={fullTime(message.at)}>
          {clockTime(message.at)}
        </time>
        {message.model === "offline" && (
          <span title={words.whyOfflineModel}>{words.offlineModel}</span>
        )}
        {assistant && <Rating of={of} messageId={message.id} />}
      </div>
    </article>
  );
}
