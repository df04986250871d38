// Reasons to reject for, that a workspace keeps: one click puts one into the words that are sent.
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Button } from "../parts/Button";
import { deskQuery } from "./queries";

/** The words with a reason behind them. */
export const withReason = (typed: string, reason: string) =>
  typed.trim() === "" ? reason : `${typed.trim()} ${reason}`;

export function Reasons({ onPick }: { onPick: (reason: string) => void }) {
  const reasons = useQuery(deskQuery).data?.reject_reasons ?? [];
  if (reasons.length === 0) return null;
  return (
    <ul className="reasons-offered" aria-label={t`Reasons to choose from`}>
      {reasons.map((reason) => (
        <li key={reason}>
          <Button size="small" onClick={() => onPick(reason)}>
            {reason}
          </Button>
        </li>
      ))}
    </ul>
  );
}
