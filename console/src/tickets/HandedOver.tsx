// What is handed over with a ticket. What is long, and mostly quotes the conversation that stands below, waits behind
// a click.
import { Trans } from "@lingui/react/macro";
import { isLong, withoutReason } from "./handed";

export function HandedOver({ summary, reason }: { summary: string; reason: string }) {
  const said = withoutReason(summary, reason);
  if (said === "") return null;
  if (!isLong(said)) return <div className="line-detail">{said}</div>;
  return (
    <details>
      <summary>
        <Trans>What was handed over</Trans>
      </summary>
      <div className="line-detail">{said}</div>
    </details>
  );
}
