// Signing in: by password, and a code where the account asks for one; by passkey; at one's company.
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

const FAILED: Record<CompanyFailure, string> = {
  provider:
    "Your company's sign-in could not be reached, or its answer was not accepted. Try again.",
  late: "That took too long, or began in another browser. Try again.",
  refused: "Your company's sign-in said no.",
  unverified: "Your company's sign-in does not say that your address is verified.",
  domain: "Addresses of your domain do not sign in here.",
  unknown: "Your address belongs to no account here. Ask for an invitation.",
};

export function SignInPage() {
  useTitle("Sign in");
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
    <Entrance title="Sign in to Countersign">
      {failed && !signIn.isError && (
        <div className="notice" data-tone="red" role="alert">
          {FAILED[failed]}
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
        <Field label="Email" name="email" type="email" autoComplete="username" required autoFocus />
        <Field
          label="Password"
          name="password"
          type="password"
          autoComplete="current-password"
          required
        />
        {askCode && (
          <Field
            label="Code"
            name="code"
            autoComplete="one-time-code"
            maxLength={40}
            hint="From your authenticator app, or a recovery code. Leave it empty if you have not set one up."
          />
        )}
        <Button type="submit" tone="primary" busy={signIn.isPending}>
          {signIn.isPending ? "Signing in…" : "Sign in"}
        </Button>
      </form>
      {options.data?.passkeys && passkeysHere() && (
        <Button busy={byPasskey.isPending} onClick={() => byPasskey.mutate()}>
          Sign in with a passkey
        </Button>
      )}
      {companies.map((company) => (
        <a
          key={company.name}
          className="button"
          href={`/v1/sign-in/openid/${encodeURIComponent(company.name)}?next=${encodeURIComponent(next ?? "/")}`}
        >
          Sign in with {company.title}
        </a>
      ))}
      <p className="small">
        <Link to="/reset">Forgotten your password?</Link>
      </p>
      <p className="muted small">
        On the demo workspace, the service prints its accounts when it starts.
      </p>
    </Entrance>
  );
}
