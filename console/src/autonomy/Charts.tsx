// Pictures of what confidence is worth; their numbers stand beside them in tables.
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { scaleLinear } from "d3-scale";
import type { ReactNode } from "react";
import type { S } from "../api/words";
import { percent } from "../text/format";
import { tags } from "../text/language";
import { confidence, type Detail, share } from "./words";

const WIDTH = 480;
const HEIGHT = 240;
const LEFT = 48;
const BOTTOM = 40;
const TOP = 10;
const RIGHT = 12;

const x = scaleLinear()
  .domain([0, 1])
  .range([LEFT, WIDTH - RIGHT]);

function Frame({
  label,
  along,
  most,
  children,
}: {
  label: string;
  /** What the lower axis shows. */
  along: string;
  most: number;
  children: (y: (value: number) => number) => ReactNode;
}) {
  const y = scaleLinear()
    .domain([0, most])
    .nice(4)
    .range([HEIGHT - BOTTOM, TOP]);
  return (
    <svg
      className="autonomy-chart"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      role="img"
      aria-label={label}
    >
      {y.ticks(4).map((value) => (
        <g key={value}>
          <line
            className="autonomy-line"
            x1={LEFT}
            x2={WIDTH - RIGHT}
            y1={y(value)}
            y2={y(value)}
          />
          <text className="autonomy-text" x={LEFT - 8} y={y(value) + 4} textAnchor="end">
            {share(value)}
          </text>
        </g>
      ))}
      {[0, 0.25, 0.5, 0.75, 1].map((value) => (
        <text
          key={value}
          className="autonomy-text"
          x={x(value)}
          y={HEIGHT - BOTTOM + 16}
          textAnchor="middle"
        >
          {percent(value)}
        </text>
      ))}
      <text
        className="autonomy-text"
        x={(LEFT + WIDTH - RIGHT) / 2}
        y={HEIGHT - 6}
        textAnchor="middle"
      >
        {along}
      </text>
      {children(y)}
    </svg>
  );
}

function Numbers({ head, rows }: { head: string[]; rows: string[][] }) {
  return (
    <details>
      <summary>
        <Trans>The numbers</Trans>
      </summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section className="autonomy-scroll" aria-label={t`The numbers`} tabIndex={0}>
        <table className="autonomy-table">
          <thead>
            <tr>
              {head.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.join(" ")}>
                {row.map((text, at) => (
                  <td key={head[at]}>{text}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

const METHODS = {
  platt: msg`By Platt's method`,
  isotonic: msg`By isotonic regression`,
};

export function Reliability({ detail }: { detail: Detail }) {
  const { stated, calibrated, curve, method, losses, samples } = detail;
  const name = method && t(METHODS[method]);
  const [own = 0, ofTool = 0, all = 0] = samples;
  if (stated.n === 0) {
    return (
      <p className="muted">
        <Trans>Nothing was judged yet.</Trans>
      </p>
    );
  }
  const line = curve.map((point) => `${x(point.stated)},`);
  return (
    <>
      <p>
        <Trans>
          Stated confidence and what was right are {share(stated.ece)} apart on average (expected
          calibration error); Brier's score is {stated.brier.toFixed(3)}, and whoever always said{" "}
          {percent(stated.share)} would have {stated.uncertainty.toFixed(3)}.
        </Trans>{" "}
        {calibrated && (
          <Trans>
            Calibrated, on calls that were not used for it: {share(calibrated.ece)} and{" "}
            {calibrated.brier.toFixed(3)}.
          </Trans>
        )}
      </p>
      <Frame
        label={t`How many were right, by stated confidence. The numbers follow.`}
        along={t`Stated confidence`}
        most={1}
      >
        {(y) => (
          <>
            <line className="autonomy-ideal" x1={x(0)} y1={y(0)} x2={x(1)} y2={y(1)} />
            <polyline
              className="autonomy-curve"
              points={curve
                .map((point, at) => `${line[at] ?? ""}${y(point.probability)}`)
                .join(" ")}
            />
            {stated.bins.map((bin) => (
              <g key={`${bin.from} ${bin.to}`}>
                <line
                  className="autonomy-range"
                  x1={x(bin.stated)}
                  x2={x(bin.stated)}
                  y1={y(bin.right.low)}
                  y2={y(bin.right.high)}
                />
                <circle className="autonomy-dot" cx={x(bin.stated)} cy={y(bin.right.share)} r={4} />
              </g>
            ))}
          </>
        )}
      </Frame>
      <p className="muted small">
        <Trans>
          Dots: what was right, with the 95 % interval. Dashed: what would be perfect. Line: the
          calibrated probability, from {own.toLocaleString(tags())} calls of this row,{" "}
          {ofTool.toLocaleString(tags())} of the tool and {all.toLocaleString(tags())} of all tools;
          few lean on the more.
        </Trans>{" "}
        {name && losses && (
          <Trans>
            {name}, chosen by its log loss on unseen calls: Platt {losses.platt.toFixed(3)},
            isotonic {losses.isotonic.toFixed(3)}.
          </Trans>
        )}
      </p>
      <Numbers
        head={[t`Stated, from`, t`to`, t`on average`, t`Right`, t`of`, t`between`, t`and`]}
        rows={stated.bins.map((bin) => [
          bin.from.toFixed(3),
          bin.to.toFixed(3),
          bin.stated.toFixed(3),
          percent(bin.right.share),
          bin.right.n.toLocaleString(tags()),
          percent(bin.right.low),
          percent(bin.right.high),
        ])}
      />
    </>
  );
}

export function Coverage({ certificate }: { certificate: S["Certificate"] }) {
  const { curve, promise } = certificate;
  if (curve.length === 0) return null;
  const points = curve.map((point) => ({ ...point, risk: point.wrong / point.n }));
  const most = Math.max(promise.ceiling * 2, ...points.map((point) => point.risk));
  return (
    <>
      <Frame
        label={t`The share of errors, by how many calls would act. The numbers follow.`}
        along={t`Calls that would act`}
        most={Math.min(1, most)}
      >
        {(y) => (
          <>
            <line
              className="autonomy-ideal"
              x1={LEFT}
              x2={WIDTH - RIGHT}
              y1={y(promise.ceiling)}
              y2={y(promise.ceiling)}
            />
            <polyline
              className="autonomy-curve"
              points={points.map((point) => `${x(point.coverage)},${y(point.risk)}`).join(" ")}
            />
            {points.map((point) => (
              <circle
                key={point.threshold}
                className={point.certified ? "autonomy-dot" : "autonomy-dot autonomy-open"}
                cx={x(point.coverage)}
                cy={y(point.risk)}
                r={4}
              />
            ))}
          </>
        )}
      </Frame>
      <p className="muted small">
        <Trans>
          Each dot is a threshold: how many calls are above it, and how many of them were wrong. A
          filled one keeps the promise; dashed is the ceiling.
        </Trans>
      </p>
      <Numbers
        head={[
          t`Threshold`,
          t`Calls`,
          t`Wrong`,
          t`Share of calls`,
          t`Errors at most, this threshold alone`,
          t`Promise kept`,
        ]}
        rows={points.map((point) => [
          confidence(point.threshold),
          point.n.toLocaleString(tags()),
          point.wrong.toLocaleString(tags()),
          percent(point.coverage),
          share(point.upper),
          point.certified ? t`yes` : t`no`,
        ])}
      />
    </>
  );
}
