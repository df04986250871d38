// What a page shows while it has nothing to show: loading, empty, failed.
import type { ReactNode } from "react";
import { problemOf } from "../api/client";
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

/** A failure in the service's own words, with a way to try again where there is one. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = problemOf(error);
  return (
    <div className="notice" data-tone={problem.offline ? "amber" : "red"} role="alert">
      <div className="grow">
        <strong>{problem.title}</strong>
        <div>{problem.detail}</div>
        {problem.requestId && <div className="muted small">Request {problem.requestId}</div>}
      </div>
      {retry && (
        <Button size="small" onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}
