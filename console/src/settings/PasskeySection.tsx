// Passkeys of one's own account.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { AccountView } from "../api/words";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { Ago } from "../parts/Time";
import { tell } from "../parts/toasts";
import { deviceWords } from "../session/device";
import { Field, held } from "../session/Entrance";
import { makePasskey, passkeysHere, passkeyTrouble } from "../session/passkey";
import { sessionQuery } from "../session/session";
import { PasswordDialog } from "./PasswordDialog";
import { accountQuery } from "./queries";

type Passkey = AccountView["passkeys"][number];

export function PasskeySection({ account }: { account: AccountView }) {
  const client = useQueryClient();
  const [adding, setAdding] = useState(false);
  const [naming, setNaming] = useState<Passkey>();
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: accountQuery.queryKey });
    await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const add = useMutation({
    mutationFn: async (body: { password?: string }) => {
      const { question, state } = await send(api.POST("/v1/account/passkeys/begin", { body }));
      const answer = await makePasskey(question).catch((error: unknown) => {
        const why = passkeyTrouble(error);
        throw new Error(why || "No passkey was made.");
      });
      const name = deviceWords(navigator.userAgent);
      return send(api.POST("/v1/account/passkeys", { body: { name, state, answer } }));
    },
    onSuccess: async (passkey) => {
      setAdding(false);
      await refresh();
      setNaming(passkey);
    },
  });
  const rename = useMutation({
    mutationFn: ({ id, name }: { id: string; name: string }) =>
      send(api.PATCH("/v1/account/passkeys/{id}", { params: { path: { id } }, body: { name } })),
    onSuccess: async () => {
      setNaming(undefined);
      await refresh();
    },
  });
  const remove = useMutation({
    mutationFn: (id: string) =>
      send(api.DELETE("/v1/account/passkeys/{id}", { params: { path: { id } } })),
    onSuccess: async () => {
      await refresh();
      tell(t`The passkey is removed`);
    },
  });
  const possible = account.passkeys_possible && passkeysHere();

  return (
    <section className="card section stack" aria-labelledby="settings-passkeys">
      <h2 id="settings-passkeys">
        <Trans>Passkeys</Trans>
      </h2>
      <p className="muted">
        {possible
          ? t`A passkey on this device or on a security key signs you in without password and code.`
          : t`Passkeys need a host name and HTTPS: this page was reached without.`}
      </p>
      {remove.isError && <Failure error={remove.error} />}
      {account.passkeys.length > 0 && (
        <ul className="account-list" aria-label={t`Passkeys`}>
          {account.passkeys.map((passkey) => (
            <li key={passkey.id} className="account-item">
              <div className="grow">
                <div>{passkey.name}</div>
                <div className="muted small">
                  <Trans>
                    Added <Ago at={passkey.created_at} />
                  </Trans>
                  {passkey.used_at && (
                    <Trans>
                      , used <Ago at={passkey.used_at} />
                    </Trans>
                  )}
                </div>
              </div>
              <Button
                size="small"
                aria-label={t`Rename ${passkey.name}`}
                onClick={() => setNaming(passkey)}
              >
                <Trans>Rename</Trans>
              </Button>
              <Button
                size="small"
                tone="danger"
                aria-label={t`Remove ${passkey.name}`}
                busy={remove.isPending && remove.variables === passkey.id}
                onClick={() => remove.mutate(passkey.id)}
              >
                <Trans>Remove</Trans>
              </Button>
            </li>
          ))}
        </ul>
      )}
      {possible && (
        <div className="row">
          <Button
            onClick={() => {
              add.reset();
              setAdding(true);
            }}
          >
            <Trans>Add a passkey</Trans>
          </Button>
        </div>
      )}
      <PasswordDialog
        open={adding}
        title={t`Add a passkey`}
        why={t`Your browser asks where to keep it. It opens your account alone.`}
        action={t`Go on`}
        hasPassword={account.has_password}
        busy={add.isPending}
        error={add.error}
        onClose={() => setAdding(false)}
        onProof={(proof) => add.mutate(proof)}
      />
      <Dialog
        open={naming !== undefined}
        onClose={() => setNaming(undefined)}
        title={t`Name the passkey`}
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            const name = held(new FormData(event.currentTarget), "passkey-name").trim();
            if (naming) rename.mutate({ id: naming.id, name });
          }}
        >
          {rename.isError && <Failure error={rename.error} />}
          <Field
            label={t`Name`}
            name="passkey-name"
            defaultValue={naming?.name}
            maxLength={60}
            required
            autoFocus
          />
          <div className="row">
            <Button type="submit" tone="primary" busy={rename.isPending}>
              <Trans>Save</Trans>
            </Button>
          </div>
        </form>
      </Dialog>
    </section>
  );
}
