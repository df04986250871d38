// The versions that the policy had: who put them, when and why.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { actorName } from "../messages/actor";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { MoreRows } from "../parts/MoreRows";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { versionQuery, versionsQuery } from "./queries";

interface Props {
  /** The one in effect. */
  current: number;
  /** Takes a version's text into the editor; absent for who may not change it. */
  onTake?: (text: string) => void;
}

export function Versions({ current, onTake }: Props) {
  const query = useInfiniteQuery(versionsQuery);
  const [shown, setShown] = useState<number>();
  const versions = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="card section stack" aria-label={t`Versions`}>
      <h2>
        <Trans>Versions</Trans>
      </h2>
      {query.isPending && <Loading lines={3} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && versions.length === 0 && (
        <p className="muted">
          <Trans>
            The workspace has no policy of its own yet: the installation's is in effect.
          </Trans>
        </p>
      )}
      {versions.length > 0 && (
        <ul className="policy-versions">
          {versions.map((each) => (
            <li key={each.version} className="row">
              <div className="grow">
                <strong>
                  <Trans>Version {each.version}</Trans>
                </strong>{" "}
                {each.version === current && (
                  <Badge tone="green">
                    <Trans>In effect</Trans>
                  </Badge>
                )}
                <p className="policy-finding">{each.note}</p>
                <p className="muted small">
                  {actorName(each.created_by)}, <Ago at={each.created_at} />
                </p>
              </div>
              <Button
                size="small"
                aria-label={t`Look at version ${each.version}`}
                onClick={() => setShown(each.version)}
              >
                <Trans>Look at it</Trans>
              </Button>
            </li>
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
      {shown !== undefined && (
        <Shown
          version={shown}
          onClose={() => setShown(undefined)}
          onTake={
            onTake &&
            ((text) => {
              onTake(text);
              setShown(undefined);
            })
          }
        />
      )}
    </section>
  );
}

function Shown({
  version,
  onClose,
  onTake,
}: {
  version: number;
  onClose: () => void;
  onTake?: (text: string) => void;
}) {
  const query = useQuery(versionQuery(version));
  const text = query.data?.text;
  return (
    <Dialog open onClose={onClose} size="wide" title={t`Version ${version}`}>
      <div className="stack">
        {query.isPending && <Loading lines={6} />}
        {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
        {text !== undefined && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls and holds nothing else to focus
          <pre className="policy-text" tabIndex={0}>
            {text}
          </pre>
        )}
        {text !== undefined && onTake && (
          <div>
            <Button onClick={() => onTake(text)}>
              <Trans>Take it into the editor</Trans>
            </Button>
          </div>
        )}
      </div>
    </Dialog>
  );
}
