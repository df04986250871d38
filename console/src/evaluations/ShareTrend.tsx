// How the share of passed attempts went, as a small picture: its numbers stand in a table beside it.
import { scaleLinear, scalePoint } from "d3-scale";
import type { S } from "../api/words";
import { trendWords } from "./words";

const WIDTH = 180;
const HEIGHT = 44;
const EDGE = 5;

export function ShareTrend({ trend }: { trend: readonly S["TrendPoint"][] }) {
  const x = scalePoint<string>()
    .domain(trend.map(({ id }) => id))
    .range([EDGE, WIDTH - EDGE]);
  const lows = trend.map(({ interval }) => interval.low);
  const y = scaleLinear()
    .domain([Math.min(0.8, ...lows), 1])
    .range([HEIGHT - EDGE, EDGE]);
  const points = trend.map((point) => ({ ...point, x: x(point.id) ?? 0, y: y(point.share) }));
  return (
    <svg
      className="share-trend"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={trendWords(trend)}
    >
      {points.map(({ id, x, interval }) => (
        <line
          key={id}
          className="share-interval"
          x1={x}
          x2={x}
          y1={y(interval.low)}
          y2={y(interval.high)}
        />
      ))}
      <polyline className="share-line" points={points.map(({ x, y }) => `${x},${y}`).join(" ")} />
      {points.map(({ id, x, y, holds }) => (
        <circle key={id} className="share-point" data-holds={holds} cx={x} cy={y} r={2.5} />
      ))}
    </svg>
  );
}
