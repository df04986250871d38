// One's conversations with the copilot.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Button } from "../parts/Button";
import { MoreRows } from "../parts/MoreRows";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { tell } from "../parts/toasts";
import { threadsQuery, useForget } from "./queries";

interface Props {
  onOpen: (id: string) => void;
  onGone: (id: string) => void;
}

export function Threads({ onOpen, onGone }: Props) {
  const threads = useInfiniteQuery(threadsQuery());
  const forget = useForget(onGone);
  if (threads.isPending) return <Loading label={t`Loading conversations`} />;
  if (threads.isError) return <Failure error={threads.error} retry={() => threads.refetch()} />;
  const rows = threads.data.pages.flatMap((page) => page.items);
  if (rows.length === 0)
    return (
      <p className="muted">
        <Trans>There are no conversations yet.</Trans>
      </p>
    );
  return (
    <>
      <ul className="copilot-threads" aria-label={t`Conversations`}>
        {rows.map((thread) => (
          <li key={thread.id}>
            <button type="button" className="copilot-thread" onClick={() => onOpen(thread.id)}>
              <span className="truncate">{thread.title}</span>
              <span className="muted small">
                {thread.questions === 1 ? t`1 question` : t`${thread.questions} questions`},{" "}
                <Ago at={thread.asked_at} />
              </span>
            </button>
            <Button
              size="small"
              tone="quiet"
              aria-label={t`Remove “${thread.title}”`}
              busy={forget.isPending && forget.variables === thread.id}
              onClick={() =>
                forget.mutate(thread.id, {
                  onError: (error) => tell(t`It was not removed`, "error", error.message),
                })
              }
            >
              <Trans>Remove</Trans>
            </Button>
          </li>
        ))}
      </ul>
      <MoreRows
        hasMore={threads.hasNextPage}
        busy={threads.isFetchingNextPage}
        onMore={() => void threads.fetchNextPage()}
      />
    </>
  );
}
