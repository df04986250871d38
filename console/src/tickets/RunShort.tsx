// The end of a run's story, where there is little room: its last steps, and the way to all of them.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Failure, Loading } from "../parts/states";
import { runQuery } from "../runs/queries";
import { sentenceOf } from "../runs/story";
import { Icon } from "../shell/Icon";

const LAST = 3;
const WATCH_MS = 4_000;

export default function RunShort({ id }: { id: string }) {
  const query = useQuery({
    ...runQuery(id),
    // Events tell of what it waits for and of its end; of its steps nothing does.
    refetchInterval: ({ state }) => {
      const status = state.data?.run.status;
      return status === "queued" || status === "running" ? WATCH_MS : false;
    },
  });
  if (query.isPending) return <Loading lines={3} />;
  if (!query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const { steps } = query.data;
  return (
    <>
      <ol className="run-short small" aria-label={t`Its last steps`}>
        {steps.slice(-LAST).map((step) => {
          const { icon, title, detail, tone } = sentenceOf(step.body);
          return (
            <li key={step.seq} data-tone={tone}>
              <Icon name={icon} />
              <div>
                {title}
                {detail && <div className="run-short-detail muted">{detail}</div>}
              </div>
            </li>
          );
        })}
      </ol>
      <Link to="/runs/$id" params={{ id }} className="small">
        <Trans>
          The whole story, <Plural value={steps.length} one="# step" other="# steps" />
        </Trans>
      </Link>
    </>
  );
}
