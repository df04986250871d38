// What a page shows while it has nothing to show: loading, empty, failed.
import type { ReactNode } from "react";
import { problemOf } from "../api/client";
import { en } from "../widget/words/en";
import { fill, type Words } from "../widget/words/words";
import { Button } from "./Button";

export function Loading({ lines = 4, label = "Loading" }: { lines?: number; label?: string }) {
  return (
    <div className="skeleton" role="status" aria-label={label}>
      {Array.from({ length: lines }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: placeholders have no identity
        <span key={index} />
      ))}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

interface FailureProps {
  error: unknown;
  retry?: () => void;
  /** What is said around it, in the reader's language. */
  words?: Pick<Words, "request" | "tryAgain">;
}

/** A failure in the service's own words, with a way to try again where there is one. */
export function Failure({ error, retry, words = en }: FailureProps) {
  const problem = problemOf(error);
  return (
    <div className="notice" data-tone={problem.offline ? "amber" : "red"} role="alert">
      <div className="grow">
        <strong>{problem.title}</strong>
        <div>{problem.detail}</div>
        {problem.requestId && (
          <div className="muted small">{fill(words.request, { id: problem.requestId })}</div>
        )}
      </div>
      {retry && (
        <Button size="small" onClick={retry}>
          {words.tryAgain}
        </Button>
      )}
    </div>
  );
}
