// Teams: colleagues by a name that policies can ask.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { roleName } from "../api/names";
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
  useTitle(t`Teams`);
  const { may } = useSession();
  const query = useInfiniteQuery(teamsQuery);
  const teams = query.data?.pages.flatMap((page) => page.items) ?? [];
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<string>();
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          <Trans>
            A policy that names a role and a team asks the people of that role who are in the team.
          </Trans>
        </p>
        {may("manage_teams") && (
          <Button tone="primary" onClick={() => setMaking(true)}>
            <Trans>Make a team</Trans>
          </Button>
        )}
      </div>
      {query.isPending && <Loading lines={4} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && teams.length === 0 && (
        <Empty title={t`No teams`}>
          <p>
            <Trans>Policies ask roles alone until there is one.</Trans>
          </p>
        </Empty>
      )}
      {teams.length > 0 && (
        <ul className="settings-list" aria-label={t`Teams`}>
          {teams.map((team) => (
            <li key={team.name} className="card row settings-item">
              <div className="grow settings-who">
                <strong>{words(team.name)}</strong>
                <span className="muted small">{team.description}</span>
              </div>
              <Button
                size="small"
                onClick={() => setOpen(team.name)}
                aria-label={t`Members of ${words(team.name)}`}
              >
                <Trans>Members</Trans>
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
    <Dialog open onClose={onClose} title={t`Make a team`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!put.isPending) put.mutate();
        }}
      >
        {put.isError && <Failure error={put.error} />}
        <label className="field">
          <span className="field-label">
            <Trans>Name</Trans>
          </span>
          <input
            className="input"
            required
            pattern="[a-z][a-z0-9_]{1,39}"
            title={t`2 to 40 characters a-z, 0-9 and _, beginning with a letter`}
            placeholder="refunds"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <span className="field-hint">
            <Trans>Policies ask the team by this name: a-z, 0-9 and _.</Trans>
          </span>
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>What it looks after</Trans>
          </span>
          <input
            className="input"
            maxLength={300}
            value={description}
            onChange={(event) => setDescription(event.target.value)}
          />
        </label>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={put.isPending}>
            {put.isPending ? t`Making…` : t`Make`}
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
        {query.data && members.length === 0 && (
          <p className="muted">
            <Trans>Nobody is in it yet.</Trans>
          </p>
        )}
        <ul className="settings-list" aria-label={t`Members`}>
          {members.map((member) => (
            <li key={member.id} className="row">
              <span className="grow">
                {member.name} <span className="muted small">{roleName(member.role)}</span>
              </span>
              {manages && (
                <Button
                  size="small"
                  busy={leave.isPending}
                  onClick={() => leave.mutate(member.id)}
                  aria-label={t`Take out ${member.name}`}
                >
                  <Trans>Take out</Trans>
                </Button>
              )}
            </li>
          ))}
        </ul>
        {manages && others.length > 0 && (
          <label className="field">
            <span className="field-label">
              <Trans>Put in</Trans>
            </span>
            <select
              className="input"
              value=""
              onChange={(event) => event.target.value && join.mutate(event.target.value)}
            >
              <option value="">{t`Pick a colleague`}</option>
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
              <Trans>Remove the team</Trans>
            </Button>
          )}
          <span className="grow" />
          <Button onClick={onClose}>
            <Trans>Done</Trans>
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
