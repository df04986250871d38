// Programs that keys belong to: made here, and stopped with all their keys at once.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Empty, Failure } from "../parts/states";
import { Ago } from "../parts/Time";
import { tell } from "../parts/toasts";
import { Field, held } from "../session/Entrance";
import { count } from "../text/format";

type Account = S["ServiceAccountItem"];
type Key = S["ApiKeyItem"];

export function ServiceAccounts({ accounts, keys }: { accounts: Account[]; keys: Key[] }) {
  const [making, setMaking] = useState(false);
  return (
    <section className="stack" aria-labelledby="service-accounts">
      <div className="row">
        <h2 id="service-accounts" className="grow">
          Service accounts
        </h2>
        <Button onClick={() => setMaking(true)}>Add a service account</Button>
      </div>
      <p className="muted">
        A program with keys of its own, which go on working when the colleague who made them leaves.
      </p>
      {accounts.length === 0 && <Empty title="No service accounts" />}
      {accounts.length > 0 && (
        <ul className="settings-list" aria-label="Service accounts">
          {accounts.map((account) => (
            <AccountItem
              key={account.id}
              account={account}
              open={keys.filter((key) => key.service_account_id === account.id && isOpen(key))}
            />
          ))}
        </ul>
      )}
      {making && <MakeAccount onClose={() => setMaking(false)} />}
    </section>
  );
}

const isOpen = (key: Key) =>
  !key.revoked_at && (!key.expires_at || Date.parse(key.expires_at) > Date.now());

function AccountItem({ account, open }: { account: Account; open: Key[] }) {
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const stop = useMutation({
    mutationFn: () =>
      send(api.DELETE("/v1/service-accounts/{id}", { params: { path: { id: account.id } } })),
    onSuccess: async () => {
      tell("Its keys open nothing any more", "good", account.name);
      await client.invalidateQueries({ queryKey: ["service-accounts"] });
      await client.invalidateQueries({ queryKey: ["api-keys"] });
    },
  });
  return (
    <li className="card stack settings-item">
      <div className="row">
        <div className="grow settings-who">
          <strong>{account.name}</strong>
          <span className="muted small">
            {account.description && `${account.description}. `}
            {open.length === 0 ? "No key that opens anything" : count(open.length, "open key")},
            made <Ago at={account.created_at} />
          </span>
        </div>
        {account.deactivated_at ? (
          <Badge tone="red">Deactivated</Badge>
        ) : (
          <Button
            size="small"
            tone={sure ? "danger-fill" : "danger"}
            busy={stop.isPending}
            onClick={() => (sure ? stop.mutate() : setSure(true))}
            onBlur={() => setSure(false)}
            aria-label={sure ? `Deactivate ${account.name} for good` : `Deactivate ${account.name}`}
          >
            {sure ? "Deactivate for good" : "Deactivate"}
          </Button>
        )}
      </div>
      {stop.isError && <Failure error={stop.error} />}
    </li>
  );
}

function MakeAccount({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: (body: { name: string; description: string }) =>
      send(api.POST("/v1/service-accounts", { body })),
    onSuccess: async ({ name }) => {
      tell("Make a key for it next", "good", `${name} is there`);
      onClose();
      await client.invalidateQueries({ queryKey: ["service-accounts"] });
    },
  });
  return (
    <Dialog open onClose={onClose} title="Add a service account">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const body = { name: held(data, "name"), description: held(data, "description") };
          if (!make.isPending) make.mutate(body);
        }}
      >
        {make.isError && <Failure error={make.error} />}
        <Field label="The program" name="name" maxLength={100} required />
        <Field label="What it does" name="description" maxLength={300} />
        <div className="dialog-foot">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={make.isPending}>
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
