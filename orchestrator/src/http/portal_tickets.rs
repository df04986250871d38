//! A customer's own tickets, of whatever channel: to read, answer, close and rate.
//!
//! What is told is what was said in public and how the ticket stands in plain words. Notes, approvals, what agents
//! think and what happens inside are not the customer's. Colleagues' tickets are read where the workspace says so
//! (`company_tickets`), and written on by nobody but their own contact.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    TicketId, Timestamp,
    commit::CommitError,
    ticket::{CONTACT_VERIFIED, Channel, EventBody, Message, Priority, Ticket, TicketStatus},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Asker;

use super::{
    Http,
    conversations::{ConversationMessage, SHOWN, WriteMessage},
    input::{IdempotencyKey, Json, Made, NoContent, Path, Query, text},
    observe::Peer,
    page::{Page, PageQuery},
    portal::Customer,
    problem::Problem,
    ratings::{RateAnswer, rate_as},
    tickets::{MAX_SUBJECT, TicketPath},
};
use crate::intake::{NewMessage, NewTicket};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/portal/tickets", get_with(list, list_docs).post_with(open, open_docs))
        .api_route("/v1/portal/tickets/{id}", get_with(show, show_docs))
        .api_route("/v1/portal/tickets/{id}/messages", post_with(write, write_docs))
        .api_route("/v1/portal/tickets/{id}/close", post_with(close, close_docs))
        .api_route("/v1/portal/tickets/{id}/ratings", post_with(rate, rate_docs))
}

/// A ticket as its customer sees it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct OwnTicket {
    pub id: TicketId,
    pub number: i64,
    pub subject: String,
    pub standing: CustomerStanding,
    pub channel: Channel,
    pub created_at: Timestamp,
    /// False for a colleague's, which is read alone.
    pub mine: bool,
    /// Who asked; null where nobody gave a name.
    pub asked_by: Option<String>,
    /// It was begun in a chat, where anybody may give any address: whoever began it reads what is written here.
    pub claimed: bool,
}

/// How a ticket stands, to its customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CustomerStanding {
    InProgress,
    /// Somebody looks at the answer before it is given.
    BeingChecked,
    /// A person was asked to take over.
    WithAPerson,
    /// The last word is ours.
    WaitingForYou,
    Solved,
    Closed,
}

impl CustomerStanding {
    fn of(ticket: &Ticket) -> Self {
        match ticket.status {
            TicketStatus::Resolved => Self::Solved,
            TicketStatus::Closed => Self::Closed,
            _ if ticket.handoff.is_some() => Self::WithAPerson,
            TicketStatus::WaitingForStaff => Self::BeingChecked,
            TicketStatus::WaitingForCustomer => Self::WaitingForYou,
            TicketStatus::Open => Self::InProgress,
        }
    }
}

impl OwnTicket {
    fn of(customer: &Customer, ticket: Ticket, asker: Option<&Asker>) -> Self {
        let mine = is_mine(customer, &ticket);
        Self {
            id: ticket.id,
            number: ticket.number,
            standing: CustomerStanding::of(&ticket),
            channel: ticket.channel,
            created_at: ticket.created_at,
            asked_by: match mine {
                true => Some(customer.contact.name.clone()),
                false => asker.and_then(|asker| asker.contact.clone()),
            },
            claimed: ticket.is_contact_claimed(),
            mine,
            subject: ticket.subject,
        }
    }
}

fn is_mine(customer: &Customer, ticket: &Ticket) -> bool {
    ticket.contact_id == Some(customer.contact.id)
}

/// A ticket that the customer may read. What they may not looks the same as what does not exist.
async fn readable(http: &Http, customer: &Customer, id: TicketId) -> Result<Ticket, Problem> {
    let store = customer.store(http);
    let missing = || Problem::not_found("the ticket");
    let ticket = store.ticket(id).await?.ok_or_else(missing)?;
    let theirs = is_mine(customer, &ticket)
        || ticket.customer_id == Some(customer.contact.customer_id)
            && store.channel_settings().await?.company_tickets;
    theirs.then_some(ticket).ok_or_else(missing)
}

/// A ticket that the customer may write on.
async fn writable(http: &Http, customer: &Customer, id: TicketId) -> Result<Ticket, Problem> {
    let ticket = readable(http, customer, id).await?;
    if is_mine(customer, &ticket) {
        return Ok(ticket);
    }
    Err(Problem::forbidden("this ticket is a colleague's: you may read it, and only they write on it"))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listOwnTickets").tag("portal").summary("List one's own tickets").description(
        "As a customer: the tickets of every channel that are about one's contact, the newest first. Those of \
         colleagues are among them where the workspace says so.",
    )
}

async fn list(
    State(http): State<Http>,
    customer: Customer,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<OwnTicket>>, Problem> {
    let store = customer.store(&http);
    let company = store.channel_settings().await?.company_tickets.then_some(customer.contact.customer_id);
    let page = store.tickets_of_contact(customer.contact.id, company, page.limit()?, page.cursor()).await?;
    let others: Vec<TicketId> =
        page.items.iter().filter(|ticket| !is_mine(&customer, ticket)).map(|ticket| ticket.id).collect();
    let askers = store.askers(&others).await?;
    let asker = |id| askers.iter().find(|(of, _)| *of == id).map(|(_, asker)| asker);
    let items = page.items.into_iter().map(|ticket| {
        let asker = asker(ticket.id);
        OwnTicket::of(&customer, ticket, asker)
    });
    Ok(Json(Page { items: items.collect(), next_cursor: page.next }))
}

/// What a customer asks.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenOwnTicket {
    #[schemars(length(min = 1, max = 300), example = "The second pole is missing")]
    pub subject: String,
    #[schemars(length(min = 1))]
    pub body: String,
}

fn open_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("openOwnTicket").tag("portal").summary("Open a ticket as a customer").description(
        "Like a conversation that is started, by somebody whose address was checked: the ticket's fields say \
         `contact_verified: true`.",
    )
}

async fn open(
    State(http): State<Http>,
    customer: Customer,
    peer: Peer,
    key: IdempotencyKey,
    Json(form): Json<OpenOwnTicket>,
) -> Result<Made<OwnTicket>, Problem> {
    http.limits.conversation(peer.0)?;
    let subject = text("subject", &form.subject, MAX_SUBJECT)?;
    let body = text("body", &form.body, http.app.config.visitors.max_message_chars)?;
    let contact = &customer.contact;
    let new = NewTicket {
        channel: Channel::Chat,
        subject,
        priority: Priority::Normal,
        contact: Some((contact.customer_id, contact.id)),
        contact_name: contact.name.clone(),
        body,
        attachments: Vec::new(),
        email: None,
        idempotency_key: key.0.map(|key| format!("customer:{}:{key}", contact.id)),
        actor: customer.actor(),
    };
    let fields = [(CONTACT_VERIFIED.to_owned(), serde_json::Value::Bool(true))].into_iter().collect();
    let known = vec![(Actor::System, EventBody::FieldsSet { fields })];
    match http.app.intake.open_ticket_with(customer.workspace, new, known).await {
        Ok(receipt) => {
            let ticket = receipt.tickets.into_iter().next();
            let ticket = ticket.ok_or_else(|| Problem::internal(&"no ticket was written"))?;
            Ok(Made::Now(OwnTicket::of(&customer, ticket, None)))
        }
        Err(CommitError::Duplicate { ticket_id, .. }) => {
            let ticket = readable(&http, &customer, ticket_id).await?;
            Ok(Made::Before(OwnTicket::of(&customer, ticket, None)))
        }
        Err(error) => Err(error.into()),
    }
}

/// A ticket with what was said, as its customer sees it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct OwnTicketView {
    pub ticket: OwnTicket,
    /// The latest 500 that are public, oldest first. `visitor` is the customer's side.
    pub messages: Vec<ConversationMessage>,
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getOwnTicket")
        .tag("portal")
        .summary("Look at one's own ticket")
        .description("What was said in public, and how it stands.")
}

async fn show(
    State(http): State<Http>,
    customer: Customer,
    Path(path): Path<TicketPath>,
) -> Result<Json<OwnTicketView>, Problem> {
    let ticket = readable(&http, &customer, path.id).await?;
    view(&http, &customer, ticket).await.map(Json)
}

async fn view(http: &Http, customer: &Customer, ticket: Ticket) -> Result<OwnTicketView, Problem> {
    let store = customer.store(http);
    let mut messages: Vec<_> =
        store.messages(ticket.id, None).await?.into_iter().filter_map(ConversationMessage::of).collect();
    messages.drain(..messages.len().saturating_sub(SHOWN));
    let askers = match is_mine(customer, &ticket) {
        true => Vec::new(),
        false => store.askers(&[ticket.id]).await?,
    };
    let asker = askers.first().map(|(_, asker)| asker);
    Ok(OwnTicketView { ticket: OwnTicket::of(customer, ticket, asker), messages })
}

fn write_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("writeOnOwnTicket").tag("portal").summary("Write on one's own ticket").description(
        "Goes the way of every message, whatever channel the ticket came by; the agent sees it. One that was solved or \
         closed is open again by it. 403 on a colleague's.",
    )
}

async fn write(
    State(http): State<Http>,
    customer: Customer,
    Path(path): Path<TicketPath>,
    key: IdempotencyKey,
    Json(form): Json<WriteMessage>,
) -> Result<Made<ConversationMessage>, Problem> {
    let ticket = writable(&http, &customer, path.id).await?;
    http.limits.message(ticket.id)?;
    let body = text("body", &form.body, http.app.config.visitors.max_message_chars)?;
    let message = NewMessage {
        contact_id: Some(customer.contact.id),
        author_name: customer.contact.name.clone(),
        body,
        attachments: Vec::new(),
        email: None,
        idempotency_key: key.0.map(|key| format!("customer:{}:{}:{key}", customer.contact.id, ticket.id)),
    };
    let said = |body: EventBody| -> Option<Message> {
        match body {
            EventBody::MessageAdded { message } => Some(message),
            _ => None,
        }
    };
    match http.app.intake.customer_message(customer.workspace, ticket.id, message).await {
        Ok(receipt) => receipt
            .events
            .into_iter()
            .find_map(|event| said(event.body))
            .and_then(ConversationMessage::of)
            .map(Made::Now)
            .ok_or_else(|| Problem::internal(&"no message was written")),
        Err(CommitError::Duplicate { ticket_id, event_id }) => customer
            .store(&http)
            .event(ticket_id, event_id)
            .await?
            .and_then(|event| said(event.body))
            .and_then(ConversationMessage::of)
            .map(Made::Before)
            .ok_or_else(|| Problem::not_found("the message")),
        Err(error) => Err(error.into()),
    }
}

fn close_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("closeOwnTicket").tag("portal").summary("Close one's own ticket").description(
        "Nothing is left to do, says its customer. What they write after that opens it again. 403 on a colleague's.",
    )
}

async fn close(
    State(http): State<Http>,
    customer: Customer,
    Path(path): Path<TicketPath>,
) -> Result<Json<OwnTicketView>, Problem> {
    let mut ticket = writable(&http, &customer, path.id).await?;
    http.limits.message(ticket.id)?;
    if ticket.status != TicketStatus::Closed {
        let (id, actor) = (ticket.id, customer.actor());
        let reason = "closed by the customer".to_owned();
        let intake = &http.app.intake;
        let receipt = intake.set_status(customer.workspace, id, actor, TicketStatus::Closed, reason).await?;
        ticket = receipt.ticket(id).cloned().ok_or_else(|| Problem::not_found("the ticket"))?;
    }
    view(&http, &customer, ticket).await.map(Json)
}

fn rate_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("rateOnOwnTicket")
        .tag("portal")
        .summary("Say whether an answer helped, as a customer")
        .description("Of the assistant's answers alone. A later word replaces the one before.")
}

async fn rate(
    State(http): State<Http>,
    customer: Customer,
    Path(path): Path<TicketPath>,
    Json(form): Json<RateAnswer>,
) -> Result<NoContent, Problem> {
    let ticket = writable(&http, &customer, path.id).await?;
    rate_as(&http, customer.workspace, &ticket, customer.actor(), form).await
}
