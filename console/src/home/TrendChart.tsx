// Bars for days, as a picture: what it says stands beside it in words and in a table.
import { scaleBand, scaleLinear } from "d3-scale";
import { countedDay } from "../text/times";
import { amount, barsOf, type Day, summary, type Trend } from "./trend";

const WIDTH = 720;
const HEIGHT = 190;
const LEFT = 60;
const BOTTOM = 26;
const TOP = 16;
/** Days between two that are named. */
const NAMED = 7;

/** Whole tickets, and credits without long tails. */
function tick(trend: Trend, value: number): string {
  return trend === "resolved" ? `${value}` : `${Number((value / 1_000_000).toPrecision(3))}`;
}

export function TrendChart({ days, trend }: { days: readonly Day[]; trend: Trend }) {
  const bars = barsOf(days, trend);
  const most = Math.max(...bars.map((bar) => bar.total), trend === "resolved" ? 4 : 1000);
  const x = scaleBand<string>()
    .domain(bars.map((bar) => bar.at))
    .range([LEFT, WIDTH])
    .padding(0.22);
  const y = scaleLinear()
    .domain([0, most])
    .nice(4)
    .range([HEIGHT - BOTTOM, TOP]);
  const ticks = y.ticks(4).filter((value) => trend !== "resolved" || Number.isInteger(value));
  return (
    <svg
      className="trend-chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={summary(days, trend)}
    >
      {ticks.map((value) => (
        <g key={value}>
          <line className="trend-line" x1={LEFT} x2={WIDTH} y1={y(value)} y2={y(value)} />
          <text className="trend-text" x={LEFT - 8} y={y(value) + 4} textAnchor="end">
            {tick(trend, value)}
          </text>
        </g>
      ))}
      {bars.map((bar, index) => (
        <g key={bar.at}>
          <title>{`${countedDay(bar.at)}: ${amount(trend, bar.total)}`}</title>
          {bar.parts.map(({ key, from, to }) => (
            <rect
              key={key}
              className="trend-bar"
              data-series={key}
              x={x(bar.at)}
              width={x.bandwidth()}
              y={y(to)}
              height={Math.max(1, y(from) - y(to))}
            />
          ))}
          {(bars.length - 1 - index) % NAMED === 0 && (
            <text
              className="trend-text"
              x={(x(bar.at) ?? 0) + x.bandwidth() / 2}
              y={HEIGHT - 6}
              textAnchor={index === bars.length - 1 ? "end" : "middle"}
            >
              {countedDay(bar.at)}
            </text>
          )}
        </g>
      ))}
    </svg>
  );
}
