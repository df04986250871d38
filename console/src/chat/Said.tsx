// One message as the customer sees it, its sources as footnotes under it, and what they say of it.
import { ORIGIN } from "../api/origin";
import type { ConversationMessage } from "../api/words";
import { Answer } from "../messages/Answer";
import { clockTime, fullTime } from "../text/times";
import { Rating } from "./Rating";
import { useWords } from "./words";

interface Props {
  message: ConversationMessage;
  /** The customer's side is the reader themselves, as it is without it, or a colleague of theirs. */
  own?: boolean;
  /** Takes their word on an answer; without it none is asked for. */
  rate?: (helpful: boolean) => Promise<unknown>;
  /** The workspace's slug, where it is not the service's own. */
  workspace?: string;
}

/** Where everybody may read an article. */
export function articleAddress(slug: string, workspace?: string): string {
  const of = workspace ? `?workspace=${encodeURIComponent(workspace)}` : "";
  return `${ORIGIN}/help/articles/${encodeURIComponent(slug)}${of}`;
}

export function Said({ message, own: isReader = true, rate, workspace }: Props) {
  const words = useWords();
  const assistant = message.from === "assistant";
  const own = message.from === "visitor" && isReader;
  return (
    <article className="said" data-from={message.from}>
      <h2 className={own ? "sr-only" : "said-name"}>
        {own ? words.you : assistant ? words.assistant : message.name}
        {assistant && <span className="said-kind">{words.ai}</span>}
      </h2>
      <div className="said-body">
        <Answer
          body={message.body}
          html={message.body_html}
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
        {assistant && rate && <Rating messageId={message.id} rate={rate} />}
      </div>
    </article>
  );
}
