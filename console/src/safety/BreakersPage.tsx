// What is stopped, and the switches that stop and let go on.
import { msg, plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, send } from "../api/client";
import type { AutomaticBreaker, Breaker, BreakerOf } from "../api/words";
import { actorName } from "../messages/actor";
import { Button } from "../parts/Button";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { upperFirst } from "../text/format";
import { clockTime, fullTime } from "../text/times";
import { breakerKey, breakerOf, breakerWords, LONGEST_REASON } from "./breakers";
import { LetGoOn } from "./LetGoOn";
import { breakersQuery } from "./queries";

const KINDS = [
  ["agent", msg`Agents`],
  ["integration", msg`Integrations`],
  ["tool", msg`Tools`],
] as const;

export function BreakersPage() {
  useTitle(t`Breakers`);
  const query = useQuery(breakersQuery);
  const { may } = useSession();
  return (
    <div className="stack">
      <p className="muted">
        <Trans>
          A breaker stops new actions within a second, wherever the service runs. What waits stays
          and goes on when the breaker is closed; approvals can still be decided meanwhile. What
          keeps failing is left alone by itself, and goes on by itself when it works again.
        </Trans>
      </p>
      {query.isPending && <Loading lines={4} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data &&
        (query.data.items.length === 0 && query.data.automatic.length === 0 ? (
          <Empty title={t`Nothing is stopped`}>
            <p>
              <Trans>Every agent and every tool works.</Trans>
            </p>
          </Empty>
        ) : (
          <ul className="stack" aria-label={t`Stopped`}>
            {query.data.items.map((breaker) => (
              <Stopped key={breakerKey(breaker.of)} breaker={breaker} />
            ))}
            {query.data.automatic.map((breaker) => (
              <Failing key={`failing ${breakerKey(breaker.of)}`} breaker={breaker} />
            ))}
          </ul>
        ))}
      {query.data && may("stop") && <Stop couldBe={query.data.could_be} />}
    </div>
  );
}

function Stopped({ breaker }: { breaker: Breaker }) {
  return (
    <li className="notice" data-tone="red">
      <Icon name="warn" />
      <div className="grow stack">
        <div>
          <h2>
            <Trans>{upperFirst(breakerWords(breaker.of))} is stopped</Trans>
          </h2>
          <p>{breaker.reason}</p>
          <p className="muted small">
            {actorName(breaker.opened_by)}, <Ago at={breaker.opened_at} />
          </p>
        </div>
        <LetGoOn of={breaker.of} />
      </div>
    </li>
  );
}

function Failing({ breaker }: { breaker: AutomaticBreaker }) {
  const tried = breaker.state === "half_open";
  return (
    <li className="notice" data-tone="amber">
      <Icon name="warn" />
      <div className="grow stack">
        <div>
          <h2>
            {upperFirst(breakerWords(breaker.of))} {tried ? t`is being tried` : t`is left alone`}
          </h2>
          <p>
            <Trans>
              It {breaker.reason}. {tried ? t`When that works it goes on` : t`It is tried again`}
            </Trans>
            {!tried && (
              <>
                {" at "}
                <time dateTime={breaker.probe_at} title={fullTime(breaker.probe_at)}>
                  {clockTime(breaker.probe_at)}
                </time>
              </>
            )}
            .
          </p>
          <p className="muted small breaker-error">
            <Trans>Last failure: {breaker.last_error}</Trans>
          </p>
          <p className="muted small">
            <Trans>
              By itself, <Ago at={breaker.opened_at} />
            </Trans>
            {breaker.failed_probes > 0 &&
              t`, tried in vain ${plural(breaker.failed_probes, { one: "# time", other: "# times" })} since`}
          </p>
        </div>
        <LetGoOn of={breaker.of} />
      </div>
    </li>
  );
}

function Stop({ couldBe }: { couldBe: BreakerOf[] }) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState("");
  const [reason, setReason] = useState("");
  const open = useMutation({
    mutationFn: (of: BreakerOf) => send(api.POST("/v1/breakers", { body: { of, reason } })),
    onSuccess: async (list, of) => {
      client.setQueryData(breakersQuery.queryKey, list);
      tell(t`Stopped`, "info", upperFirst(breakerWords(of)));
      setChosen("");
      setReason("");
    },
  });
  const whole = couldBe.some((of) => of.kind === "workspace");
  return (
    <form
      className="card section stack"
      aria-label={t`Stop something`}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        const of = breakerOf(chosen);
        if (of && reason.trim() !== "") open.mutate(of);
      }}
    >
      <h2>
        <Trans>Stop something</Trans>
      </h2>
      {open.isError && <Failure error={open.error} />}
      <div className="breaker-form">
        <label>
          <Trans>What</Trans>
          <select
            className="input"
            required
            value={chosen}
            onChange={(event) => setChosen(event.target.value)}
          >
            <option value="">{t`Choose…`}</option>
            {whole && <option value="workspace">{t`The whole workspace`}</option>}
            {KINDS.map(([kind, label]) => {
              const of = couldBe.filter((each) => each.kind === kind);
              return of.length === 0 ? null : (
                <optgroup key={kind} label={t(label)}>
                  {of.map((each) => (
                    <option key={breakerKey(each)} value={breakerKey(each)}>
                      {each.kind === "workspace" ? "" : each.name}
                    </option>
                  ))}
                </optgroup>
              );
            })}
          </select>
        </label>
        <label>
          <Trans>Why</Trans>
          <input
            className="input"
            required
            maxLength={LONGEST_REASON}
            placeholder={t`Others read it`}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
        </label>
        <Button type="submit" tone="danger-fill" busy={open.isPending}>
          {open.isPending ? t`Stopping…` : t`Stop it now`}
        </Button>
      </div>
    </form>
  );
}
