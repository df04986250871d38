// Joining a workspace by the link of an invitation.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { api, Problem, send } from "../api/client";
import { roleName } from "../api/names";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { lowerFirst, sentence } from "../text/format";
import { Entrance, Field, held, linkToken, NewPasswordField } from "./Entrance";

export function InvitationPage() {
  useTitle(t`Invitation`);
  const [token] = useState(linkToken);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [askCode, setAskCode] = useState(false);
  const look = useQuery({
    queryKey: ["invitation", token],
    queryFn: () => send(api.POST("/v1/invitations/look", { body: { token } })),
    retry: false,
  });
  const accept = useMutation({
    mutationFn: (body: { name?: string; password: string; code?: string }) =>
      send(api.POST("/v1/invitations/accept", { body: { token, ...body } })),
    onSuccess: async () => {
      client.clear();
      await navigate({ to: "/", replace: true });
    },
    onError: (error) => {
      if (error instanceof Problem && error.status === 401) setAskCode(true);
    },
  });
  if (look.isPending) {
    return (
      <Entrance title={t`Invitation`}>
        <Loading lines={3} />
      </Entrance>
    );
  }
  if (look.isError) {
    const over = look.error instanceof Problem && look.error.status === 422;
    return (
      <Entrance title={over ? t`This invitation opens nothing` : t`Invitation`}>
        {over ? (
          <p>{sentence(look.error.message)}</p>
        ) : (
          <Failure error={look.error} retry={() => void look.refetch()} />
        )}
        <Link to="/sign-in">
          <Trans>Sign in</Trans>
        </Link>
      </Entrance>
    );
  }
  const { workspace, email, role, has_account: known, invited_by: by } = look.data;
  const inviter = "name" in by ? by.name : t`Somebody`;
  return (
    <Entrance title={t`Join ${workspace}`}>
      <p>
        <Trans>
          {inviter} invites <strong>{email}</strong> as {lowerFirst(roleName(role))}.
        </Trans>
        {known && t` You have an account: join with its password.`}
      </p>
      {accept.isError && <Failure error={accept.error} />}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const code = held(form, "code").trim();
          accept.mutate(
            known
              ? { password: held(form, "password"), code: code || undefined }
              : { name: held(form, "name").trim(), password: held(form, "new-password") },
          );
        }}
      >
        {/* Password managers keep the address with the password. */}
        <input type="hidden" name="username" autoComplete="username" value={email} />
        {known ? (
          <Field
            label={t`Password`}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
          />
        ) : (
          <>
            <Field
              label={t`Your name`}
              name="name"
              autoComplete="name"
              maxLength={100}
              required
              autoFocus
            />
            <NewPasswordField label={t`Password`} />
          </>
        )}
        {known && askCode && (
          <Field
            label={t`Code`}
            name="code"
            autoComplete="one-time-code"
            maxLength={40}
            hint={t`From your authenticator app, or a recovery code.`}
          />
        )}
        <Button type="submit" tone="primary" busy={accept.isPending}>
          <Trans>Join</Trans>
        </Button>
      </form>
    </Entrance>
  );
}
