// One's own account: name, password, second factor, passkeys, and where one is signed in.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef } from "react";
import { api, send } from "../api/client";
import type { AccountView } from "../api/words";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { Field, held, NewPasswordField } from "../session/Entrance";
import { sessionQuery, useSession } from "../session/session";
import { AppSection } from "./AppSection";
import { AwaySection } from "./AwaySection";
import { MailSection } from "./MailSection";
import { PasskeySection } from "./PasskeySection";
import { accountQuery, sessionsQuery } from "./queries";
import { SessionsSection } from "./SessionsSection";
import "./account.css";

export function AccountPage() {
  useTitle(t`Account`);
  const { secondFactorMissing, may } = useSession();
  const query = useQuery(accountQuery);
  return (
    <div className="stack account">
      {secondFactorMissing && (
        <div className="notice" data-tone="amber" role="status">
          <div>
            <strong>
              <Trans>Set up a second factor to go on.</Trans>
            </strong>
            <div>
              <Trans>
                This service asks everybody for more than a password: an authenticator app or a
                passkey.
              </Trans>
            </div>
          </div>
        </div>
      )}
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <>
          <NameSection account={query.data} />
          <PasswordSection account={query.data} />
          <AppSection account={query.data} />
          <PasskeySection account={query.data} />
        </>
      )}
      {!secondFactorMissing && <AwaySection />}
      {may("decide_approvals") && !secondFactorMissing && <MailSection />}
      <SessionsSection />
    </div>
  );
}

function NameSection({ account }: { account: AccountView }) {
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: (name: string) => send(api.PATCH("/v1/account", { body: { name } })),
    onSuccess: async (data) => {
      client.setQueryData(accountQuery.queryKey, data);
      await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
      tell(t`Your name is changed`);
    },
  });
  return (
    <section className="card section stack" aria-labelledby="settings-name">
      <h2 id="settings-name">
        <Trans>Name</Trans>
      </h2>
      <p className="muted">
        <Trans>You sign in as {account.email}. Your name is the same in all your workspaces.</Trans>
      </p>
      {save.isError && <Failure error={save.error} />}
      <form
        className="account-form"
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate(held(new FormData(event.currentTarget), "name").trim());
        }}
      >
        <Field
          label={t`Name`}
          name="name"
          autoComplete="name"
          defaultValue={account.name}
          maxLength={100}
          required
        />
        <Button type="submit" busy={save.isPending}>
          <Trans>Save the name</Trans>
        </Button>
      </form>
    </section>
  );
}

function PasswordSection({ account }: { account: AccountView }) {
  const client = useQueryClient();
  const form = useRef<HTMLFormElement>(null);
  const change = useMutation({
    mutationFn: (body: { password?: string; new_password: string }) =>
      send(api.POST("/v1/account/password", { body })),
    onSuccess: async () => {
      form.current?.reset();
      await client.invalidateQueries({ queryKey: accountQuery.queryKey });
      await client.invalidateQueries({ queryKey: sessionsQuery.queryKey });
      tell(t`Your password is changed`, "good", t`You are signed out everywhere else.`);
    },
  });
  return (
    <section className="card section stack" aria-labelledby="settings-password">
      <h2 id="settings-password">
        <Trans>Password</Trans>
      </h2>
      {!account.has_password && (
        <p className="muted">
          <Trans>You have none: you sign in at your company or with a passkey.</Trans>
        </p>
      )}
      {change.isError && <Failure error={change.error} />}
      <form
        ref={form}
        className="stack account-narrow"
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          change.mutate({
            password: account.has_password ? held(data, "password") : undefined,
            new_password: held(data, "new-password"),
          });
        }}
      >
        <input type="hidden" name="username" autoComplete="username" value={account.email} />
        {account.has_password && (
          <Field
            label={t`Present password`}
            name="password"
            type="password"
            autoComplete="current-password"
            required
          />
        )}
        <NewPasswordField />
        <div className="row">
          <Button type="submit" busy={change.isPending}>
            {account.has_password ? t`Change the password` : t`Set a password`}
          </Button>
        </div>
      </form>
    </section>
  );
}
