import { Trans } from "@lingui/react/macro";
import { useMemo } from "react";
import type { Event } from "../api/words";
import { summaryOf } from "./summary";

/** A long ticket in short, and whose words these are. */
export function InShort({ events }: { events: Event[] }) {
  const summary = useMemo(() => summaryOf(events), [events]);
  if (!summary) return null;
  return (
    <section className="stack in-short" aria-labelledby="in-short">
      <h2 id="in-short">
        <Trans>In short</Trans>
      </h2>
      <dl className="small">
        <dt>
          <Trans>Asked</Trans>
        </dt>
        <dd>{summary.asked}</dd>
        {summary.done.length > 0 && (
          <>
            <dt>
              <Trans>Done</Trans>
            </dt>
            <dd>{summary.done.join("; ")}</dd>
          </>
        )}
        {summary.agent && (
          <>
            <dt>
              <Trans>Agent</Trans>
            </dt>
            <dd>{summary.agent}</dd>
          </>
        )}
        {summary.waits.length > 0 && (
          <>
            <dt>
              <Trans>Waits for</Trans>
            </dt>
            <dd>{summary.waits.join("; ")}</dd>
          </>
        )}
        {summary.latest && (
          <>
            <dt>
              <Trans>Latest</Trans>
            </dt>
            <dd>{summary.latest}</dd>
          </>
        )}
      </dl>
      <p className="muted small">
        <Trans>Out of the ticket’s own words; no model wrote it.</Trans>
      </p>
    </section>
  );
}
