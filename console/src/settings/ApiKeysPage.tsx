// API keys and the service accounts that they belong to. A key is shown once.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { permissionName } from "../api/names";
import type { Permission, S } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { MoreRows } from "../parts/MoreRows";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { listed } from "../text/format";
import { fullTime } from "../text/times";
import { PermissionPicker } from "./PermissionPicker";
import { accountsQuery, keysQuery, rolesQuery } from "./queries";
import { ServiceAccounts } from "./ServiceAccounts";
import "./settings.css";

type Key = S["ApiKeyItem"];

export function ApiKeysPage() {
  useTitle(t`API keys`);
  const query = useInfiniteQuery(keysQuery);
  const accounts = useInfiniteQuery(accountsQuery);
  const keys = query.data?.pages.flatMap((page) => page.items) ?? [];
  const services = accounts.data?.pages.flatMap((page) => page.items) ?? [];
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<S["MadeKey"]>();
  const ownerOf = (key: Key) =>
    services.find((account) => account.id === key.service_account_id)?.name ?? t`A colleague`;
  return (
    <div className="stack">
      <div className="row">
        <p className="muted grow">
          <Trans>
            A key may do what its scopes name, and nothing that takes a person. It stops with whom
            it belongs to.
          </Trans>
        </p>
        <Button tone="primary" onClick={() => setMaking(true)}>
          <Trans>Make a key</Trans>
        </Button>
      </div>
      {query.isPending && <Loading lines={4} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && keys.length === 0 && (
        <Empty title={t`No keys`}>
          <p>
            <Trans>Make one for each program that talks to this workspace.</Trans>
          </p>
        </Empty>
      )}
      {keys.length > 0 && (
        <ul className="settings-list" aria-label={t`API keys`}>
          {keys.map((key) => (
            <KeyItem key={key.id} item={key} owner={ownerOf(key)} />
          ))}
        </ul>
      )}
      <MoreRows
        hasMore={query.hasNextPage}
        busy={query.isFetchingNextPage}
        onMore={() => void query.fetchNextPage()}
      />
      {accounts.isError && <Failure error={accounts.error} retry={() => void accounts.refetch()} />}
      {accounts.data && <ServiceAccounts accounts={services} keys={keys} />}
      <MoreRows
        hasMore={accounts.hasNextPage}
        busy={accounts.isFetchingNextPage}
        onMore={() => void accounts.fetchNextPage()}
      />
      {making && (
        <MakeDialog services={services} onClose={() => setMaking(false)} onMade={setMade} />
      )}
      {made && (
        <Dialog open keeps onClose={() => setMade(undefined)} title={t`Your key`}>
          <div className="stack">
            <p>
              <Trans>Copy it now. It is not shown again.</Trans>
            </p>
            <input
              className="input mono"
              readOnly
              aria-label={t`The key`}
              value={made.token}
              onFocus={(event) => event.target.select()}
            />
            <div className="dialog-foot">
              <Button
                onClick={() =>
                  navigator.clipboard.writeText(made.token).then(
                    () => tell(t`Copied`, "good"),
                    () =>
                      tell(t`It could not be copied`, "error", t`Select it and copy it by hand.`),
                  )
                }
              >
                <Trans>Copy</Trans>
              </Button>
              <Button tone="primary" onClick={() => setMade(undefined)}>
                <Trans>Done</Trans>
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </div>
  );
}

function KeyItem({ item, owner }: { item: Key; owner: string }) {
  const client = useQueryClient();
  const [sure, setSure] = useState(false);
  const revoke = useMutation({
    mutationFn: () => send(api.DELETE("/v1/api-keys/{id}", { params: { path: { id: item.id } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  return (
    <li className="card stack settings-item">
      <div className="row">
        <div className="grow settings-who">
          <strong>{item.name}</strong>
          <span className="muted small">
            <span className="mono">{item.hint}…</span> {owner}
            {item.expires_at && t`, until ${fullTime(item.expires_at)}`}
            {item.last_used_at ? (
              <Trans>
                , last used <Ago at={item.last_used_at} />
              </Trans>
            ) : (
              t`, never used`
            )}
          </span>
        </div>
        {item.revoked_at && (
          <Badge tone="red">
            <Trans>Revoked</Trans>
          </Badge>
        )}
        {!item.revoked_at && (
          <Button
            size="small"
            tone={sure ? "danger-fill" : "danger"}
            busy={revoke.isPending}
            onClick={() => (sure ? revoke.mutate() : setSure(true))}
            onBlur={() => setSure(false)}
            aria-label={sure ? t`Revoke ${item.name} for good` : t`Revoke ${item.name}`}
          >
            {sure ? t`Revoke for good` : t`Revoke`}
          </Button>
        )}
      </div>
      <p className="small muted">{listed(item.scopes.map(permissionName))}</p>
      {revoke.isError && <Failure error={revoke.error} />}
    </li>
  );
}

function MakeDialog({
  services,
  onClose,
  onMade,
}: {
  services: S["ServiceAccountItem"][];
  onClose: () => void;
  onMade: (made: S["MadeKey"]) => void;
}) {
  const client = useQueryClient();
  const matrix = useQuery(rolesQuery);
  const [name, setName] = useState("");
  const [owner, setOwner] = useState("new");
  const [days, setDays] = useState("90");
  const [scopes, setScopes] = useState<Permission[]>([]);
  const make = useMutation({
    mutationFn: async () => {
      // A service account of the key's name, unless it is to belong to somebody else.
      const account =
        owner === "new"
          ? (await send(api.POST("/v1/service-accounts", { body: { name } }))).id
          : owner === "me"
            ? null
            : owner;
      return send(
        api.POST("/v1/api-keys", {
          body: {
            name,
            scopes,
            service_account_id: account,
            expires_in_days: days === "" ? null : Number(days),
          },
        }),
      );
    },
    onSuccess: async (made) => {
      onClose();
      onMade(made);
      await client.invalidateQueries({ queryKey: ["api-keys"] });
      await client.invalidateQueries({ queryKey: ["service-accounts"] });
    },
  });
  return (
    <Dialog open onClose={onClose} size="wide" title={t`Make a key`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!make.isPending) make.mutate();
        }}
      >
        {make.isError && <Failure error={make.error} />}
        <label className="field">
          <span className="field-label">
            <Trans>What it is for</Trans>
          </span>
          <input
            className="input"
            required
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>Belongs to</Trans>
          </span>
          <select
            className="input"
            value={owner}
            onChange={(event) => setOwner(event.target.value)}
          >
            <option value="new">{t`A new service account of this name`}</option>
            <option value="me">{t`Me`}</option>
            {services
              .filter((account) => !account.deactivated_at)
              .map((account) => (
                <option key={account.id} value={account.id}>
                  {account.name}
                </option>
              ))}
          </select>
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>Ends</Trans>
          </span>
          <select className="input" value={days} onChange={(event) => setDays(event.target.value)}>
            <option value="30">{t`In 30 days`}</option>
            <option value="90">{t`In 90 days`}</option>
            <option value="365">{t`In a year`}</option>
            <option value="">{t`Never`}</option>
          </select>
        </label>
        {matrix.isError && <Failure error={matrix.error} retry={() => void matrix.refetch()} />}
        {matrix.isPending && <Loading lines={4} />}
        {matrix.data && (
          <PermissionPicker
            legend={t`Scopes`}
            offered={matrix.data.permissions.filter((each) => !each.takes_a_person)}
            picked={scopes}
            onPick={setScopes}
          />
        )}
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={make.isPending || scopes.length === 0}>
            {make.isPending ? t`Making…` : t`Make`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
