// Figures of reviewing as tiles. What nobody has seen is not shown as nought.
import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { percent } from "../text/format";
import { tags } from "../text/language";
import { type Figures, kappaWords, rangeWords, rateWords, timesWords } from "./words";

function Figure({
  name,
  value,
  children,
}: {
  name: string;
  value: string | null | undefined;
  children?: ReactNode;
}) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <strong>{value ?? "—"}</strong>
        <div className="muted small">{children}</div>
      </dd>
    </div>
  );
}

export function FigureList({
  figures,
  wordsAMinute,
  nothing,
}: {
  figures: Figures;
  wordsAMinute: number;
  /** Why a figure is missing. */
  nothing: string;
}) {
  const { time, unread, found, together, second_looks: looks } = figures;
  return (
    <dl className="review-figures">
      <Figure name={t`Decisions`} value={figures.decisions.toLocaleString(tags())}>
        {time
          ? t`${time.measured.toLocaleString(tags())} of them measured. Those by mail, from the command line and of several at once are not.`
          : t`None of them measured.`}
      </Figure>
      <Figure
        name={t`Time on an item, against reading time`}
        value={time && timesWords(time.median)}
      >
        {time
          ? t`The median. 1 × is as long as reading it takes at ${wordsAMinute} words a minute, the mean of silent reading (Brysbaert 2019). Less is not careless by itself: what is known is read faster.`
          : nothing}
      </Figure>
      <Figure
        name={t`Decided before all evidence was seen`}
        value={unread && percent(unread.share)}
      >
        {unread ? t`${rateWords(unread)} with evidence.` : nothing}
      </Figure>
      <Figure name={t`Found in exercises`} value={found && percent(found.share)}>
        {found ? t`${rateWords(found)}; with so few, ${rangeWords(found)} (95 %).` : nothing}
      </Figure>
      <Figure
        name={t`Agreement where several decide`}
        value={together && percent(together.rate.share)}
      >
        {together ? `${rateWords(together.rate)}.` : nothing}
      </Figure>
      <Figure name={t`Agreement in second looks`} value={looks && percent(looks.rate.share)}>
        {looks
          ? `${rateWords(looks.rate)}${looks.kappa === null || looks.kappa === undefined ? "" : `; ${kappaWords(looks.kappa)}`}.`
          : nothing}
      </Figure>
    </dl>
  );
}
