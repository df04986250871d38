// How customers reach this workspace: the chat with its widget, mail, and what programs call.
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
import { count } from "../text/format";
import { Key } from "./Key";
import { PortalSection } from "./PortalSection";
import { channelsQuery } from "./queries";
import { SitesSection } from "./SitesSection";
import "./settings.css";

type Email = S["EmailChannel"];

export function ChannelsPage() {
  useTitle("Channels");
  const query = useQuery(channelsQuery);
  return (
    <div className="stack">
      <p className="muted">
        How customers reach this workspace. What is set in the configuration has its key beside it.
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
  const snippet = `<script src="${public_url}/widget.js" data-workspace="${workspace}" async></script>`;
  return (
    <section className="card section stack" aria-labelledby="channels-chat">
      <h2 id="channels-chat">Chat</h2>
      <p>
        Customers write from{" "}
        <a href={`/help?workspace=${workspace}`} target="_blank" rel="noreferrer">
          the help centre
        </a>
        , and by the widget from pages of your own sites:
      </p>
      <div className="settings-snippet">
        <pre>
          <code>{snippet}</code>
        </pre>
        <Button
          size="small"
          onClick={() =>
            navigator.clipboard.writeText(snippet).then(
              () => tell("Copied", "good"),
              () => tell("It could not be copied", "error", "Select it and copy it by hand."),
            )
          }
        >
          Copy
        </Button>
      </div>
      <dl className="facts">
        <dt>A visitor</dt>
        <dd>
          writes {count(chat.messages_per_minute, "message")} a minute at most{" "}
          <Key name="visitors.messages_per_minute" />
        </dd>
        <dt>From one place</dt>
        <dd>
          {count(chat.conversations_per_minute, "conversation")} a minute at most{" "}
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
        <h2 id="channels-mail">Mail</h2>
        <p>
          Off: no address is set. <Key name="email.address" />
        </p>
      </section>
    );
  }
  return (
    <section className="card section stack" aria-labelledby="channels-mail">
      <h2 id="channels-mail">Mail</h2>
      <dl className="facts">
        <dt>Address</dt>
        <dd>
          {email.address} <Key name="email.address" />
        </dd>
        <dt>Tickets</dt>
        <dd>
          {email.is_taken_here
            ? "mail becomes tickets of this workspace"
            : "mail becomes tickets of the workspace that was made first, not of this one"}
        </dd>
        <dt>By providers</dt>
        <dd>
          {email.inbound ? "handed in at /v1/channels/email/inbound" : "off"}{" "}
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
        No mailbox is polled. <Key name="email.imap.host" />
      </p>
    );
  }
  const { polled_at, failed_at, error } = imap.state;
  const works = polled_at && (!failed_at || polled_at > failed_at);
  return (
    <div className="stack">
      <h3 className="row">
        <span>Mailbox</span>
        {works ? (
          <Badge tone="green">Is polled</Badge>
        ) : failed_at ? (
          <Badge tone="red">Cannot be polled</Badge>
        ) : (
          <Badge>Not polled yet</Badge>
        )}
      </h3>
      <p className="settings-address">
        {imap.folder} at {imap.host}:{imap.port} ({securityWords(imap.security)}), each{" "}
        {count(imap.poll_seconds, "second")} <Key name="email.imap" />
      </p>
      <p className="muted small">
        {polled_at ? (
          <>
            Last poll <Ago at={polled_at} />
          </>
        ) : (
          "No poll since the process that answers was started"
        )}
        {failed_at && (
          <>
            ; last failure <Ago at={failed_at} />: {error}
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
        <strong>Mail does not leave:</strong> no server is set, and answers stay in the outbox.{" "}
        <Key name="email.smtp.host" />
      </p>
    );
  }
  return (
    <div className="stack">
      <h3>Outgoing</h3>
      <p className="settings-address">
        By {smtp.host}:{smtp.port} ({securityWords(smtp.security)}
        {smtp.signs_in ? ", signs in" : ", without signing in"})
        {smtp.rate && `, ${smtp.rate} at most`} <Key name="email.smtp" />
      </p>
      <p className="muted small">
        {last_sent ? (
          <>
            Last mail sent <Ago at={last_sent} />
          </>
        ) : (
          "No mail was sent yet"
        )}
      </p>
      {waiting && (
        <div className="notice" data-tone={waiting.error ? "amber" : undefined}>
          <div className="grow">
            A mail waits since <Ago at={waiting.created_at} />
            {waiting.error && `, ${count(waiting.attempts, "attempt")}: ${waiting.error}`}
          </div>
        </div>
      )}
      {failed && (
        <div className="notice" data-tone="red">
          <div className="grow">
            The last mail that was given up was written <Ago at={failed.created_at} />
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
          {test.isPending ? "Sending…" : "Send me a letter"}
        </Button>
        <span className="muted small">To your own address, to see whether mail arrives.</span>
      </div>
      <div aria-live="polite">
        {test.isError && <Failure error={test.error} />}
        {test.data && (
          <div className="notice" data-tone={test.data.ok ? "green" : "red"}>
            <div className="grow">
              <strong>
                {test.data.ok ? "The mail server has taken it" : "The letter did not leave"}
              </strong>
              <div>
                {test.data.ok
                  ? `In ${test.data.latency_ms.toLocaleString()} ms. Look into your mailbox, and into its spam.`
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
      <h2 id="channels-api">API and webhooks</h2>
      <dl className="facts">
        <dt>Address</dt>
        <dd className="settings-address">{public_url}/v1</dd>
        <dt>Description</dt>
        <dd>
          <a href="/docs" target="_blank" rel="noreferrer">
            All routes
          </a>
          , and as{" "}
          <a href="/openapi.json" target="_blank" rel="noreferrer">
            OpenAPI
          </a>
        </dd>
        <dt>Webhooks out</dt>
        <dd className="settings-address">
          {programs.webhooks.length === 0 ? "none may be called" : programs.webhooks.join(", ")}{" "}
          <Key name="tools.webhook_urls" />
        </dd>
      </dl>
    </section>
  );
}

function securityWords(security: string): string {
  return security === "tls" ? "TLS" : security === "starttls" ? "STARTTLS" : "not encrypted";
}
