// The authenticator app and its recovery codes.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { AccountView } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { Field, held } from "../session/Entrance";
import { sessionQuery } from "../session/session";
import { PasswordDialog } from "./PasswordDialog";
import { QrCode } from "./QrCode";
import { accountQuery } from "./queries";

type Asking = "set-up" | "remove" | "codes";

const asked = () =>
  ({
    "set-up": {
      title: t`Set up an authenticator app`,
      why: t`From then on, signing in with your password takes a code of the app as well.`,
      action: t`Go on`,
      tone: "primary",
    },
    remove: {
      title: t`Remove the authenticator app`,
      why: t`Your password opens your account alone from then on, and the recovery codes open nothing.`,
      action: t`Remove it`,
      tone: "danger",
    },
    codes: {
      title: t`Make new recovery codes`,
      why: t`The codes that you have open nothing any more.`,
      action: t`Make new codes`,
      tone: "primary",
    },
  }) as const;

export function AppSection({ account }: { account: AccountView }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState<Asking>();
  const [offer, setOffer] = useState<{ url: string; secret: string }>();
  const [codes, setCodes] = useState<string[]>();
  const refresh = async () => {
    await client.invalidateQueries({ queryKey: accountQuery.queryKey });
    await client.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const proven = useMutation({
    mutationFn: async (body: { password?: string }) => {
      if (asking === "set-up") setOffer(await send(api.POST("/v1/account/totp", { body })));
      if (asking === "remove") await send(api.POST("/v1/account/totp/remove", { body }));
      if (asking === "codes") {
        setCodes((await send(api.POST("/v1/account/recovery-codes", { body }))).codes);
      }
    },
    onSuccess: async () => {
      if (asking === "remove") {
        setCodes(undefined);
        tell(t`The authenticator app is removed`);
      }
      setAsking(undefined);
      await refresh();
    },
  });
  const confirm = useMutation({
    mutationFn: (code: string) => send(api.POST("/v1/account/totp/confirm", { body: { code } })),
    onSuccess: async (made) => {
      setOffer(undefined);
      setCodes(made.codes);
      await refresh();
    },
  });
  const ask = (what: Asking) => {
    proven.reset();
    setAsking(what);
  };

  return (
    <section className="card section stack" aria-labelledby="settings-app">
      <div className="row">
        <h2 id="settings-app" className="grow">
          <Trans>Authenticator app</Trans>
        </h2>
        <Badge tone={account.totp ? "green" : "grey"}>
          {account.totp ? t`Set up` : t`Not set up`}
        </Badge>
      </div>
      {!account.totp && !offer && (
        <>
          <p className="muted">
            <Trans>
              An app on your phone shows a code that signing in asks for besides the password.
            </Trans>
          </p>
          <div className="row">
            <Button onClick={() => ask("set-up")}>
              <Trans>Set up an app</Trans>
            </Button>
          </div>
        </>
      )}
      {offer && (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            confirm.mutate(held(new FormData(event.currentTarget), "code").trim());
          }}
        >
          <p>
            <Trans>
              Scan this with the app, or type the key, and enter the code that it shows.
            </Trans>
          </p>
          <div className="totp-offer">
            <QrCode text={offer.url} label={t`QR code for the authenticator app`} />
            <div className="stack">
              <div>
                <div className="field-label">
                  <Trans>Key</Trans>
                </div>
                <code className="mono totp-key">{offer.secret.match(/.{1,4}/g)?.join(" ")}</code>
              </div>
              {confirm.isError && <Failure error={confirm.error} />}
              <Field
                label={t`Code`}
                name="code"
                inputMode="numeric"
                autoComplete="one-time-code"
                maxLength={10}
                required
                autoFocus
              />
              <div className="row">
                <Button type="submit" tone="primary" busy={confirm.isPending}>
                  <Trans>Confirm</Trans>
                </Button>
                <Button tone="quiet" onClick={() => setOffer(undefined)}>
                  <Trans>Cancel</Trans>
                </Button>
              </div>
            </div>
          </div>
        </form>
      )}
      {codes && <Codes codes={codes} onDone={() => setCodes(undefined)} />}
      {account.totp && !codes && (
        <>
          <p className="muted">
            <Trans>
              <Plural
                value={account.recovery_codes_left}
                one="# recovery code"
                other="# recovery codes"
              />{" "}
              left. Each opens your account once, without the app.
            </Trans>
          </p>
          <div className="row">
            <Button onClick={() => ask("codes")}>
              <Trans>New recovery codes</Trans>
            </Button>
            <Button tone="danger" onClick={() => ask("remove")}>
              <Trans>Remove the app</Trans>
            </Button>
          </div>
        </>
      )}
      <PasswordDialog
        open={asking !== undefined}
        {...asked()[asking ?? "set-up"]}
        hasPassword={account.has_password}
        busy={proven.isPending}
        error={proven.error}
        onClose={() => setAsking(undefined)}
        onProof={(proof) => proven.mutate(proof)}
      />
    </section>
  );
}

function Codes({ codes, onDone }: { codes: string[]; onDone: () => void }) {
  const copy = async () => {
    await navigator.clipboard.writeText(codes.join("\n"));
    tell(t`The codes are copied`);
  };
  return (
    <div className="stack" role="status">
      <p>
        <Trans>
          <strong>Keep these recovery codes somewhere safe.</strong> They are not shown again. Each
          opens your account once when you are without the app.
        </Trans>
      </p>
      <ul className="recovery-codes" aria-label={t`Recovery codes`}>
        {codes.map((code) => (
          <li key={code} className="mono">
            {code}
          </li>
        ))}
      </ul>
      <div className="row">
        <Button onClick={() => void copy()}>
          <Trans>Copy</Trans>
        </Button>
        <Button tone="primary" onClick={onDone}>
          <Trans>I have kept them</Trans>
        </Button>
      </div>
    </div>
  );
}
