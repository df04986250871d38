// Thirty days as a chart, with the numbers behind a click.
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { lazy, Suspense, useId, useState } from "react";
import { Button } from "../parts/Button";
import { Segmented } from "../parts/Segmented";
import { countedDay } from "../text/times";
import { amount, type Day, SERIES, type Trend } from "./trend";

const TrendChart = lazy(() => import("./TrendChart").then((m) => ({ default: m.TrendChart })));

const TRENDS = [
  ["resolved", msg`Resolved by agents`],
  ["spent", msg`Spending`],
] as const;

export function Trends({ days }: { days: readonly Day[] }) {
  const [trend, pick] = useState<Trend>("resolved");
  const [open, setOpen] = useState(false);
  const table = useId();
  const series = SERIES[trend];
  return (
    <section className="card trends" aria-label={t`The last 30 days`}>
      <div className="trends-head">
        <h2>
          <Trans>The last {days.length} days</Trans>
        </h2>
        <Segmented
          label={t`What to show`}
          value={trend}
          options={TRENDS.map(([each, label]) => [each, t(label)] as const)}
          onPick={pick}
        />
      </div>
      {series.length > 1 && (
        <ul className="trend-legend">
          {series.map(({ key, name }) => (
            <li key={key}>
              <span className="trend-swatch" data-series={key} aria-hidden="true" />
              {t(name)}
            </li>
          ))}
        </ul>
      )}
      <Suspense fallback={<div className="trend-room" role="status" aria-label={t`Loading`} />}>
        <TrendChart days={days} trend={trend} />
      </Suspense>
      <div>
        <Button
          size="small"
          aria-expanded={open}
          aria-controls={table}
          onClick={() => setOpen(!open)}
        >
          {open ? t`Hide the numbers` : t`Show the numbers`}
        </Button>
      </div>
      <div id={table} hidden={!open}>
        {open && <Numbers days={days} trend={trend} />}
      </div>
    </section>
  );
}

function Numbers({ days, trend }: { days: readonly Day[]; trend: Trend }) {
  const series = SERIES[trend];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section className="trend-numbers" aria-label={t`Numbers by day`} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">
              <Trans>Day (UTC)</Trans>
            </th>
            {trend === "resolved" && (
              <th scope="col">
                <Trans>Came in</Trans>
              </th>
            )}
            {series.map(({ key, name }) => (
              <th scope="col" key={key}>
                {t(name)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {[...days].reverse().map((day) => (
            <tr key={day.starts_at}>
              <th scope="row">{countedDay(day.starts_at)}</th>
              {trend === "resolved" && <td>{day.opened}</td>}
              {series.map(({ key, of }) => (
                <td key={key}>{amount(trend, of(day))}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
