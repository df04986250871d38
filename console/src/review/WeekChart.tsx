// A bar for each week, as a picture: its numbers stand beside it in a table.
import { scaleBand, scaleLinear } from "d3-scale";
import "./review.css";

const WIDTH = 720;
const HEIGHT = 170;
const LEFT = 48;
const BOTTOM = 26;
const TOP = 14;

export interface WeekBar {
  week: string;
  /** Absent where there is nothing to show. */
  value: number | undefined;
  /** In words. */
  says: string;
}

export function WeekChart({
  bars,
  label,
  most,
  line,
  tick,
}: {
  bars: readonly WeekBar[];
  label: string;
  /** The least that the axis reaches to. */
  most: number;
  /** A value to compare with. */
  line?: number;
  tick: (value: number) => string;
}) {
  const x = scaleBand<string>()
    .domain(bars.map(({ week }) => week))
    .range([LEFT, WIDTH])
    .padding(0.25);
  const y = scaleLinear()
    .domain([0, Math.max(most, ...bars.map(({ value }) => value ?? 0))])
    .nice(4)
    .range([HEIGHT - BOTTOM, TOP]);
  return (
    <svg className="week-chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={label}>
      {y.ticks(4).map((value) => (
        <g key={value}>
          <line className="week-line" x1={LEFT} x2={WIDTH} y1={y(value)} y2={y(value)} />
          <text className="week-text" x={LEFT - 8} y={y(value) + 4} textAnchor="end">
            {tick(value)}
          </text>
        </g>
      ))}
      {bars.map(({ week, value, says }, index) => (
        <g key={week}>
          <title>{`${week}: ${says}`}</title>
          {value !== undefined && (
            <rect
              className="week-bar"
              x={x(week)}
              width={x.bandwidth()}
              y={y(value)}
              height={Math.max(1, y(0) - y(value))}
            />
          )}
          {(bars.length - 1 - index) % 3 === 0 && (
            <text
              className="week-text"
              x={(x(week) ?? 0) + x.bandwidth() / 2}
              y={HEIGHT - 6}
              textAnchor="middle"
            >
              {week}
            </text>
          )}
        </g>
      ))}
      {line !== undefined && (
        <line className="week-mark" x1={LEFT} x2={WIDTH} y1={y(line)} y2={y(line)} />
      )}
    </svg>
  );
}
