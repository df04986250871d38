import { useMemo } from "react";
import type { Event } from "../api/words";
import { summaryOf } from "./summary";

/** A long ticket in short, and whose words these are. */
export function InShort({ events }: { events: Event[] }) {
  const summary = useMemo(() => summaryOf(events), [events]);
  if (!summary) return null;
  return (
    <section className="stack in-short" aria-labelledby="in-short">
      <h2 id="in-short">In short</h2>
      <dl className="small">
        <dt>Asked</dt>
        <dd>{summary.asked}</dd>
        {summary.done.length > 0 && (
          <>
            <dt>Done</dt>
            <dd>{summary.done.join("; ")}</dd>
          </>
        )}
        {summary.agent && (
          <>
            <dt>Agent</dt>
            <dd>{summary.agent}</dd>
          </>
        )}
        {summary.waits.length > 0 && (
          <>
            <dt>Waits for</dt>
            <dd>{summary.waits.join("; ")}</dd>
          </>
        )}
        {summary.latest && (
          <>
            <dt>Latest</dt>
            <dd>{summary.latest}</dd>
          </>
        )}
      </dl>
      <p className="muted small">Out of the ticket’s own words; no model wrote it.</p>
    </section>
  );
}
