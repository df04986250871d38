// Cases that reviewers' decisions were made into: what must come of each, and all of them as a file.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { ApprovalBadge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Json } from "../parts/Json";
import { MoreRows } from "../parts/MoreRows";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Way } from "../shell/Way";
import { words } from "../text/format";
import { casesQuery } from "./queries";

export function DecidedCases() {
  const query = useInfiniteQuery(casesQuery);
  const { may } = useSession();
  const cases = query.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className="stack" aria-labelledby="decided-cases">
      <div className="row">
        <h2 id="decided-cases" className="grow">
          <Trans>Made of decisions</Trans>
        </h2>
        {cases.length > 0 && may("see_personal_data") && (
          <a
            className="button"
            href="/v1/evaluations/cases/export"
            download="decisions.yaml"
            title={t`As the evaluations read cases: for a suite's folder`}
          >
            <Trans>Export YAML</Trans>
          </a>
        )}
      </div>
      {query.isPending && <Loading lines={3} label={t`Loading the cases`} />}
      {query.isError && !query.data && (
        <Failure error={query.error} retry={() => void query.refetch()} />
      )}
      {query.data && cases.length === 0 && (
        <p className="muted">
          <Trans>
            None yet. What was decided on an approval can be made into a case there: the
            conversation, what the run had read, and what must come of it, without personal data.
          </Trans>
        </p>
      )}
      {cases.length > 0 && (
        <ul className="list" aria-label={t`Cases made of decisions`}>
          {cases.map((made) => (
            <Case key={made.id} made={made} mayRemove={may("manage_evaluations")} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
    </section>
  );
}

function Case({ made, mayRemove }: { made: S["DecidedCase"]; mayRemove: boolean }) {
  const [asks, setAsks] = useState(false);
  const client = useQueryClient();
  const { name } = made.case;
  const remove = useMutation({
    mutationFn: () =>
      send(api.DELETE("/v1/evaluations/cases/{id}", { params: { path: { id: made.id } } })),
    onSuccess: () => {
      setAsks(false);
      tell(t`The case was removed`, "info", name);
      void client.invalidateQueries({ queryKey: casesQuery.queryKey });
    },
  });
  return (
    <li className="decided-case">
      <div className="row">
        <ApprovalBadge status={made.decided} />
        <Way to="/approvals/$id" params={{ id: made.approval_id }} className="grow">
          {name}
        </Way>
        <span className="muted small">
          <Ago at={made.made_at} />
        </span>
        {mayRemove && (
          <Button size="small" tone="quiet" onClick={() => setAsks(true)}>
            <Trans>Remove</Trans>
            <span className="sr-only"> {name}</span>
          </Button>
        )}
      </div>
      <details>
        <summary className="small">
          <Trans>{words(made.tool)}: what is said and expected</Trans>
        </summary>
        <Json value={made.case} label={t`The case ${name}`} />
      </details>
      <Dialog open={asks} onClose={() => setAsks(false)} title={t`Remove this case?`}>
        <p>
          <Trans>The decision stays, and can be made into a case anew.</Trans>
        </p>
        {remove.isError && <Failure error={remove.error} />}
        <div className="row dialog-actions">
          <Button onClick={() => setAsks(false)}>
            <Trans>Keep it</Trans>
          </Button>
          <Button tone="danger-fill" busy={remove.isPending} onClick={() => remove.mutate()}>
            <Trans>Remove</Trans>
          </Button>
        </div>
      </Dialog>
    </li>
  );
}
