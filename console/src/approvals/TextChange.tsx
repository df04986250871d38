// What an edit changes in a text, word by word. Signs say it too; colour only repeats it.
import { Trans } from "@lingui/react/macro";
import { diffWordsWithSpace } from "diff";
import { useMemo } from "react";

/** Texts beyond this are shown as a whole. */
const MOST_CHARS = 8_000;

export function TextChange({
  label,
  before,
  after,
}: {
  label: string;
  before: string;
  after: string;
}) {
  const parts = useMemo(() => {
    if (before.length > MOST_CHARS || after.length > MOST_CHARS) {
      return [
        { value: before, removed: true, added: false },
        { value: after, removed: false, added: true },
      ];
    }
    return diffWordsWithSpace(before, after);
  }, [before, after]);
  let at = 0;
  return (
    <section className="card section">
      <h3>
        <Trans>What changes in “{label}”</Trans>
      </h3>
      <p className="text-change">
        {parts.map((part) => {
          at += part.value.length;
          const key = `${at}${part.added ? "+" : part.removed ? "-" : ""}`;
          if (part.added) return <ins key={key}>{part.value}</ins>;
          if (part.removed) return <del key={key}>{part.value}</del>;
          return <span key={key}>{part.value}</span>;
        })}
      </p>
    </section>
  );
}
