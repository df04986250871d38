// Where the link in a mail leads: it signs in when its reader says so, and not by being opened, because others open
// links in mails, too.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { api, problemOf, send } from "../api/client";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { useTitle } from "../parts/title";
import { AskForLink } from "./AskForLink";
import { linkToken } from "./link";
import { customerQuery, signedIn } from "./session";

export function SignInPage() {
  useTitle(t`Sign in`);
  const { workspace } = useSearch({ from: "/help" });
  const navigate = useNavigate();
  const client = useQueryClient();
  const [token] = useState(linkToken);
  const signIn = useMutation({
    mutationFn: () => send(api.POST("/v1/portal/session", { body: { token } })),
    onSuccess: async (customer) => {
      client.removeQueries({ queryKey: ["portal"] });
      client.setQueryData(customerQuery.queryKey, customer);
      signedIn.set(true);
      const search = workspace ? { workspace: customer.workspace.slug } : {};
      await navigate({ to: "/help/tickets", search, replace: true });
    },
  });
  const over = signIn.isError && problemOf(signIn.error).status === 422;
  if (token === "" || signIn.isError) {
    return (
      <>
        <h1>
          <Trans>Sign in to your tickets</Trans>
        </h1>
        {over ? (
          <p className="notice" data-tone="amber" role="alert">
            <Trans>This link was used already, or is over. Ask for another here.</Trans>
          </p>
        ) : (
          signIn.isError && <Failure error={signIn.error} />
        )}
        <AskForLink workspace={workspace} />
      </>
    );
  }
  return (
    <>
      <h1>
        <Trans>Sign in to your tickets</Trans>
      </h1>
      <p>
        <Trans>
          Your link works once. This browser stays signed in for seven days after you last used it.
        </Trans>
      </p>
      <p>
        <Button tone="primary" busy={signIn.isPending} onClick={() => signIn.mutate()}>
          {signIn.isPending ? t`Signing in…` : t`Sign in`}
        </Button>
      </p>
    </>
  );
}
