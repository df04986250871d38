// Programs that keys belong to: made here, and stopped with all their keys at once.
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
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

type Account = S["ServiceAccountItem"];
type Key = S["ApiKeyItem"];

export function ServiceAccounts({ accounts, keys }: { accounts: Account[]; keys: Key[] }) {
  const [making, setMaking] = useState(false);
  return (
    <section className="stack" aria-labelledby="service-accounts">
      <div className="row">
        <h2 id="service-accounts" className="grow">
          <Trans>Service accounts</Trans>
        </h2>
        <Button onClick={() => setMaking(true)}>
          <Trans>Add a service account</Trans>
        </Button>
      </div>
      <p className="muted">
        <Trans>
          A program with keys of its own, which go on working when the colleague who made them
          leaves.
        </Trans>
      </p>
      {accounts.length === 0 && <Empty title={t`No service accounts`} />}
      {accounts.length > 0 && (
        <ul className="settings-list" aria-label={t`Service accounts`}>
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
      tell(t`Its keys open nothing any more`, "good", account.name);
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
            {open.length === 0
              ? t`No key that opens anything`
              : plural(open.length, { one: "# open key", other: "# open keys" })}
            <Trans>
              , made <Ago at={account.created_at} />
            </Trans>
          </span>
        </div>
        {account.deactivated_at ? (
          <Badge tone="red">
            <Trans>Deactivated</Trans>
          </Badge>
        ) : (
          <Button
            size="small"
            tone={sure ? "danger-fill" : "danger"}
            busy={stop.isPending}
            onClick={() => (sure ? stop.mutate() : setSure(true))}
            onBlur={() => setSure(false)}
            aria-label={
              sure ? t`Deactivate ${account.name} for good` : t`Deactivate ${account.name}`
            }
          >
            {sure ? t`Deactivate for good` : t`Deactivate`}
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
      tell(t`Make a key for it next`, "good", t`${name} is there`);
      onClose();
      await client.invalidateQueries({ queryKey: ["service-accounts"] });
    },
  });
  return (
    <Dialog open onClose={onClose} title={t`Add a service account`}>
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
        <Field label={t`The program`} name="name" maxLength={100} required />
        <Field label={t`What it does`} name="description" maxLength={300} />
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={make.isPending}>
            <Trans>Add</Trans>
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
