// Whether there are exercises, what they are, and who switches them on.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { exercisesQuery } from "./queries";

type Settings = S["ExerciseSettings"];

export function Exercises() {
  const { may, userId } = useSession();
  const query = useQuery(exercisesQuery);
  const settings = query.data;
  return (
    <section className="card section stack" aria-labelledby="reviewing-exercises">
      <h2 id="reviewing-exercises">
        <Trans>Exercises</Trans>
      </h2>
      <p>
        <Trans>
          Whoever approves a hundred right proposals stops looking. With exercises on, reviewers now
          and then find an item among theirs that is none: a past approval of this workspace in
          which one thing was made wrong, or one that somebody else decided and that is looked at a
          second time.
        </Trans>
      </p>
      <ul className="reasons">
        <li>
          <Trans>Nothing is ever done because of one, and no customer hears of it.</Trans>
        </li>
        <li>
          <Trans>
            Once it is decided it says what it was, to who decided it. Nobody is blamed.
          </Trans>
        </li>
        <li>
          <Trans>
            Nobody else sees how somebody did. Of five people and more the share is shown.
          </Trans>
        </li>
        <li>
          <Trans>Switched off, those that wait are gone at once.</Trans>
        </li>
      </ul>
      {query.isPending && <Loading lines={2} />}
      {query.isError && !settings && (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
      {settings && (
        <p role="status">
          <strong>
            {settings.on
              ? t`On: about one in ${settings.one_in} items of each reviewer, at most ${settings.most_a_day} a day.`
              : t`Off: every item of the queue is a real one.`}
          </strong>
        </p>
      )}
      {settings && may("change_policy") && userId !== undefined && (
        <Form key={JSON.stringify(settings)} settings={settings} />
      )}
    </section>
  );
}

function Form({ settings }: { settings: Settings }) {
  const client = useQueryClient();
  const [oneIn, setOneIn] = useState(`${settings.one_in}`);
  const [most, setMost] = useState(`${settings.most_a_day}`);
  const save = useMutation({
    mutationFn: (body: Settings) => send(api.PUT("/v1/review-quality/exercises", { body })),
    onSuccess: async (now) => {
      client.setQueryData(exercisesQuery.queryKey, now);
      tell(now.on ? t`Exercises are on` : t`Exercises are off`, "good");
      await client.invalidateQueries({ queryKey: ["approvals"] });
    },
  });
  const wanted = (on: boolean): Settings => ({
    on,
    one_in: Number(oneIn),
    most_a_day: Number(most),
  });
  return (
    <form
      className="review-form"
      aria-label={t`Exercises`}
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending) save.mutate(wanted(true));
      }}
    >
      <label className="field">
        <span className="field-label">
          <Trans>One in so many items</Trans>
        </span>
        <input
          className="input"
          type="number"
          required
          min={1}
          max={1000}
          value={oneIn}
          onChange={(event) => setOneIn(event.target.value)}
        />
      </label>
      <label className="field">
        <span className="field-label">
          <Trans>At most a day, of one person</Trans>
        </span>
        <input
          className="input"
          type="number"
          required
          min={1}
          max={10}
          value={most}
          onChange={(event) => setMost(event.target.value)}
        />
      </label>
      <Button type="submit" tone="primary" busy={save.isPending}>
        {settings.on ? t`Save` : t`Switch on`}
      </Button>
      {settings.on && (
        <Button busy={save.isPending} onClick={() => save.mutate({ ...settings, on: false })}>
          <Trans>Switch off</Trans>
        </Button>
      )}
      {save.isError && <Failure error={save.error} />}
    </form>
  );
}
