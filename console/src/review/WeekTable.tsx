// Figures of reviewing week by week, for who prefers numbers to bars: of one person or of many.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { percent } from "../text/format";
import { countedDay } from "../text/times";
import { Scrolled } from "./Scrolled";
import { type Figures, timesWords } from "./words";

interface Props {
  /** A week without figures is one of too few people. */
  weeks: readonly { starts_at: string; figures?: Figures | null }[];
  /** What stands for a figure that is missing. */
  missing: string;
  /** Whether second looks are among them. */
  looks?: boolean;
}

export function WeekTable({ weeks, missing, looks = false }: Props) {
  return (
    <Scrolled label={t`Numbers by week`}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Week from</Trans>
            </th>
            <th scope="col">
              <Trans>Decisions</Trans>
            </th>
            <th scope="col">
              <Trans>Time</Trans>
            </th>
            <th scope="col">
              <Trans>Evidence not all seen</Trans>
            </th>
            <th scope="col">
              <Trans>Found</Trans>
            </th>
            {looks && (
              <th scope="col">
                <Trans>Second looks</Trans>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {weeks.map(({ starts_at, figures }) => (
            <tr key={starts_at}>
              <th scope="row">{countedDay(starts_at)}</th>
              {figures ? (
                <>
                  <td>{figures.decisions}</td>
                  <td>{figures.time ? timesWords(figures.time.median) : missing}</td>
                  <td>{figures.unread ? percent(figures.unread.share) : missing}</td>
                  <td>{figures.found ? percent(figures.found.share) : missing}</td>
                  {looks && (
                    <td>
                      {figures.second_looks ? percent(figures.second_looks.rate.share) : missing}
                    </td>
                  )}
                </>
              ) : (
                <td colSpan={looks ? 5 : 4} className="muted">
                  <Trans>too few people</Trans>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </Scrolled>
  );
}
