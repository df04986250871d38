import { useState } from "react";
import { problemOf } from "../api/client";
import { useKept } from "../parts/store";
import { fill } from "../widget/words/words";
import { ratings, withRating } from "./ratings";
import { useWords } from "./words";

const THUMB =
  "M7 11v9H4v-9zM7 11l4-8c1.4 0 2.4 1 2.4 2.4V9H19a2 2 0 0 1 2 2.3l-1.2 7A2 2 0 0 1 17.8 20H7";

function Thumb({ down }: { down?: boolean }) {
  return (
    <svg viewBox="0 0 24 24" width="15" height="15" aria-hidden="true">
      <path
        d={THUMB}
        transform={down ? "rotate(180 12 12)" : undefined}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.8"
        strokeLinejoin="round"
      />
    </svg>
  );
}

/** Whether an answer helped, in the reader's own word; shown as said once the service has it. */
export function Rating({
  messageId,
  rate,
}: {
  messageId: string;
  rate: (helpful: boolean) => Promise<unknown>;
}) {
  const words = useWords();
  const said = useKept(ratings)[messageId];
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string>();

  const say = async (helpful: boolean) => {
    if (busy || said === helpful) return;
    setBusy(true);
    setError(undefined);
    try {
      await rate(helpful);
      ratings.set(withRating(ratings.get(), messageId, helpful));
    } catch (failure) {
      setError(problemOf(failure).detail);
    } finally {
      setBusy(false);
    }
  };

  return (
    <span className="rating" role="group" aria-label={words.wasHelpful}>
      <button
        type="button"
        className="rating-thumb"
        aria-pressed={said === true}
        aria-label={words.helpful}
        title={words.helpful}
        onClick={() => void say(true)}
      >
        <Thumb />
      </button>
      <button
        type="button"
        className="rating-thumb"
        aria-pressed={said === false}
        aria-label={words.notHelpful}
        title={words.notHelpful}
        onClick={() => void say(false)}
      >
        <Thumb down />
      </button>
      <span role="status" className={error ? "said-failed" : undefined}>
        {error
          ? fill(words.notSaved, { error })
          : said !== undefined && <span className="sr-only">{words.saved}</span>}
      </span>
    </span>
  );
}
