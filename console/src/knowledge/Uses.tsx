// Where a document is used: the replies that were sent and rest on it.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { unmarked } from "../messages/marks";
import { MoreRows } from "../parts/MoreRows";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { Way } from "../shell/Way";
import { usesQuery } from "./queries";

export function Uses({ id }: { id: string }) {
  const query = useInfiniteQuery(usesQuery(id));
  const uses = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  if (query.isPending) return <Loading lines={5} />;
  if (query.isError && !query.data) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  if (uses.length === 0) {
    return (
      <Empty title={t`No answer rests on it yet`}>
        <p>
          <Trans>Every reply that was sent and cites this document is listed here.</Trans>
        </p>
      </Empty>
    );
  }
  return (
    <>
      <ul className="list" aria-label={t`Answers that rest on this document`}>
        {uses.map(({ id: citationId, ticket_id, citation, at }) => (
          <li key={citationId} className="flagged">
            <div className="row">
              <Way to="/tickets/$id" params={{ id: ticket_id }} className="grow">
                <Trans>The ticket</Trans>
              </Way>
              <span className="muted small">
                <Trans>
                  version {citation.document_version}, sent <Ago at={at} />
                </Trans>
              </span>
            </div>
            <blockquote className="muted small flagged-quote">
              {unmarked(citation.quote)}
            </blockquote>
          </li>
        ))}
      </ul>
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </>
  );
}
