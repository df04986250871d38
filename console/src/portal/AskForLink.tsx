// The way in for customers: their address, to which a link is mailed.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { api, send } from "../api/client";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";

export function AskForLink({ workspace }: { workspace?: string }) {
  const ask = useMutation({
    mutationFn: (email: string) =>
      send(api.POST("/v1/portal/links", { body: { email, workspace } })),
  });
  if (ask.isSuccess) {
    return (
      <div className="stack" role="status">
        <p>
          <Trans>
            If we know the address, a mail with a link is on its way to it. The link works once,
            within 15 minutes.
          </Trans>
        </p>
        <p>
          <button type="button" className="link-button" onClick={() => ask.reset()}>
            <Trans>Ask for another</Trans>
          </button>
        </p>
      </div>
    );
  }
  return (
    <form
      className="stack portal-ask"
      onSubmit={(event) => {
        event.preventDefault();
        const email = new FormData(event.currentTarget).get("email");
        if (!ask.isPending) ask.mutate(String(email ?? "").trim());
      }}
    >
      <p>
        <Trans>
          To see everything you asked us, by mail, chat or form, sign in with the address that you
          write from. There is no password: we mail you a link.
        </Trans>
      </p>
      {ask.isError && <Failure error={ask.error} />}
      <label className="field">
        <span className="field-label">
          <Trans>Email</Trans>
        </span>
        <input
          className="input"
          name="email"
          type="email"
          autoComplete="email"
          maxLength={254}
          required
        />
      </label>
      <Button type="submit" tone="primary" busy={ask.isPending}>
        {ask.isPending ? t`Sending…` : t`Mail me a link`}
      </Button>
    </form>
  );
}
