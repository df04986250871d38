// Teams: colleagues by a name that policies can ask.
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { MoreRows } from "../parts/MoreRows";
import { Empty, Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { useSession } from "../session/session";
import { words } from "../text/format";
import { peopleQuery, teamQuery, teamsQuery } from "./queries";
import "./settings.css";

export function TeamsPage() {
  useTitle("Teams");
  const { may } = useSession();
  const query = useInfiniteQuery(teamsQuery);
  const teams = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<string>();
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          A policy that names a team beside a role asks those of the role who are in it.
        </p>
        {may("manage_teams") && (
          <Button tone="primary" onClick={() => setMaking(true)}>
            Make a team
          </Button>
        )}
      </div>
      {query.isPending && <Loading lines={4} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && teams.length === 0 && (
        <Empty title="No teams">
          <p>Policies ask roles alone until there is one.</p>
        </Empty>
      )}
      {teams.length > 0 && (
        <ul className="settings-list" aria-label="Teams">
          {teams.map((team) => (
            <li key={team.name} className="card row settings-item">
              <div className="grow settings-who">
                <strong>{words(team.name)}</strong>
                <span className="muted small">{team.description}</span>
              </div>
              <Button
                size="small"
                onClick={() => setOpen(team.name)}
                aria-label={`Members of ${words(team.name)}`}
              >
                Members
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
      {making && <MakeDialog onClose={() => setMaking(false)} onMade={setOpen} />}
      {open && <TeamDialog name={open} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

function MakeDialog({ onClose, onMade }: { onClose: () => void; onMade: (name: string) => void }) {
  const client = useQueryClient();
  const [name, setName] = useState("");
  const [description, setDescription] = useState("");
  const put = useMutation({
    mutationFn: () =>
      send(api.PUT("/v1/teams/{name}", { params: { path: { name } }, body: { description } })),
    onSuccess: async () => {
      onClose();
      onMade(name);
      await client.invalidateQueries({ queryKey: ["teams"] });
    },
  });
  return (
    <Dialog open onClose={onClose} title="Make a team">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!put.isPending) put.mutate();
        }}
      >
        {put.isError && <Failure error={put.error} />}
        <label className="field">
          <span className="field-label">Name</span>
          <input
            className="input"
            required
            pattern="[a-z][a-z0-9_]{1,39}"
            title="2 to 40 characters a-z, 0-9 and _, beginning with a letter"
            placeholder="refunds"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <span className="field-hint">Policies ask the team by this name: a-z, 0-9 and _.</span>
        </label>
        <label className="field">
          <span className="field-label">What it looks after</span>
          <input
            className="input"
            maxLength={300}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={put.isPending}>
            {put.isPending ? "Making…" : "Make"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function TeamDialog({ name, onClose }: { name: string; onClose: () => void }) {
  const client = useQueryClient();
  const { may } = useSession();
  const query = useQuery(teamQuery(name));
  const people = useInfiniteQuery(peopleQuery);
  const manages = may("manage_teams");
  const members = query.data?.members ?? [];
  const within = new Set(members.map((member) => member.id));
  const others = (people.data?.pages.flatMap((page) => page.items) ?? []).filter(
    (person) => !person.deactivated_at && !within.has(person.id),
  );
  const stored = (team: S["TeamView"]) => client.setQueryData(teamQuery(name).queryKey, team);
  const join = useMutation({
    mutationFn: (user_id: string) =>
      send(api.PUT("/v1/teams/{name}/members/{user_id}", { params: { path: { name, user_id } } })),
    onSuccess: stored,
  });
  const leave = useMutation({
    mutationFn: (user_id: string) =>
      send(
        api.DELETE("/v1/teams/{name}/members/{user_id}", { params: { path: { name, user_id } } }),
      ),
    onSuccess: stored,
  });
  const remove = useMutation({
    mutationFn: () => send(api.DELETE("/v1/teams/{name}", { params: { path: { name } } })),
    onSuccess: async () => {
      onClose();
      await client.invalidateQueries({ queryKey: ["teams"] });
    },
  });
  const error = join.error ?? leave.error ?? remove.error ?? query.error;
  return (
    <Dialog open onClose={onClose} title={words(name)}>
      <div className="stack">
        {error && <Failure error={error} />}
        {query.isPending && <Loading lines={3} />}
        {query.data && members.length === 0 && <p className="muted">Nobody is in it yet.</p>}
        <ul className="settings-list" aria-label="Members">
          {members.map((member) => (
            <li key={member.id} className="row">
              <span className="grow">
                {member.name} <span className="muted small">{words(member.role)}</span>
              </span>
              {manages && (
                <Button
                  size="small"
                  busy={leave.isPending}
                  onClick={() => leave.mutate(member.id)}
                  aria-label={`Take out ${member.name}`}
                >
                  Take out
                </Button>
              )}
            </li>
          ))}
        </ul>
        {manages && others.length > 0 && (
          <label className="field">
            <span className="field-label">Put in</span>
            <select
              className="input"
              value=""
              onChange={(event) => event.target.value && join.mutate(event.target.value)}
            >
              <option value="">Pick a colleague</option>
              {others.map((person) => (
                <option key={person.id} value={person.id}>
                  {person.name}
                </option>
              ))}
            </select>
          </label>
        )}
        <div className="dialog-foot">
          {manages && (
            <Button tone="danger" busy={remove.isPending} onClick={() => remove.mutate()}>
              Remove the team
            </Button>
          )}
          <span className="grow" />
          <Button onClick={onClose}>Done</Button>
        </div>
      </div>
    </Dialog>
  );
}
