// The text of a message that is proposed: as its reader would see it, with where its links lead.
import { type ReactNode, useMemo } from "react";
import type { TextFinding } from "../api/words";
import { Segments } from "../personal/Marked";
import { segments, segmentsAs, within } from "../personal/segments";
import { draw, read } from "./rich";
import "./messages.css";

export function MessageText({
  text,
  html,
  findings,
  sentence,
}: {
  text: string;
  html?: string | null;
  findings: readonly TextFinding[];
  /** Words of one of its sentences, and whether they are the last of it. */
  sentence?: (number: number, words: ReactNode, last: boolean) => ReactNode;
}) {
  const page = useMemo(() => read(html), [html]);
  const personal = page ? segmentsAs(page.textContent, text, findings) : segments(text, findings);
  return (
    <div className="message-text" data-rich={page && true}>
      {page ? (
        draw(page, {
          words: (words, at) => <Segments of={within(personal, at, words.length)} />,
          sentence,
          told: true,
        })
      ) : (
        <Segments of={personal} />
      )}
    </div>
  );
}
