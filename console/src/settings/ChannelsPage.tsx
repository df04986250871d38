// How customers reach this workspace: the chat with its widget, mail, and what programs call.
import { plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQuery } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { listed } from "../text/format";
import { LANGUAGES } from "../widget/words/words";
import { Key } from "./Key";
import { PortalSection } from "./PortalSection";
import { channelsQuery } from "./queries";
import { SitesSection } from "./SitesSection";
import "./settings.css";
import { tags } from "../text/language";

type Email = S["EmailChannel"];

export function ChannelsPage() {
  useTitle(t`Channels`);
  const query = useQuery(channelsQuery);
  return (
    <div className="stack">
      <p className="muted">
        <Trans>
          How customers reach this workspace. What is set in the configuration has its key beside
          it.
        </Trans>
      </p>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && (
        <>
          <Chat channels={query.data} />
          <PortalSection channels={query.data} />
          <Mail email={query.data.email} />
          <Programs channels={query.data} />
        </>
      )}
    </div>
  );
}

function Chat({ channels: { public_url, workspace, chat } }: { channels: S["Channels"] }) {
  const names = new Intl.DisplayNames(tags(), { type: "language" });
  const widgetSpeaks = listed(LANGUAGES.map((each) => names.of(each) ?? each));
  const snippet = `<script src="${public_url}/widget.js" data-workspace="${workspace}" async></script>`;
  return (
    <section className="card section stack" aria-labelledby="channels-chat">
      <h2 id="channels-chat">
        <Trans>Chat</Trans>
      </h2>
      <p>
        <Trans>
          Customers write from{" "}
          <a href={`/help?workspace=${workspace}`} target="_blank" rel="noreferrer">
            the help centre
          </a>
          , and by the widget from pages of your own sites:
        </Trans>
      </p>
      <div className="settings-snippet">
        <pre>
          <code>{snippet}</code>
        </pre>
        <Button
          size="small"
          onClick={() =>
            navigator.clipboard.writeText(snippet).then(
              () => tell(t`Copied`, "good"),
              () => tell(t`It could not be copied`, "error", t`Select it and copy it by hand.`),
            )
          }
        >
          <Trans>Copy</Trans>
        </Button>
      </div>
      <p className="muted small">
        <Trans>
          It speaks {widgetSpeaks}: the language of the page by its <code>lang</code>, or what{" "}
          <code>data-language</code> says.
        </Trans>
      </p>
      <dl className="facts">
        <dt>
          <Trans>A visitor</Trans>
        </dt>
        <dd>
          <Trans>
            writes <Plural value={chat.messages_per_minute} one="# message" other="# messages" /> a
            minute at most
          </Trans>{" "}
          <Key name="visitors.messages_per_minute" />
        </dd>
        <dt>
          <Trans>From one address</Trans>
        </dt>
        <dd>
          <Trans>
            <Plural
              value={chat.conversations_per_minute}
              one="# conversation"
              other="# conversations"
            />{" "}
            a minute at most
          </Trans>{" "}
          <Key name="visitors.conversations_per_minute" />
        </dd>
      </dl>
      <SitesSection chat={chat} />
    </section>
  );
}

function Mail({ email }: { email: Email }) {
  if (!email.address) {
    return (
      <section className="card section stack" aria-labelledby="channels-mail">
        <h2 id="channels-mail">
          <Trans>Mail</Trans>
        </h2>
        <p>
          <Trans>Off: no address is set.</Trans> <Key name="email.address" />
        </p>
      </section>
    );
  }
  return (
    <section className="card section stack" aria-labelledby="channels-mail">
      <h2 id="channels-mail">
        <Trans>Mail</Trans>
      </h2>
      <dl className="facts">
        <dt>
          <Trans>Address</Trans>
        </dt>
        <dd>
          {email.address} <Key name="email.address" />
        </dd>
        <dt>
          <Trans>Tickets</Trans>
        </dt>
        <dd>
          {email.is_taken_here
            ? t`mail becomes tickets of this workspace`
            : t`mail becomes tickets of the workspace that was made first, not of this one`}
        </dd>
        <dt>
          <Trans>By providers</Trans>
        </dt>
        <dd>
          {email.inbound ? t`handed in at /v1/channels/email/inbound` : t`off`}{" "}
          <Key name="email.inbound_secret" />
        </dd>
      </dl>
      <In email={email} />
      <Out email={email} />
    </section>
  );
}

function In({ email: { imap } }: { email: Email }) {
  if (!imap) {
    return (
      <p>
        <Trans>No mailbox is polled.</Trans> <Key name="email.imap.host" />
      </p>
    );
  }
  const { polled_at, failed_at, error } = imap.state;
  const works = polled_at && (!failed_at || polled_at > failed_at);
  return (
    <div className="stack">
      <h3 className="row">
        <span>
          <Trans>Mailbox</Trans>
        </span>
        {works ? (
          <Badge tone="green">
            <Trans>Is polled</Trans>
          </Badge>
        ) : failed_at ? (
          <Badge tone="red">
            <Trans>Cannot be polled</Trans>
          </Badge>
        ) : (
          <Badge>
            <Trans>Not polled yet</Trans>
          </Badge>
        )}
      </h3>
      <p className="settings-address">
        <Trans>
          {imap.folder} at {imap.host}:{imap.port} ({securityWords(imap.security)}), each{" "}
          <Plural value={imap.poll_seconds} one="# second" other="# seconds" />
        </Trans>{" "}
        <Key name="email.imap" />
      </p>
      <p className="muted small">
        {polled_at ? (
          <Trans>
            Last poll <Ago at={polled_at} />
          </Trans>
        ) : (
          t`No poll since the process that answers was started`
        )}
        {failed_at && (
          <>
            <Trans>
              ; last failure <Ago at={failed_at} />:
            </Trans>{" "}
            {error}
          </>
        )}
      </p>
    </div>
  );
}

function Out({ email: { smtp, last_sent, waiting, failed } }: { email: Email }) {
  if (!smtp) {
    return (
      <p>
        <Trans>
          <strong>Mail does not leave:</strong> no server is set, and answers stay in the outbox.
        </Trans>{" "}
        <Key name="email.smtp.host" />
      </p>
    );
  }
  return (
    <div className="stack">
      <h3>
        <Trans>Outgoing</Trans>
      </h3>
      <p className="settings-address">
        <Trans>
          By {smtp.host}:{smtp.port} ({securityWords(smtp.security)}
          {smtp.signs_in ? t`, signs in` : t`, without signing in`})
        </Trans>
        {smtp.rate && t`, ${smtp.rate} at most`} <Key name="email.smtp" />
      </p>
      <p className="muted small">
        {last_sent ? (
          <Trans>
            Last mail sent <Ago at={last_sent} />
          </Trans>
        ) : (
          t`No mail was sent yet`
        )}
      </p>
      {waiting && (
        <div className="notice" data-tone={waiting.error ? "amber" : undefined}>
          <div className="grow">
            <Trans>
              A mail waits since <Ago at={waiting.created_at} />
            </Trans>
            {waiting.error &&
              `, ${plural(waiting.attempts, { one: "# attempt", other: "# attempts" })}: ${waiting.error}`}
          </div>
        </div>
      )}
      {failed && (
        <div className="notice" data-tone="red">
          <div className="grow">
            <Trans>
              The last mail that was given up was written <Ago at={failed.created_at} />
            </Trans>
            {failed.error && `: ${failed.error}`}
          </div>
        </div>
      )}
      <TryLetter />
    </div>
  );
}

function TryLetter() {
  const { may } = useSession();
  const test = useMutation({ mutationFn: () => send(api.POST("/v1/channels/email/test")) });
  if (!may("test_connections")) return null;
  return (
    <div className="stack">
      <div className="row">
        <Button busy={test.isPending} onClick={() => test.mutate()}>
          {test.isPending ? t`Sending…` : t`Send me a letter`}
        </Button>
        <span className="muted small">
          <Trans>To your own address, to see whether mail arrives.</Trans>
        </span>
      </div>
      <div aria-live="polite">
        {test.isError && <Failure error={test.error} />}
        {test.data && (
          <div className="notice" data-tone={test.data.ok ? "green" : "red"}>
            <div className="grow">
              <strong>
                {test.data.ok ? t`The mail server has taken it` : t`The letter did not leave`}
              </strong>
              <div>
                {test.data.ok
                  ? t`In ${test.data.latency_ms.toLocaleString(tags())} ms. Look into your mailbox, and into its spam.`
                  : test.data.problem}
              </div>
            </div>
          </div>
        )}
      </div>
    </div>
  );
}

function Programs({ channels: { public_url, api: programs } }: { channels: S["Channels"] }) {
  return (
    <section className="card section stack" aria-labelledby="channels-api">
      <h2 id="channels-api">
        <Trans>API and webhooks</Trans>
      </h2>
      <dl className="facts">
        <dt>
          <Trans>Address</Trans>
        </dt>
        <dd className="settings-address">
          <Trans>{public_url}/v1</Trans>
        </dd>
        <dt>
          <Trans>Description</Trans>
        </dt>
        <dd>
          <Trans>
            <a href="/docs" target="_blank" rel="noreferrer">
              All routes
            </a>
            , and as{" "}
            <a href="/openapi.json" target="_blank" rel="noreferrer">
              OpenAPI
            </a>
          </Trans>
        </dd>
        <dt>
          <Trans>Webhooks out</Trans>
        </dt>
        <dd className="settings-address">
          {programs.webhooks.length === 0 ? t`none may be called` : programs.webhooks.join(", ")}{" "}
          <Key name="tools.webhook_urls" />
        </dd>
      </dl>
    </section>
  );
}

function securityWords(security: string): string {
  return security === "tls" ? t`TLS` : security === "starttls" ? t`STARTTLS` : t`not encrypted`;
}
