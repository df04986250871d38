// What many did together, week by week, once a week is over. Nobody alone.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { Failure, Loading } from "../parts/states";
import { FigureList } from "./FigureList";
import { reviewQuery } from "./queries";
import { WeekTable } from "./WeekTable";

export function AllReviewers() {
  const [team, setTeam] = useState("");
  const teams = useQuery({
    queryKey: ["teams", "names"],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/teams", { params: { query: { limit: 100 } }, signal })),
    staleTime: 60_000,
  });
  const query = useQuery(reviewQuery(team || undefined));
  const data = query.data;
  const latest = data?.weeks.findLast(({ figures }) => figures)?.figures;
  const least = data?.least_people ?? 5;
  const names = teams.data?.items ?? [];
  return (
    <section className="card section stack" aria-labelledby="reviewing-all">
      <h2 id="reviewing-all">
        <Trans>All reviewers</Trans>
      </h2>
      <p className="muted">
        <Trans>
          Of at least {least} people together and of nobody alone, once a week is over. By then
          everybody could see their own.
        </Trans>
      </p>
      {names.length > 0 && (
        <label className="field">
          <span className="field-label">
            <Trans>Whose</Trans>
          </span>
          <select className="input" value={team} onChange={(event) => setTeam(event.target.value)}>
            <option value="">{t`Everybody`}</option>
            {names.map(({ name }) => (
              <option key={name} value={name}>
                {name}
              </option>
            ))}
          </select>
        </label>
      )}
      {query.isPending && <Loading lines={4} />}
      {query.isError && !data && <Failure error={query.error} retry={() => void query.refetch()} />}
      {data && !latest && (
        <p role="status">
          <Trans>
            Too few people decided in any of these weeks for anything to be told of them.
          </Trans>
        </p>
      )}
      {data && latest && (
        <FigureList
          figures={latest}
          wordsAMinute={data.words_a_minute}
          nothing={t`Not seen in the latest week, or of too few people.`}
        />
      )}
      {data && latest && <WeekTable weeks={data.weeks} missing={t`too few`} looks />}
    </section>
  );
}
