// One's own figures, live, for nobody else.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Empty, Failure, Loading } from "../parts/states";
import { countedDay } from "../text/times";
import { FigureList } from "./FigureList";
import { ownReviewQuery } from "./queries";
import { Scrolled } from "./Scrolled";
import { WeekChart } from "./WeekChart";
import { WeekTable } from "./WeekTable";
import { isEmpty, slipName, timesWords } from "./words";

export function OwnReviewing() {
  const query = useQuery(ownReviewQuery);
  const data = query.data;
  return (
    <section className="card section stack" aria-labelledby="reviewing-own">
      <h2 id="reviewing-own">
        <Trans>My reviewing</Trans>
      </h2>
      <p className="muted">
        <Trans>
          For you alone: nobody else is shown these figures. Others see what at least five people
          did together, once a week is over.
        </Trans>
      </p>
      {query.isPending && <Loading lines={5} />}
      {query.isError && !data && <Failure error={query.error} retry={() => void query.refetch()} />}
      {data && isEmpty(data.figures) && (
        <Empty title={t`Nothing yet`}>
          <p>
            <Trans>What you decide in the queue of approvals appears here.</Trans>
          </p>
        </Empty>
      )}
      {data && !isEmpty(data.figures) && (
        <>
          <FigureList
            figures={data.figures}
            wordsAMinute={data.words_a_minute}
            nothing={t`Nothing yet in the last twelve weeks.`}
          />
          {data.figures.by_slip.length > 0 && (
            <Scrolled label={t`Exercises by what was wrong`}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">
                      <Trans>What was wrong</Trans>
                    </th>
                    <th scope="col">
                      <Trans>Exercises</Trans>
                    </th>
                    <th scope="col">
                      <Trans>Found</Trans>
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {data.figures.by_slip.map(({ slip, n, found }) => (
                    <tr key={slip}>
                      <th scope="row">{slipName(slip)}</th>
                      <td>{n}</td>
                      <td>{found}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </Scrolled>
          )}
          <h3>
            <Trans>Time on an item, week by week</Trans>
          </h3>
          <WeekChart
            label={t`Median time on an item against reading time, for each of twelve weeks; the line is reading time`}
            bars={data.weeks.map(({ starts_at, figures: { time } }) => ({
              week: countedDay(starts_at),
              value: time?.median,
              says: time ? timesWords(time.median) : t`not measured`,
            }))}
            most={1.5}
            line={1}
            tick={(value) => `${value} ×`}
          />
          <details>
            <summary>
              <Trans>The numbers</Trans>
            </summary>
            <WeekTable weeks={data.weeks} missing="—" />
          </details>
        </>
      )}
    </section>
  );
}
