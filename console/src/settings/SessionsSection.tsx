// Where one is signed in, and ending that.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { tell } from "../parts/toasts";
import { deviceWords } from "../session/device";
import { count } from "../text/format";
import { sessionsQuery } from "./queries";

export function SessionsSection() {
  const client = useQueryClient();
  const query = useQuery(sessionsQuery);
  const refresh = () => client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
  const end = useMutation({
    mutationFn: (id: string) => send(api.DELETE("/v1/sessions/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      await refresh();
      tell("That session is ended");
    },
  });
  const endOthers = useMutation({
    mutationFn: () => send(api.DELETE("/v1/sessions")),
    onSuccess: async ({ ended }) => {
      await refresh();
      tell(`${count(ended, "session")} ended`);
    },
  });
  const others = query.data?.items.filter((each) => !each.current).length ?? 0;
  return (
    <section className="card section stack" aria-labelledby="settings-sessions">
      <div className="row">
        <h2 id="settings-sessions" className="grow">
          Where you are signed in
        </h2>
        {others > 0 && (
          <Button tone="danger" busy={endOthers.isPending} onClick={() => endOthers.mutate()}>
            End all others
          </Button>
        )}
      </div>
      <p className="muted">A session ends after seven days without use.</p>
      {query.isPending && <Loading lines={3} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {(end.isError || endOthers.isError) && <Failure error={end.error ?? endOthers.error} />}
      <ul className="account-list" aria-label="Sessions">
        {query.data?.items.map((session) => {
          const device = deviceWords(session.device);
          return (
            <li key={session.id} className="account-item">
              <div className="grow">
                <div className="row">
                  <span>{device}</span>
                  {session.current && <Badge tone="green">This one</Badge>}
                </div>
                <div className="muted small">
                  {session.address && `${session.address}, `}
                  {session.workspace.name}, used <Ago at={session.seen_at} />
                </div>
              </div>
              {!session.current && (
                <Button
                  size="small"
                  aria-label={`End the session of ${device}`}
                  busy={end.isPending && end.variables === session.id}
                  onClick={() => end.mutate(session.id)}
                >
                  End
                </Button>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
