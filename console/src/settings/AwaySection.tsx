// Who sees to one's approvals while one is away.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { deskQuery } from "../approvals/queries";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { fullTime } from "../text/times";
import { dayAfter, endOf } from "./days";

/** Days that somebody may be away; the service says no to more. */
const LONGEST = 89;

export function AwaySection() {
  const client = useQueryClient();
  const { may, userId } = useSession();
  const takes = may("decide_approvals") && may("read_approvals") && userId !== undefined;
  const query = useQuery({ ...deskQuery, enabled: takes });
  const [to, setTo] = useState("");
  const [until, setUntil] = useState("");
  const refresh = () => client.invalidateQueries({ queryKey: deskQuery.queryKey });
  const name = useMutation({
    mutationFn: () =>
      send(
        api.PUT("/v1/approvals/delegation", {
          body: { to, until: endOf(until).toISOString() },
        }),
      ),
    onSuccess: async () => {
      await refresh();
      tell(t`They see to your approvals`, "good");
      setTo("");
      setUntil("");
    },
  });
  const comeBack = useMutation({
    mutationFn: () => send(api.DELETE("/v1/approvals/delegation")),
    onSuccess: async () => {
      await refresh();
      tell(t`You see to your approvals yourself again`, "good");
    },
  });
  if (!takes) return null;
  const people = query.data?.people ?? [];
  const nameOf = (id: string) => people.find((each) => each.id === id)?.name ?? t`A colleague`;
  const own = query.data?.delegations.find((each) => each.user_id === userId);
  const forOthers = query.data?.delegations.filter((each) => each.delegate_id === userId) ?? [];
  const now = new Date();
  return (
    <section className="card section stack" aria-labelledby="settings-away">
      <h2 id="settings-away">
        <Trans>While you are away</Trans>
      </h2>
      <p className="muted">
        <Trans>
          What is assigned to you is also listed as theirs. It gives them no right that they do not
          have, and ends by itself.
        </Trans>
      </p>
      {query.isPending && <Loading lines={2} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {(name.isError || comeBack.isError) && <Failure error={name.error ?? comeBack.error} />}
      {own && (
        <div className="row">
          <p className="grow">
            <Trans>
              <strong>{nameOf(own.delegate_id)}</strong> sees to your approvals until{" "}
              {fullTime(own.until)}.
            </Trans>
          </p>
          <Button busy={comeBack.isPending} onClick={() => comeBack.mutate()}>
            <Trans>I am back</Trans>
          </Button>
        </div>
      )}
      {forOthers.map((each) => (
        <p key={each.user_id} className="small">
          <Trans>
            You see to those of {nameOf(each.user_id)} until {fullTime(each.until)}.
          </Trans>
        </p>
      ))}
      {query.data && !own && (
        <form
          className="account-form"
          aria-label={t`While you are away`}
          onSubmit={(event) => {
            event.preventDefault();
            if (!name.isPending) name.mutate();
          }}
        >
          <label className="field">
            <span className="field-label">
              <Trans>Who sees to your approvals</Trans>
            </span>
            <select
              className="input"
              required
              value={to}
              onChange={(event) => setTo(event.target.value)}
            >
              <option value="">{t`Choose…`}</option>
              {people
                .filter((each) => each.id !== userId && each.answers_for.length > 0)
                .map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name}
                  </option>
                ))}
            </select>
          </label>
          <label className="field">
            <span className="field-label">
              <Trans>Until the end of</Trans>
            </span>
            <input
              className="input"
              type="date"
              required
              min={dayAfter(now, 0)}
              max={dayAfter(now, LONGEST)}
              value={until}
              onChange={(event) => setUntil(event.target.value)}
            />
          </label>
          <Button type="submit" busy={name.isPending}>
            <Trans>Hand them over</Trans>
          </Button>
        </form>
      )}
    </section>
  );
}
