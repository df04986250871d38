//! The ways by which customers reach this workspace, as they are configured or set here, and whether
//! mail works.

use std::time::Duration;

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with, put_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{Timestamp, WorkspaceId, audit::AuditAction, commit::DeliveryStatus};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{ChannelChange, WorkspaceStore};
use tokio::time::timeout;

use super::{
    Http,
    auth::{Staff, may},
    input::Json,
    problem::Problem,
};
use crate::{
    channels::{
        letters::{self, Letter},
        mailbox::MailboxState,
    },
    config::{MailSecurity, check_sites},
};

/// The longest that a test letter may take.
const PATIENCE: Duration = Duration::from_secs(45);

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/channels", get_with(show, show_docs))
        .api_route(
            "/v1/channels/chat/sites",
            put_with(sites, sites_docs).delete_with(no_sites, no_sites_docs),
        )
        .api_route("/v1/channels/portal", put_with(portal, portal_docs))
}

/// Slower than others: it waits for a mail server.
pub fn test_routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/channels/email/test", post_with(test, test_docs))
}

/// The ways by which customers reach this workspace.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Channels {
    /// How people reach the service (`server.public_url`).
    pub public_url: String,
    /// What this workspace is called in addresses and in the widget.
    pub workspace: String,
    pub chat: ChatChannel,
    pub portal: PortalChannel,
    pub email: EmailChannel,
    pub api: ApiChannel,
}

/// The chat and the widget for other sites.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ChatChannel {
    /// Origins whose pages may hold the widget.
    pub sites: Vec<String>,
    /// The workspace has said which; otherwise they are the configuration's (`chat.sites`).
    pub own_sites: bool,
    /// Messages a minute that one visitor may write (`visitors.messages_per_minute`).
    pub messages_per_minute: u32,
    /// Conversations a minute that may be begun from one place (`visitors.conversations_per_minute`).
    pub conversations_per_minute: u32,
}

/// Customers who sign in by a link in their mail, to see their tickets.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PortalChannel {
    /// Mail leaves, so links can be sent.
    pub is_open: bool,
    /// They see the tickets of everybody at their company, and not theirs alone.
    pub company_tickets: bool,
}

/// Mail in and out.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct EmailChannel {
    /// What customers write to (`email.address`); null when there is no mail.
    pub address: Option<String>,
    /// What mails are signed with (`email.name`).
    pub name: String,
    /// Mail becomes tickets of this workspace: the one that was made first.
    pub is_taken_here: bool,
    pub smtp: Option<MailServer>,
    pub imap: Option<Inbox>,
    /// Providers may hand mail in at `/v1/channels/email/inbound` (`email.inbound_secret`).
    pub inbound: bool,
    /// The last mail that was sent.
    pub last_sent: Option<Timestamp>,
    /// The oldest of the newest that wait to be sent, and the last ones that were not.
    pub waiting: Option<OutgoingMail>,
    pub failed: Option<OutgoingMail>,
}

/// A server that takes mail (`email.smtp`).
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MailServer {
    pub host: String,
    pub port: u16,
    /// `tls`, `starttls` or `none`.
    pub security: String,
    pub signs_in: bool,
    /// Mails in a period that it takes; null: as many as it takes.
    pub rate: Option<String>,
}

/// A mailbox that is polled (`email.imap`).
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Inbox {
    pub host: String,
    pub port: u16,
    /// `tls`, `starttls` or `none`.
    pub security: String,
    pub folder: String,
    pub poll_seconds: u64,
    /// How that went last.
    pub state: MailboxState,
}

/// A mail that did not leave.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct OutgoingMail {
    pub created_at: Timestamp,
    pub attempts: i64,
    pub error: Option<String>,
}

/// Programs of the house.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApiChannel {
    /// Addresses that the tool `call_webhook` may call (`tools.webhook_urls`).
    pub webhooks: Vec<String>,
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showChannels").tag("system").summary("See the channels").description(
        "Chat, mail and API as they are configured, how polling the mailbox went last in the process that answers, and \
         whether mail leaves. Holds no secrets and asks nobody.",
    )
}

async fn show(State(http): State<Http>, staff: Staff<may::ReadSystem>) -> Result<Json<Channels>, Problem> {
    view(&http, staff.workspace).await.map(Json)
}

async fn view(http: &Http, id: WorkspaceId) -> Result<Channels, Problem> {
    let config = &http.app.config;
    let store = http.app.store.workspace(id);
    let workspaces = http.app.store.workspaces().await?;
    let workspace = workspaces.iter().find(|workspace| workspace.id == id);
    let first = workspaces.first().is_some_and(|workspace| workspace.id == id);
    let settings = store.channel_settings().await?;
    Ok(Channels {
        public_url: config.public_url(),
        workspace: workspace.map(|workspace| workspace.slug.clone()).unwrap_or_default(),
        chat: ChatChannel {
            own_sites: settings.sites.is_some(),
            sites: settings.sites.unwrap_or_else(|| config.chat.sites.clone()),
            messages_per_minute: config.visitors.messages_per_minute,
            conversations_per_minute: config.visitors.conversations_per_minute,
        },
        portal: PortalChannel {
            is_open: letters::possible(&config.email),
            company_tickets: settings.company_tickets,
        },
        email: email(http, &store, first).await?,
        api: ApiChannel { webhooks: config.tools.webhook_urls.clone() },
    })
}

/// Whose pages may hold the widget.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutSites {
    /// Origins, such as `https://www.example.com`, at most 1000; none closes the widget to every site.
    #[schemars(length(max = 1000))]
    pub sites: Vec<String>,
}

fn sites_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("putChatSites").tag("system").summary("Say whose pages may hold the chat").description(
        "Origins whose pages may start conversations with this workspace and read its help centre, instead of those of \
         the configuration. In effect at once here and within seconds in other processes. In the audit. Takes a person.",
    )
}

async fn sites(
    State(http): State<Http>,
    staff: Staff<may::ManageChannels>,
    Json(form): Json<PutSites>,
) -> Result<Json<Channels>, Problem> {
    check_sites("sites", &form.sites).map_err(Problem::invalid)?;
    let mut sites: Vec<String> = Vec::with_capacity(form.sites.len());
    for site in form.sites {
        if !sites.contains(&site) {
            sites.push(site);
        }
    }
    set(&http, &staff, ChannelChange::Sites(Some(sites))).await
}

fn no_sites_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("resetChatSites")
        .tag("system")
        .summary("Leave the chat's sites to the configuration")
        .description("Those of `[chat] sites` count again. In the audit. Takes a person.")
}

async fn no_sites(
    State(http): State<Http>,
    staff: Staff<may::ManageChannels>,
) -> Result<Json<Channels>, Problem> {
    set(&http, &staff, ChannelChange::Sites(None)).await
}

/// What customers who signed in see.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutPortal {
    /// The tickets of everybody at their company, and not theirs alone.
    pub company_tickets: bool,
}

fn portal_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("putPortal").tag("system").summary("Say what customers who signed in see").description(
        "Their own tickets, or those of everybody at their company as well, which they read and do not write on. In the \
         audit. Takes a person.",
    )
}

async fn portal(
    State(http): State<Http>,
    staff: Staff<may::ManageChannels>,
    Json(form): Json<PutPortal>,
) -> Result<Json<Channels>, Problem> {
    set(&http, &staff, ChannelChange::CompanyTickets(form.company_tickets)).await
}

async fn set(
    http: &Http,
    staff: &Staff<may::ManageChannels>,
    change: ChannelChange,
) -> Result<Json<Channels>, Problem> {
    let (subject, after) = match &change {
        ChannelChange::Sites(Some(sites)) => ("the chat's sites", json!({ "sites": sites.join(" ") })),
        ChannelChange::Sites(None) => ("the chat's sites", json!({ "sites": "as configured" })),
        ChannelChange::CompanyTickets(on) => ("customers' tickets", json!({ "company_tickets": on })),
    };
    let deed = staff.deed(http, AuditAction::ChannelsChanged, subject, after);
    staff.store(http).change_channel_settings(change, deed).await?;
    http.forget_sites();
    view(http, staff.workspace).await.map(Json)
}

async fn email(http: &Http, store: &WorkspaceStore, is_taken_here: bool) -> Result<EmailChannel, Problem> {
    let config = &http.app.config.email;
    let set = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let security = |security: MailSecurity| match security {
        MailSecurity::Tls => "tls".to_owned(),
        MailSecurity::Starttls => "starttls".to_owned(),
        MailSecurity::None => "none".to_owned(),
    };
    let smtp = set(&config.smtp.host).map(|host| MailServer {
        host,
        port: config.smtp.port,
        security: security(config.smtp.security),
        signs_in: !config.smtp.username.is_empty(),
        rate: config.smtp.rate.clone(),
    });
    let imap = set(&config.imap.host).map(|host| Inbox {
        host,
        port: config.imap.port,
        security: security(config.imap.security),
        folder: config.imap.folder.clone(),
        poll_seconds: config.imap.poll_seconds,
        state: http.app.mailbox.state(),
    });
    let newest = async |status| {
        let page = store.deliveries(Some(status), 1, None).await?;
        Ok::<_, Problem>(page.items.into_iter().next())
    };
    let outgoing = |delivery: store::Delivery| OutgoingMail {
        created_at: delivery.created_at,
        attempts: delivery.attempts,
        error: delivery.error,
    };
    Ok(EmailChannel {
        address: set(&config.address),
        name: config.name.clone(),
        is_taken_here,
        smtp,
        imap,
        inbound: config.inbound_secret.is_set(),
        last_sent: newest(DeliveryStatus::Sent).await?.map(|delivery| delivery.updated_at),
        waiting: newest(DeliveryStatus::Pending).await?.map(outgoing),
        failed: newest(DeliveryStatus::Failed).await?.map(outgoing),
    })
}

/// How sending a letter to oneself went.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct EmailTest {
    /// The mail server has taken it; whether it arrives, the mailbox tells.
    pub ok: bool,
    pub latency_ms: u64,
    /// What is wrong.
    pub problem: Option<String>,
}

fn test_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("testEmail").tag("system").summary("Send oneself a letter").description(
        "Hands a short letter to the mail server, addressed to whoever asks and to nobody else. At most six tests a \
         minute by one person; each is in the audit. Takes a person.",
    )
}

async fn test(
    State(http): State<Http>,
    staff: Staff<may::TestConnections>,
) -> Result<Json<EmailTest>, Problem> {
    let person = staff.person()?.clone();
    http.limits.connection_test(person.id)?;
    let app = &http.app;
    let letter = Letter {
        to: person.email,
        subject: "Countersign can send mail".to_owned(),
        text: format!(
            "This letter was asked for on the page of channels at {}.\nThat it is here says that mail leaves the \
             service and arrives.\n",
            app.config.public_url()
        ),
    };
    let started = app.clock.now();
    let sent = match timeout(PATIENCE, letters::send(app, &letter)).await {
        Ok(sent) => sent,
        Err(_) => Err(format!("the mail server took longer than {} seconds", PATIENCE.as_secs())),
    };
    let latency_ms = u64::try_from(app.clock.now().since(started).as_millis()).unwrap_or(u64::MAX);
    let detail = json!({ "ok": sent.is_ok() });
    let deed = staff.deed(&http, AuditAction::ConnectionTested, "the mail server", detail);
    staff.store(&http).audit(deed).await?;
    Ok(Json(EmailTest { ok: sent.is_ok(), latency_ms, problem: sent.err() }))
}
