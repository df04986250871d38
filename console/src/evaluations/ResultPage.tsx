// What came of one case, turn by turn: what was expected, what was told and done, and what was not as expected.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { Json } from "../parts/Json";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { credits, upperFirst, words } from "../text/format";
import { Came } from "./EvaluationPage";
import { resultQuery } from "./queries";
import "./evaluations.css";

export function ResultPage() {
  useTitle(t`Case`);
  const { id, seq } = useParams({ from: "/staff/evaluations/$id/$seq" });
  const query = useQuery(resultQuery(id, Number(seq)));
  return (
    <div className="page stack">
      <Link to="/evaluations/$id" params={{ id }} className="small">
        <Trans>← The evaluation</Trans>
      </Link>
      {query.isPending && <Loading lines={8} label={t`Loading the case`} />}
      {query.isError &&
        !query.data &&
        ("status" in query.error && query.error.status === 404 ? (
          <Empty title={t`This case does not exist`} />
        ) : (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ))}
      {query.data && <Loaded {...query.data} />}
    </div>
  );
}

function Loaded({ evaluation, result, story }: S["ResultView"]) {
  return (
    <>
      <header className="page-head">
        <h1>{result.name}</h1>
        <Came result={result} />
      </header>
      <p className="muted small break">
        <Trans>
          {evaluation.suite}, version {evaluation.version}, model {evaluation.model};{" "}
          {credits(result.cost_micros)}
        </Trans>
        {result.tags.length > 0 && ` · ${result.tags.join(", ")}`}
      </p>
      {result.why && (
        <p>
          <Trans>Known: {result.why}</Trans>
        </p>
      )}
      <Findings findings={result.findings} />
      {story.length === 0 && (
        <p className="muted" role="status">
          <Trans>There is no story of it: it is no conversation.</Trans>
        </p>
      )}
      {story.map((scene, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: scenes are in the order in which they happened
        <Scene key={index} scene={scene} number={index + 1} />
      ))}
    </>
  );
}

function Findings({ findings }: { findings: readonly S["CaseFinding"][] }) {
  if (findings.length === 0) return null;
  return (
    <div className="notice" data-tone="red">
      <ul className="grow findings">
        {findings.map(({ scorer, text, critical }) => (
          <li key={`${scorer} ${text}`}>
            <strong>
              {words(scorer)}
              {critical && ` (${t`critical`})`}:
            </strong>{" "}
            {text}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Scene({ scene, number }: { scene: S["CaseScene"]; number: number }) {
  return (
    <section className="card section stack" aria-label={t`Turn ${number}`}>
      <h2 className="small muted">
        <Trans>Turn {number}</Trans>
      </h2>
      <p className="scene-text">
        <strong>{upperFirst(scene.who)}</strong>
        <br />
        {scene.did}
      </p>
      {scene.told.map((told, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: told in this order
        <p key={index} className="scene-text scene-told">
          <strong>{words(told.by)}</strong>
          <br />
          {told.text}
          {(told.sources ?? []).length > 0 && (
            <span className="muted small">
              <br />
              <Trans>from {told.sources?.join(", ")}</Trans>
            </span>
          )}
        </p>
      ))}
      {scene.waiting.map((waiting, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: waiting in this order
        <div key={index}>
          <Badge tone="amber">
            <Trans>Waits for {words(waiting.role).toLowerCase()}</Trans>
          </Badge>{" "}
          {words(waiting.tool)}
          <Json value={waiting.args} label={t`Arguments of ${words(waiting.tool)}`} />
        </div>
      ))}
      <p className="small">
        <Trans>
          Then: {words(scene.standing)}. {scene.reason}
        </Trans>
      </p>
      <Findings findings={scene.findings ?? []} />
      <details>
        <summary className="small">
          <Trans>What was expected of turn {number}</Trans>
        </summary>
        <Json value={scene.expected} label={t`Expected of turn ${number}`} />
      </details>
      {scene.steps.length > 0 && (
        <details>
          <summary className="small">
            <Trans>Steps of turn {number}</Trans>
          </summary>
          <ol className="scene-steps">
            {scene.steps.map((step, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: steps are in the order in which they happened
              <li key={index}>
                <code>{step.kind}</code> {step.name}
                <div className="muted small break">{step.detail}</div>
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}
