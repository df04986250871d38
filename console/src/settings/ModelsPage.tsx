// Providers of models in the order in which they are asked, and whether they answer. What is set in the
// configuration says so.
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { LetGoOn } from "../safety/LetGoOn";
import { useSession } from "../session/session";
import { count } from "../text/format";
import { Key } from "./Key";
import { providersQuery } from "./queries";
import "./settings.css";

type Provider = S["Provider"];

export function ModelsPage() {
  useTitle("Models");
  const query = useQuery(providersQuery);
  const list = query.data;
  return (
    <div className="stack">
      <p className="muted">
        The first that can answer does; the next one is asked when it cannot. Providers are set in
        the configuration under <Key name="models.providers" />, or with{" "}
        <span className="mono">countersign models add</span>; the service reads them when it starts.
      </p>
      {query.isPending && <Loading lines={6} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {list && list.items.length === 0 && (
        <Empty title="No provider is configured">
          <p>The offline model answers: what the knowledge base plainly says, and nothing else.</p>
        </Empty>
      )}
      {list && list.items.length > 0 && (
        <ol className="settings-list" aria-label="Providers">
          {list.items.map((provider, index) => (
            <ProviderItem key={provider.name} provider={provider} place={index + 1} />
          ))}
        </ol>
      )}
      {list && list.items.length > 0 && (
        <div className="card section">
          <p>
            {list.offline_fallback
              ? "When none of them can answer, the offline model does."
              : "When none of them can answer, runs wait: the offline model does not step in."}{" "}
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
          {breaker ? "Left alone for now" : "Is asked"}
        </Badge>
      </div>
      {breaker && (
        <div className="notice" data-tone="amber">
          <div className="grow stack">
            <p>
              It {breaker.reason}. Last failure: {breaker.last_error}
            </p>
            <LetGoOn of={breaker.of} />
          </div>
        </div>
      )}
      <dl className="facts">
        <dt>At</dt>
        <dd className="settings-address">{provider.base_url}</dd>
        <dt>Models</dt>
        <dd>
          {provider.strong} for decisions
          {provider.fast !== provider.strong && `, ${provider.fast} for what needs little`}
        </dd>
        <dt>Key</dt>
        <dd>{keyWords(provider.key)}</dd>
        <dt>Patience</dt>
        <dd>
          {provider.timeout_ms / 1000} seconds, then {count(provider.max_retries, "more attempt")}
        </dd>
        <dt>Rate</dt>
        <dd>{provider.rate ?? "as many as it answers"}</dd>
        <dt>Cost</dt>
        <dd>{provider.is_priced ? "counted in credits" : "not counted: no prices are set"}</dd>
      </dl>
      <Try name={provider.name} />
    </li>
  );
}

function Embeddings({ of }: { of?: S["EmbeddingsProviderView"] }) {
  return (
    <section className="card section stack" aria-labelledby="settings-embeddings">
      <h2 id="settings-embeddings">Embeddings</h2>
      {!of && (
        <p>
          None: knowledge is found by its words alone. <Key name="embeddings.provider" />
        </p>
      )}
      {of && (
        <>
          <dl className="facts">
            <dt>Model</dt>
            <dd>{of.model}</dd>
            <dt>At</dt>
            <dd className="settings-address">{of.base_url ?? "in this process"}</dd>
            <dt>Key</dt>
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
      return "none is sent";
    case "variable":
      return `in the environment variable ${key.name}`;
    case "file":
      return "in a file";
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
          {test.isPending ? "Asking…" : "Try it"}
        </Button>
        <span className="muted small">One small real call of each model.</span>
      </div>
      <div aria-live="polite" className="stack">
        {test.isError && <Failure error={test.error} />}
        {test.data?.calls.map((call) => (
          <div key={call.asked} className="notice" data-tone={call.ok ? "green" : "red"}>
            <div className="grow">
              <strong>
                {call.asked}: {call.ok ? "answers" : "does not answer"}
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
  const time = `${call.latency_ms.toLocaleString()} ms`;
  if (!call.ok) return `After ${time}: ${call.problem ?? "it gave no reason"}`;
  if (call.dimension) return `A vector of ${call.dimension} numbers in ${time}.`;
  const by = call.answered_by && call.answered_by !== call.asked ? `${call.answered_by}, ` : "";
  const tokens =
    call.tokens_in === null || call.tokens_in === undefined
      ? "without telling its tokens"
      : `${count(call.tokens_in, "token")} in, ${call.tokens_out ?? 0} out`;
  return `${by}${time}, ${tokens}.`;
}
