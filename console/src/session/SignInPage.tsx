// Signing in: by password, and a code where the account asks for one; by passkey; at one's company.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, Problem, send } from "../api/client";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { useTitle } from "../parts/title";
import { Entrance, Field, held } from "./Entrance";
import { passkeysHere, passkeyTrouble, signWithPasskey } from "./passkey";
import { type CompanyFailure, signInOptionsQuery } from "./session";

const FAILED: Record<CompanyFailure, MessageDescriptor> = {
  provider: msg`Your company's sign-in could not be reached, or its answer was not accepted. Try again.`,
  late: msg`That took too long, or began in another browser. Try again.`,
  refused: msg`Your company's sign-in said no.`,
  unverified: msg`Your company's sign-in does not say that your address is verified.`,
  domain: msg`Addresses of your domain do not sign in here.`,
  unknown: msg`Your address belongs to no account here. Ask for an invitation.`,
};

export function SignInPage() {
  useTitle(t`Sign in`);
  const client = useQueryClient();
  const navigate = useNavigate();
  const { next, failed } = useSearch({ from: "/sign-in" });
  const options = useQuery(signInOptionsQuery);
  // What was wrong is told to nobody, so after any failure a code may be what is missing.
  const [askCode, setAskCode] = useState(false);
  const enter = async () => {
    client.clear();
    await navigate({ to: next ?? "/", replace: true });
  };
  const signIn = useMutation({
    mutationFn: (body: { email: string; password: string; code?: string }) =>
      send(api.POST("/v1/session", { body })),
    onSuccess: enter,
    onError: (error) => {
      if (error instanceof Problem && error.status === 401) setAskCode(true);
    },
  });
  const byPasskey = useMutation({
    mutationFn: async () => {
      const { question, state } = await send(api.POST("/v1/session/passkey/begin"));
      const answer = await signWithPasskey(question);
      return send(api.POST("/v1/session/passkey", { body: { state, answer } }));
    },
    onSuccess: enter,
  });
  const trouble = byPasskey.isError ? passkeyTrouble(byPasskey.error) : "";
  const companies = options.data?.companies ?? [];

  return (
    <Entrance title={t`Sign in to Countersign`}>
      {failed && !signIn.isError && (
        <div className="notice" data-tone="red" role="alert">
          {t(FAILED[failed])}
        </div>
      )}
      {signIn.isError && <Failure error={signIn.error} />}
      {trouble && (
        <div className="notice" data-tone="red" role="alert">
          {trouble}
        </div>
      )}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const code = held(form, "code").trim();
          signIn.mutate({
            email: held(form, "email").trim(),
            password: held(form, "password"),
            code: code || undefined,
          });
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
        <Field
          label={t`Password`}
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        {askCode && (
          <Field
            label={t`Code`}
            name="code"
            autoComplete="one-time-code"
            maxLength={40}
            hint={t`From your authenticator app, or a recovery code. Leave it empty if you have not set one up.`}
          />
        )}
        <Button type="submit" tone="primary" busy={signIn.isPending}>
          {signIn.isPending ? t`Signing in…` : t`Sign in`}
        </Button>
      </form>
      {options.data?.passkeys && passkeysHere() && (
        <Button busy={byPasskey.isPending} onClick={() => byPasskey.mutate()}>
          <Trans>Sign in with a passkey</Trans>
        </Button>
      )}
      {companies.map((company) => (
        <a
          key={company.name}
          className="button"
          href={`/v1/sign-in/openid/${encodeURIComponent(company.name)}?next=${encodeURIComponent(next ?? "/")}`}
        >
          <Trans>Sign in with {company.title}</Trans>
        </a>
      ))}
      <p className="small">
        <Link to="/reset">
          <Trans>Forgotten your password?</Trans>
        </Link>
      </p>
      <p className="muted small">
        <Trans>On the demo workspace, the service prints its accounts when it starts.</Trans>
      </p>
    </Entrance>
  );
}
