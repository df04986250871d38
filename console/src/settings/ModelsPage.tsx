// Providers of models in the order in which they are asked, and whether they answer. What is set in the
// configuration says so.
import { plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { LetGoOn } from "../safety/LetGoOn";
import { useSession } from "../session/session";
import { Key } from "./Key";
import { providersQuery } from "./queries";
import "./settings.css";
import { tags } from "../text/language";

type Provider = S["Provider"];

export function ModelsPage() {
  useTitle(t`Models`);
  const query = useQuery(providersQuery);
  const list = query.data;
  return (
    <div className="stack">
      <p className="muted">
        <Trans>
          The first that can answer does; the next one is asked when it cannot. Providers are set in
          the configuration under
        </Trans>{" "}
        <Key name="models.providers" />
        <Trans>
          , or with <span className="mono">countersign models add</span>; the service reads them
          when it starts.
        </Trans>
      </p>
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {list && list.items.length === 0 && (
        <Empty title={t`No provider is configured`}>
          <p>
            <Trans>
              The offline model answers: what the knowledge base plainly says, and nothing else.
            </Trans>
          </p>
        </Empty>
      )}
      {list && list.items.length > 0 && (
        <ol className="settings-list" aria-label={t`Providers`}>
          {list.items.map((provider, index) => (
            <ProviderItem key={provider.name} provider={provider} place={index + 1} />
          ))}
        </ol>
      )}
      {list && list.items.length > 0 && (
        <div className="card section">
          <p>
            {list.offline_fallback
              ? t`When none of them can answer, the offline model does.`
              : t`When none of them can answer, runs wait: the offline model does not step in.`}{" "}
            <Key name="models.offline_fallback" />
          </p>
        </div>
      )}
      {list && <Embeddings of={list.embeddings ?? undefined} />}
    </div>
  );
}

function ProviderItem({ provider, place }: { provider: Provider; place: number }) {
  const { breaker } = provider;
  return (
    <li className="card section stack" aria-label={provider.name}>
      <div className="row">
        <h2 className="grow">
          {place}. {provider.name}
        </h2>
        <Badge tone={breaker ? "amber" : "green"}>
          {breaker ? t`Left alone for now` : t`Is asked`}
        </Badge>
      </div>
      {breaker && (
        <div className="notice" data-tone="amber">
          <div className="grow stack">
            <p>
              <Trans>
                It {breaker.reason}. Last failure: {breaker.last_error}
              </Trans>
            </p>
            <LetGoOn of={breaker.of} />
          </div>
        </div>
      )}
      <dl className="facts">
        <dt>
          <Trans>At</Trans>
        </dt>
        <dd className="settings-address">{provider.base_url}</dd>
        <dt>
          <Trans>Models</Trans>
        </dt>
        <dd>
          <Trans>{provider.strong} for decisions</Trans>
          {provider.fast !== provider.strong && t`, ${provider.fast} for what needs little`}
        </dd>
        <dt>
          <Trans>Key</Trans>
        </dt>
        <dd>{keyWords(provider.key)}</dd>
        <dt>
          <Trans>Patience</Trans>
        </dt>
        <dd>
          <Trans>
            {provider.timeout_ms / 1000} seconds, then{" "}
            <Plural value={provider.max_retries} one="# more attempt" other="# more attempts" />
          </Trans>
        </dd>
        <dt>
          <Trans>Rate</Trans>
        </dt>
        <dd>{provider.rate ?? t`as many as it answers`}</dd>
        <dt>
          <Trans>Cost</Trans>
        </dt>
        <dd>{provider.is_priced ? t`counted in credits` : t`not counted: no prices are set`}</dd>
      </dl>
      <Try name={provider.name} />
    </li>
  );
}

function Embeddings({ of }: { of?: S["EmbeddingsProviderView"] }) {
  return (
    <section className="card section stack" aria-labelledby="settings-embeddings">
      <h2 id="settings-embeddings">
        <Trans>Embeddings</Trans>
      </h2>
      {!of && (
        <p>
          <Trans>None: knowledge is found by its words alone.</Trans>{" "}
          <Key name="embeddings.provider" />
        </p>
      )}
      {of && (
        <>
          <dl className="facts">
            <dt>
              <Trans>Model</Trans>
            </dt>
            <dd>{of.model}</dd>
            <dt>
              <Trans>At</Trans>
            </dt>
            <dd className="settings-address">{of.base_url ?? t`in this process`}</dd>
            <dt>
              <Trans>Key</Trans>
            </dt>
            <dd>{keyWords(of.key)}</dd>
          </dl>
          <Try name="embeddings" />
        </>
      )}
    </section>
  );
}

function keyWords(key: S["KeyPlace"]): string {
  switch (key.kind) {
    case "none":
      return t`none is sent`;
    case "variable":
      return t`in the environment variable ${key.name}`;
    case "file":
      return t`in a file`;
  }
}

function Try({ name }: { name: string }) {
  const { may } = useSession();
  const test = useMutation({
    mutationFn: () => send(api.POST("/v1/providers/{name}/test", { params: { path: { name } } })),
  });
  if (!may("test_connections")) return null;
  return (
    <div className="stack">
      <div className="row">
        <Button busy={test.isPending} onClick={() => test.mutate()}>
          {test.isPending ? t`Asking…` : t`Try it`}
        </Button>
        <span className="muted small">
          <Trans>One small real call of each model.</Trans>
        </span>
      </div>
      <div aria-live="polite" className="stack">
        {test.isError && <Failure error={test.error} />}
        {test.data?.calls.map((call) => (
          <div key={call.asked} className="notice" data-tone={call.ok ? "green" : "red"}>
            <div className="grow">
              <strong>
                {call.asked}: {call.ok ? t`answers` : t`does not answer`}
              </strong>
              <div>{resultWords(call)}</div>
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}

function resultWords(call: S["TriedCall"]): string {
  const time = t`${call.latency_ms.toLocaleString(tags())} ms`;
  if (!call.ok) return t`After ${time}: ${call.problem ?? t`it gave no reason`}`;
  if (call.dimension) return t`A vector of ${call.dimension} numbers in ${time}.`;
  const by = call.answered_by && call.answered_by !== call.asked ? `${call.answered_by}, ` : "";
  const tokens =
    call.tokens_in === null || call.tokens_in === undefined
      ? t`without telling its tokens`
      : t`${plural(call.tokens_in, { one: "# token", other: "# tokens" })} in, ${call.tokens_out ?? 0} out`;
  return `${by}${time}, ${tokens}.`;
}
