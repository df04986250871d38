// Where one is signed in, and ending that.
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { tell } from "../parts/toasts";
import { deviceWords } from "../session/device";
import { sessionsQuery } from "./queries";

export function SessionsSection() {
  const client = useQueryClient();
  const query = useQuery(sessionsQuery);
  const refresh = () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const end = useMutation({
    mutationFn: (id: string) => send(api.DELETE("/v1/sessions/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      await refresh();
      tell(t`That session is ended`);
    },
  });
  const endOthers = useMutation({
    mutationFn: () => send(api.DELETE("/v1/sessions")),
    onSuccess: async ({ ended }) => {
      await refresh();
      tell(t`${plural(ended, { one: "# session", other: "# sessions" })} ended`);
    },
  });
  const others = query.data?.items.filter((each) => !each.current).length ?? 0;
  return (
    <section className="card section stack" aria-labelledby="settings-sessions">
      <div className="row">
        <h2 id="settings-sessions" className="grow">
          <Trans>Where you are signed in</Trans>
        </h2>
        {others > 0 && (
          <Button tone="danger" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            <Trans>End all others</Trans>
          </Button>
        )}
      </div>
      <p className="muted">
        <Trans>A session ends after seven days without use.</Trans>
      </p>
      {query.isPending && <Loading lines={3} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {(end.isError || endOthers.isError) && <Failure error={end.error ?? endOthers.error} />}
      <ul className="account-list" aria-label={t`Sessions`}>
        {query.data?.items.map((session) => {
          const device = deviceWords(session.device);
          return (
            <li key={session.id} className="account-item">
              <div className="grow">
                <div className="row">
                  <span>{device}</span>
                  {session.current && (
                    <Badge tone="green">
                      <Trans>This one</Trans>
                    </Badge>
                  )}
                </div>
                <div className="muted small">
                  <Trans>
                    {session.address && `${session.address}, `}
                    {session.workspace.name}, used <Ago at={session.seen_at} />
                  </Trans>
                </div>
              </div>
              {!session.current && (
                <Button
                  size="small"
                  aria-label={t`End the session of ${device}`}
                  busy={end.isPending && end.variables === session.id}
                  onClick={() => end.mutate(session.id)}
                >
                  <Trans>End</Trans>
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
