// What every field for a message has: Enter sends, Shift and Enter does not, and a limit that is
// said before it cuts.

import { counted } from "../widget/words/words";
import { useWords } from "./words";

/** Characters of one message, as the service takes them by default. */
export const LONGEST = 8000;
const SAID_FROM = 500;

export function sendOnEnter(event: React.KeyboardEvent<HTMLTextAreaElement>) {
  if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing) return;
  event.preventDefault();
  event.currentTarget.form?.requestSubmit();
}

/** How many characters are left, once that matters. */
export function Left({ text }: { text: string }) {
  const words = useWords();
  const left = LONGEST - text.length;
  return (
    <div className="chat-left" role="status">
      {left <= SAID_FROM && counted(words, words.charactersLeft, left, { longest: LONGEST })}
    </div>
  );
}
