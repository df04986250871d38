// What may be spent and counted, with what is in use of it now.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import type { LimitUse } from "../api/words";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { upperFirst } from "../text/format";
import { clockTime, fullTime } from "../text/times";
import { amountWords, isFull, scopeWords, shareOf, useWords } from "./limits";
import { creditsQuery } from "./queries";

const UNITS = [
  ["credits", msg`Credits`],
  ["runs", msg`Runs`],
  ["emails", msg`Mails`],
] as const;

const WINDOWS: Record<LimitUse["window"], MessageDescriptor> = {
  minute: msg`Minute`,
  day: msg`Day`,
  month: msg`Month`,
};

export function LimitsPage() {
  useTitle(t`Limits`);
  const query = useQuery(creditsQuery);
  return (
    <div className="stack">
      <p className="muted">
        <Trans>
          Before a call that costs something, the most that it may cost is set aside. What would
          pass a limit waits, and goes on by itself when the minute, day or month is over (UTC).
          Limits are set in the configuration.
        </Trans>
      </p>
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && query.data.items.length === 0 && (
        <Empty title={t`Nothing is limited`}>
          <p>
            <Trans>And nothing was spent.</Trans>
          </p>
        </Empty>
      )}
      {query.data &&
        UNITS.map(([unit, name]) => {
          const items = query.data.items.filter((item) => item.unit === unit);
          return items.length === 0 ? null : <Limits key={unit} name={t(name)} items={items} />;
        })}
    </div>
  );
}

function Limits({ name, items }: { name: string; items: LimitUse[] }) {
  return (
    <section className="card section">
      <h2>{name}</h2>
      <div className="audit-scroll">
        <table className="audit limits">
          <thead>
            <tr>
              <th scope="col">
                <Trans>Whose</Trans>
              </th>
              <th scope="col">
                <Trans>In a</Trans>
              </th>
              <th scope="col">
                <Trans>In use</Trans>
              </th>
              <th scope="col">
                <Trans>Until</Trans>
              </th>
            </tr>
          </thead>
          <tbody>
            {items.map((item) => (
              <Limit
                key={`${item.scope.kind} ${scopeWords(item.scope)} ${item.window}`}
                item={item}
              />
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function Limit({ item }: { item: LimitUse }) {
  const end = item.window === "minute" ? clockTime(item.ends_at) : fullTime(item.ends_at);
  return (
    <tr>
      <th scope="row">{upperFirst(scopeWords(item.scope))}</th>
      <td>{t(WINDOWS[item.window])}</td>
      <td>
        <div className="limit-use">
          <span>{useWords(item)}</span>
          {item.reserved > 0 && (
            <span className="muted small">
              <Trans>{amountWords(item.unit, item.reserved)} set aside</Trans>
            </span>
          )}
          {item.most === null || item.most === undefined ? (
            <span className="muted small">
              <Trans>No ceiling</Trans>
            </span>
          ) : (
            <span className="limit-bar" data-standing={item.standing} aria-hidden="true">
              <span style={{ inlineSize: `${shareOf(item)}%` }} />
            </span>
          )}
          {item.standing === "warning" && (
            <strong className="small">
              <Trans>Nearly used up</Trans>
            </strong>
          )}
          {item.standing === "grace" && (
            <strong className="small">
              <Trans>Above it, let pass for 48 hours</Trans>
            </strong>
          )}
          {isFull(item) && (
            <strong className="small">
              <Trans>Used up until {end}</Trans>
            </strong>
          )}
        </div>
      </td>
      <td className="audit-when">{end}</td>
    </tr>
  );
}
