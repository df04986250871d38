// A forgotten password: asking for a link, and choosing a new password with one.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { api, send } from "../api/client";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { useTitle } from "../parts/title";
import { Entrance, Field, held, linkToken, NewPasswordField } from "./Entrance";
import { signInOptionsQuery } from "./session";

export function ResetPage() {
  useTitle(t`New password`);
  const [token] = useState(linkToken);
  return token ? <Choose token={token} /> : <Ask />;
}

function Ask() {
  const options = useQuery(signInOptionsQuery);
  const ask = useMutation({
    mutationFn: (email: string) => send(api.POST("/v1/password-resets", { body: { email } })),
  });
  if (options.data && !options.data.reset_by_mail) {
    return (
      <Entrance title={t`Forgotten your password?`}>
        <p>
          <Trans>
            This service sends no mail. Ask whoever runs it for a link: they make one with{" "}
            <code className="mono">countersign users reset-link</code> and your address.
          </Trans>
        </p>
        <Back />
      </Entrance>
    );
  }
  return (
    <Entrance title={t`Forgotten your password?`}>
      {ask.isError && <Failure error={ask.error} />}
      {ask.isSuccess ? (
        <p role="status">
          <Trans>
            If the address has an account, a mail with a link is on its way to it. The link works
            once, for an hour.
          </Trans>
        </p>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            ask.mutate(held(new FormData(event.currentTarget), "email").trim());
          }}
        >
          <Field
            label={t`Email`}
            name="email"
            type="email"
            autoComplete="username"
            required
            autoFocus
          />
          <Button type="submit" tone="primary" busy={ask.isPending}>
            <Trans>Send a link</Trans>
          </Button>
        </form>
      )}
      <Back />
    </Entrance>
  );
}

function Choose({ token }: { token: string }) {
  const choose = useMutation({
    mutationFn: (password: string) =>
      send(api.POST("/v1/password-resets/complete", { body: { token, password } })),
  });
  return (
    <Entrance title={t`Choose a new password`}>
      {choose.isError && <Failure error={choose.error} />}
      {choose.isSuccess ? (
        <p role="status">
          <Trans>Your password is changed, and you are signed out everywhere.</Trans>
        </p>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            choose.mutate(held(new FormData(event.currentTarget), "new-password"));
          }}
        >
          <NewPasswordField />
          <Button type="submit" tone="primary" busy={choose.isPending}>
            <Trans>Change the password</Trans>
          </Button>
        </form>
      )}
      <Back />
    </Entrance>
  );
}

const Back = () => (
  <p className="small">
    <Link to="/sign-in">
      <Trans>Sign in</Trans>
    </Link>
  </p>
);
