//! Conversations: the visitor's side of a chat.
//!
//! A visitor is nobody we know. What they are shown is their own conversation: public messages,
//! its status, whether a person is on it. An address they give is taken as a claim: it links the
//! conversation to a contact so that staff and procedures can work with it, and nothing of that
//! contact's records is ever answered here.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    MessageId, TicketId, Timestamp,
    commit::CommitError,
    ticket::{CONTACT_VERIFIED, Channel, EventBody, Message, Priority, Ticket, TicketStatus, Visibility},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    conversation_stream::{self, ConversationItem},
    input::{Created, IdempotencyKey, Json, Made, Query, email, text},
    observe::Peer,
    problem::Problem,
    sites::Site,
    stream::EventStream,
    visitor::{Claim, Visitor},
};
use crate::{
    intake::{NewMessage, NewTicket},
    message_html,
};

const MAX_NAME: usize = 100;
/// Messages a visitor is shown.
pub const SHOWN: usize = 500;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/conversations", post_with(start, start_docs))
        .api_route("/v1/conversations/{id}", get_with(show, show_docs))
        .api_route("/v1/conversations/{id}/messages", post_with(write, write_docs))
}

/// Apart from the others because it must not time out.
pub fn stream_routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/conversations/{id}/stream", get_with(stream, stream_docs))
}

/// A visitor's first message.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StartConversation {
    #[schemars(length(min = 1), example = "Where is my order NF-10482?")]
    pub message: String,
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub name: Option<String>,
    /// Lets us find the visitor's orders. Nobody checks that it is theirs, so nothing is told back
    /// here because of it.
    #[serde(default)]
    #[schemars(length(max = 254))]
    pub email: Option<String>,
    /// The workspace to write to, by its slug; without it, the service's own.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub workspace: Option<String>,
}

/// A conversation that was started.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct StartedConversation {
    pub conversation_id: TicketId,
    /// Opens this conversation and nothing else, for 30 days. It is told only now.
    pub token: String,
    /// From then on the token opens nothing.
    pub token_expires_at: Timestamp,
    /// What staff call it by.
    pub ticket_number: i64,
}

fn start_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("startConversation").tag("conversations").summary("Start a conversation").description(
        "Open to everyone, with a limit per place. The address is a claim that nobody has checked: staff see it marked \
         as such (`contact_verified: false` in the ticket's fields), and procedures compare it with the order's own \
         before anything is done.",
    )
}

async fn start(
    State(http): State<Http>,
    peer: Peer,
    site: Site,
    Json(form): Json<StartConversation>,
) -> Result<Created<StartedConversation>, Problem> {
    http.limits.conversation(peer.0)?;
    let body = text("message", &form.message, http.app.config.visitors.max_message_chars)?;
    let given = |value: &Option<String>| value.clone().filter(|value| !value.trim().is_empty());
    let name = given(&form.name).map(|name| text("name", &name, MAX_NAME)).transpose()?;
    let address = given(&form.email).map(|address| email("email", &address)).transpose()?;
    let workspace = http.public_workspace(given(&form.workspace).as_deref()).await?;
    site.may_call(&http, workspace).await?;
    let contact = match &address {
        Some(address) => {
            let name = name.as_deref().unwrap_or_default();
            let (customer, contact) = http.app.intake.identify(workspace, address, name).await?;
            Some((customer.id, contact.id))
        }
        None => None,
    };
    let contact_name = name.or(address).unwrap_or_else(|| "Visitor".to_owned());
    let actor =
        Actor::Customer { contact_id: contact.map(|(_, contact)| contact), name: contact_name.clone() };
    let receipt = http
        .app
        .intake
        .open_ticket(
            workspace,
            NewTicket {
                channel: Channel::Chat,
                // The first line of the message.
                subject: String::new(),
                priority: Priority::Normal,
                contact,
                contact_name,
                body,
                attachments: Vec::new(),
                email: None,
                idempotency_key: None,
                actor,
            },
        )
        .await?;
    let ticket = receipt.tickets.first().ok_or_else(|| Problem::internal(&"no ticket was written"))?;
    if contact.is_some() {
        mark_unverified(&http, workspace, ticket.id).await;
    }
    let claim = Claim { workspace, ticket: ticket.id, issued_at: http.app.clock.now() };
    Ok(Created(StartedConversation {
        conversation_id: ticket.id,
        token: claim.sign(http.visitor_key()),
        token_expires_at: claim.expires_at(),
        ticket_number: ticket.number,
    }))
}

/// For staff and for policies. A ticket without the mark is not verified either, so a failure to
/// write it opens nothing.
async fn mark_unverified(http: &Http, workspace: domain::WorkspaceId, ticket: TicketId) {
    let fields = [(CONTACT_VERIFIED.to_owned(), serde_json::Value::Bool(false))].into_iter().collect();
    let events = vec![EventBody::FieldsSet { fields }];
    if let Err(error) = http.app.intake.change_ticket(workspace, ticket, Actor::System, events).await {
        tracing::warn!(%error, %ticket, "the contact's address could not be marked as unverified");
    }
}

/// A conversation as its visitor sees it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConversationView {
    pub conversation_id: TicketId,
    pub ticket_number: i64,
    pub status: TicketStatus,
    /// Whether a person has been asked to take over.
    pub handed_off: bool,
    /// The latest 500, oldest first.
    pub messages: Vec<ConversationMessage>,
    /// Where a stream that continues this view begins: its `after`.
    pub last_event_id: i64,
}

/// A message as the visitor sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationMessage {
    pub id: MessageId,
    pub from: Speaker,
    /// Whoever spoke; for the assistant, `Assistant`.
    pub name: String,
    /// The visitor's is plain text, everybody else's Markdown.
    pub body: String,
    /// `body` as HTML; not of what the visitor wrote. Its tags are `p`, `br`, `hr`, `strong`, `em`, `a`, `ul`, `ol`,
    /// `li`, `blockquote`, `pre` and `code`; its links lead to `http`, `https` and `mailto` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    /// What the answer rests on, in the order of its `[n]` marks.
    pub sources: Vec<ConversationSource>,
    /// The model that wrote it; `offline` for the one that only extracts. Null for people.
    pub model: Option<String>,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Speaker {
    Visitor,
    Assistant,
    Staff,
    System,
}

/// A source of an answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationSource {
    pub slug: String,
    pub title: String,
    /// The words the answer rests on.
    pub quote: String,
}

impl ConversationMessage {
    /// The message as its visitor may see it; internal ones are not theirs.
    pub fn of(message: Message) -> Option<Self> {
        if message.visibility != Visibility::Public {
            return None;
        }
        let body_html = message_html::of_message(&message);
        let (from, name) = match message.author {
            Actor::Customer { name, .. } => (Speaker::Visitor, name),
            Actor::Agent { .. } => (Speaker::Assistant, "Assistant".to_owned()),
            Actor::User { name, .. } => (Speaker::Staff, name),
            Actor::ApiKey { .. } | Actor::System => (Speaker::System, "Support".to_owned()),
        };
        let sources = message.sources.into_iter();
        Some(Self {
            id: message.id,
            from,
            name,
            body: message.body,
            body_html,
            sources: sources
                .map(|source| ConversationSource {
                    slug: source.slug,
                    title: source.title,
                    quote: source.quote,
                })
                .collect(),
            model: message.model,
            at: message.at,
        })
    }
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getConversation").tag("conversations").summary("Look at one's conversation")
}

async fn show(State(http): State<Http>, visitor: Visitor) -> Result<Json<ConversationView>, Problem> {
    let ticket: Ticket = visitor.conversation(&http).await?;
    let mut messages: Vec<_> = visitor
        .store(&http)
        .messages(ticket.id, None)
        .await?
        .into_iter()
        .filter_map(ConversationMessage::of)
        .collect();
    messages.drain(..messages.len().saturating_sub(SHOWN));
    Ok(Json(ConversationView {
        conversation_id: ticket.id,
        ticket_number: ticket.number,
        status: ticket.status,
        handed_off: ticket.handoff.is_some(),
        messages,
        last_event_id: ticket.version,
    }))
}

/// What the visitor says next.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WriteMessage {
    #[schemars(length(min = 1))]
    pub body: String,
}

fn write_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("writeToConversation").tag("conversations").summary("Write in one's conversation").description(
        "The agent sees it, also while it works or waits for a person; a proposal that rests on the older state is \
         considered anew.",
    )
}

async fn write(
    State(http): State<Http>,
    visitor: Visitor,
    key: IdempotencyKey,
    Json(form): Json<WriteMessage>,
) -> Result<Made<ConversationMessage>, Problem> {
    http.limits.message(visitor.ticket)?;
    let body = text("body", &form.body, http.app.config.visitors.max_message_chars)?;
    let store = visitor.store(&http);
    let ticket = visitor.conversation(&http).await?;
    let message = NewMessage {
        contact_id: ticket.contact_id,
        author_name: http.contact_name(&store, &ticket).await?,
        body,
        attachments: Vec::new(),
        email: None,
        idempotency_key: key.0.map(|key| format!("visitor:{}:{key}", ticket.id)),
    };
    let said = |body: EventBody| match body {
        EventBody::MessageAdded { message } => ConversationMessage::of(message),
        _ => None,
    };
    match http.app.intake.customer_message(visitor.workspace, ticket.id, message).await {
        Ok(receipt) => receipt
            .events
            .into_iter()
            .find_map(|event| said(event.body))
            .map(Made::Now)
            .ok_or_else(|| Problem::internal(&"no message was written")),
        Err(CommitError::Duplicate { ticket_id, event_id }) => store
            .event(ticket_id, event_id)
            .await?
            .and_then(|event| said(event.body))
            .map(Made::Before)
            .ok_or_else(|| Problem::not_found("the message")),
        Err(error) => Err(error.into()),
    }
}

/// Where to begin.
#[derive(Deserialize, JsonSchema)]
pub struct ConversationStreamQuery {
    /// What follows this, for clients that cannot send `Last-Event-ID`: the `last_event_id` of the
    /// conversation. Without either the stream begins with the first message.
    #[serde(default)]
    #[schemars(range(min = 0))]
    pub after: Option<i64>,
    /// The conversation's token, for browsers whose EventSource cannot send headers.
    #[serde(default)]
    #[expect(dead_code, reason = "read by the Visitor extractor; named here so that it is described")]
    token: Option<String>,
}

fn stream_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("streamConversation").tag("conversations").summary("Watch one's conversation").description(
        "Server-sent events: `message` is complete, in order and resumable by `Last-Event-ID`; `status` and `handoff` \
         tell how things stand, first on connecting and then when they change; `typing` and `delta` are only for those \
         who watch.",
    )
}

async fn stream(
    State(http): State<Http>,
    visitor: Visitor,
    headers: axum::http::HeaderMap,
    Query(query): Query<ConversationStreamQuery>,
) -> Result<EventStream<ConversationItem>, Problem> {
    conversation_stream::open(http, visitor, &headers, query.after).await
}
