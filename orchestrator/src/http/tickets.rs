//! Tickets: list, open, look at, change.

use std::collections::{BTreeMap, BTreeSet};

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    TicketId, UserId,
    commit::CommitError,
    customer::{Contact, Customer},
    ticket::{Channel, EventBody, Priority, Ticket, TicketStatus},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use store::{Assigned, TicketFilter};

use super::{
    Http,
    auth::{Identity, Staff, may},
    input::{IdempotencyKey, Json, Made, Path, Query, email, text},
    page::{Page, PageQuery},
    people::let_in,
    problem::{Kind, Problem},
    sight::Sight,
};
use crate::{
    intake::NewTicket,
    personal::{number_in, showing},
};

pub const MAX_SUBJECT: usize = 300;
pub const MAX_BODY: usize = 20_000;
const MAX_NAME: usize = 200;
const MAX_TAGS: usize = 50;
const MAX_TAG: usize = 60;
const MAX_FIELDS: usize = 50;
const MAX_FIELD_BYTES: usize = 4_000;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/tickets", get_with(list, list_docs).post_with(open, open_docs))
        .api_route("/v1/tickets/{id}", get_with(show, show_docs).patch_with(change, change_docs))
}

/// The ticket in the path.
#[derive(Deserialize, JsonSchema)]
pub struct TicketPath {
    /// The ticket.
    pub id: TicketId,
}

/// Which tickets are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct TicketQuery {
    #[serde(default)]
    pub status: Option<TicketStatus>,
    #[serde(default)]
    pub channel: Option<Channel>,
    /// Found in the subject, the tags, the number or the customer's name. Who is served masks finds only
    /// what they see: subject, tags and number.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub q: Option<String>,
    /// True: only those on which a person has to act.
    #[serde(default)]
    pub waiting: bool,
    /// True: only those in which a note names whoever asks, who must be a person.
    #[serde(default)]
    pub mentioned: bool,
    /// Whose it is: `me`, `nobody` (or somebody who was kept out), or a person's id.
    #[serde(default)]
    #[schemars(length(max = 40))]
    pub assignee: Option<String>,
    #[serde(default)]
    pub priority: Option<Priority>,
}

/// A ticket with the people it is about.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TicketView {
    pub ticket: Ticket,
    pub customer: Option<Customer>,
    pub contact: Option<Contact>,
}

impl TicketView {
    /// Adds the people to a ticket.
    pub async fn of(store: &store::WorkspaceStore, ticket: Ticket) -> Result<Self, Problem> {
        let (customer, contact) = store.people(ticket.customer_id, ticket.contact_id).await?;
        Ok(Self { ticket, customer, contact })
    }
}

/// A ticket in a list, with what those are called who ask.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TicketRow {
    #[serde(flatten)]
    pub ticket: Ticket,
    /// The person; null where nobody gave an address.
    pub contact_name: Option<String>,
    /// Their company or household.
    pub customer_name: Option<String>,
}

impl TicketRow {
    /// Adds the names to a page of tickets.
    async fn page(store: &store::WorkspaceStore, page: Page<Ticket>) -> Result<Page<Self>, Problem> {
        let ids: Vec<TicketId> = page.items.iter().map(|ticket| ticket.id).collect();
        let mut askers: BTreeMap<_, _> = store.askers(&ids).await?.into_iter().collect();
        let items = page.items.into_iter().map(|ticket| {
            let asker = askers.remove(&ticket.id).unwrap_or_default();
            Self { ticket, contact_name: asker.contact, customer_name: asker.customer }
        });
        Ok(Page { items: items.collect(), next_cursor: page.next_cursor })
    }
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listTickets")
        .tag("tickets")
        .summary("List tickets")
        .description("The workspace's tickets with who asks, last touched first.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Query(page): Query<PageQuery>,
    Query(query): Query<TicketQuery>,
) -> Result<Json<Page<TicketRow>>, Problem> {
    let mut filter = TicketFilter {
        status: query.status,
        channel: query.channel,
        text: query.q.filter(|q| !q.trim().is_empty()).map(|q| text("q", &q, 200)).transpose()?,
        customer_id: None,
        waiting_for_staff: query.waiting,
        mentioned: if query.mentioned { Some(staff.person()?.id) } else { None },
        assigned: query.assignee.map(|whose| assigned(&staff, &whose)).transpose()?,
        priority: query.priority,
    };
    if staff.sight == Sight::Masked
        && let Some(said) = filter.text.take()
    {
        filter.text = number_in(&said);
        let found = found_by_what_shows(&http, &staff, &filter, &said, &page).await?;
        return TicketRow::page(&staff.store(&http), found).await.map(Json);
    }
    let store = staff.store(&http);
    let page = store.tickets(&filter, page.limit()?, page.cursor()).await?;
    TicketRow::page(&store, page.into()).await.map(Json)
}

fn assigned<R>(staff: &Staff<R>, whose: &str) -> Result<Assigned, Problem> {
    Ok(match whose {
        "nobody" => Assigned::Nobody,
        "me" => Assigned::To(vec![staff.me()?]),
        id => Assigned::To(vec![
            id.parse().map_err(|_| Problem::invalid("assignee is `me`, `nobody` or a person's id"))?,
        ]),
    })
}

/// Tickets that are read at once for whoever sees masks, and how often for one page of an answer.
const READ: i64 = 100;
const MOST_READ: usize = 20;

/// Tickets in which whoever sees masks sees what they search for. The store does not search for it, so that where the
/// list goes on tells nothing either. A page may be shorter than its limit and not the last.
async fn found_by_what_shows(
    http: &Http,
    staff: &Staff<may::ReadTickets>,
    filter: &TicketFilter,
    said: &str,
    page: &PageQuery,
) -> Result<Page<Ticket>, Problem> {
    let (store, served) = (staff.store(http), http.app.personal.of(staff.workspace));
    let limit = usize::try_from(page.limit()?).unwrap_or_default();
    let mut items = Vec::new();
    let mut next = page.cursor().map(str::to_owned);
    for _ in 0..MOST_READ {
        let read = store.tickets(filter, READ, next.as_deref()).await?;
        let found = showing(&store, &served, read.items, said).await?;
        // What this page has no room for begins the next one.
        let found = store::Page { items: found, next: read.next }
            .cut(limit - items.len(), |ticket| (ticket.updated_at.0, ticket.id.to_string()));
        items.extend(found.items);
        next = found.next;
        if next.is_none() || items.len() >= limit {
            break;
        }
    }
    Ok(Page { items, next_cursor: next })
}

/// A ticket to open.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenTicket {
    #[schemars(length(min = 1, max = 300), example = "Where is my parcel?")]
    pub subject: String,
    /// What the customer wrote.
    #[schemars(
        length(min = 1, max = 20_000),
        example = "I ordered a tent nine days ago and it is not here. Order NF-10482."
    )]
    pub body: String,
    pub contact: NewContact,
    #[serde(default)]
    pub priority: Option<Priority>,
    #[serde(default)]
    pub tags: BTreeSet<String>,
}

/// Who wrote. An address that is not known becomes a new contact.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewContact {
    #[schemars(length(max = 254), example = "mira.halloran@example.com")]
    pub email: String,
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub name: Option<String>,
}

fn open_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("openTicket").tag("tickets").summary("Open a ticket").description(
        "Hands in a customer's message. The ticket, its first message and the agent's run are written together, so \
         what is answered with 201 is worked on whatever happens next.",
    )
}

async fn open(
    State(http): State<Http>,
    staff: Staff<may::OpenTickets>,
    key: IdempotencyKey,
    Json(form): Json<OpenTicket>,
) -> Result<Made<TicketView>, Problem> {
    let subject = text("subject", &form.subject, MAX_SUBJECT)?;
    let body = text("body", &form.body, MAX_BODY)?;
    let address = email("contact.email", &form.contact.email)?;
    let name = form.contact.name.as_deref().map(|name| text("contact.name", name, MAX_NAME)).transpose()?;
    let tags = tags(&form.tags)?;
    let store = staff.store(&http);
    let (customer, contact) =
        http.app.intake.identify(staff.workspace, &address, name.as_deref().unwrap_or_default()).await?;
    let new = NewTicket {
        channel: Channel::Api,
        subject,
        priority: form.priority.unwrap_or(Priority::Normal),
        contact: Some((customer.id, contact.id)),
        contact_name: name.unwrap_or(address),
        body,
        attachments: Vec::new(),
        email: None,
        idempotency_key: key.for_caller(&staff.identity),
        actor: staff.actor(),
    };
    let tagged = (!tags.is_empty()).then(|| (staff.actor(), EventBody::TagsAdded { tags }));
    let opened = http.app.intake.open_ticket_with(staff.workspace, new, tagged.into_iter().collect()).await;
    let ticket = match opened {
        Ok(receipt) => {
            receipt.tickets.into_iter().next().ok_or_else(|| Problem::internal(&"no ticket was written"))?
        }
        Err(CommitError::Duplicate { ticket_id, event_id }) => {
            let event = store.event(ticket_id, event_id).await?;
            if !event.is_some_and(|event| matches!(event.body, EventBody::Created { .. })) {
                return Err(key_of_something_else());
            }
            let ticket = store.ticket(ticket_id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
            return Ok(Made::Before(TicketView::of(&store, ticket).await?));
        }
        Err(error) => return Err(error.into()),
    };
    Ok(Made::Now(TicketView { ticket, customer: Some(customer), contact: Some(contact) }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getTicket").tag("tickets").summary("Look at a ticket")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Path(path): Path<TicketPath>,
) -> Result<Json<TicketView>, Problem> {
    let store = staff.store(&http);
    let ticket = store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    Ok(Json(TicketView::of(&store, ticket).await?))
}

/// What to change; what is left out stays.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeTicket {
    #[serde(default)]
    pub status: Option<TicketStatus>,
    #[serde(default)]
    pub priority: Option<Priority>,
    #[serde(default)]
    pub tags_add: BTreeSet<String>,
    #[serde(default)]
    pub tags_remove: BTreeSet<String>,
    /// Set one by one; fields that are not named stay.
    #[serde(default)]
    pub fields: BTreeMap<String, Value>,
    /// A colleague who is let in; null takes the assignee away.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<UserId>")]
    pub assignee: Option<Option<UserId>>,
}

/// Tells `null` from absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<UserId>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

fn change_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("changeTicket").tag("tickets").summary("Change a ticket").description(
        "Status, priority, tags, fields, assignee. Each change becomes an event of the timeline, all in one step.",
    )
}

async fn change(
    State(http): State<Http>,
    staff: Staff<may::EditTickets>,
    Path(path): Path<TicketPath>,
    Json(form): Json<ChangeTicket>,
) -> Result<Json<TicketView>, Problem> {
    let store = staff.store(&http);
    let mut events = Vec::new();
    if let Some(status) = form.status {
        events.push(EventBody::StatusChanged { status, reason: format!("set by {}", name(&staff.actor())) });
    }
    if let Some(priority) = form.priority {
        events.push(EventBody::PrioritySet { priority });
    }
    let added = tags(&form.tags_add)?;
    if !added.is_empty() {
        events.push(EventBody::TagsAdded { tags: added });
    }
    let removed = tags(&form.tags_remove)?;
    if !removed.is_empty() {
        events.push(EventBody::TagsRemoved { tags: removed });
    }
    if !form.fields.is_empty() {
        events.push(EventBody::FieldsSet { fields: fields(form.fields)? });
    }
    if let Some(assignee) = form.assignee {
        if let Some(user) = assignee {
            let_in(&store, user).await?;
        }
        events.push(EventBody::Assigned { assignee });
    }
    if events.is_empty() {
        return Err(Problem::invalid(
            "nothing is to be changed: name at least one of status, priority, tags_add, tags_remove, fields, assignee",
        ));
    }
    let receipt = http.app.intake.change_ticket(staff.workspace, path.id, staff.actor(), events).await?;
    let ticket = receipt.ticket(path.id).cloned().ok_or_else(|| Problem::not_found("the ticket"))?;
    Ok(Json(TicketView::of(&store, ticket).await?))
}

fn name(actor: &Actor) -> &str {
    match actor {
        Actor::Customer { name, .. } | Actor::User { name, .. } | Actor::ApiKey { name, .. } => name,
        Actor::Agent { agent, .. } => agent,
        Actor::System => "the service",
    }
}

fn tags(tags: &BTreeSet<String>) -> Result<BTreeSet<String>, Problem> {
    if tags.len() > MAX_TAGS {
        return Err(Problem::invalid(format!("at most {MAX_TAGS} tags at once")));
    }
    tags.iter().map(|tag| text("a tag", tag, MAX_TAG)).collect()
}

fn fields(fields: BTreeMap<String, Value>) -> Result<BTreeMap<String, Value>, Problem> {
    if fields.len() > MAX_FIELDS {
        return Err(Problem::invalid(format!("at most {MAX_FIELDS} fields at once")));
    }
    for (name, value) in &fields {
        text("a field's name", name, MAX_TAG)?;
        if value.to_string().len() > MAX_FIELD_BYTES {
            return Err(Problem::invalid(format!("field {name} has more than {MAX_FIELD_BYTES} bytes")));
        }
    }
    Ok(fields)
}

impl IdempotencyKey {
    /// The key as events carry it: two callers' keys never meet, nor do a caller's and our own.
    pub fn for_caller(&self, identity: &Identity) -> Option<String> {
        let caller = match identity {
            Identity::User(user) => user.id.to_string(),
            Identity::ApiKey(key) => key.id.to_string(),
        };
        self.0.as_ref().map(|key| format!("api:{caller}:{key}"))
    }
}

/// What was written with this key is not what it comes with now: nothing is done, and nobody is told that it was.
pub fn key_of_something_else() -> Problem {
    Problem::invalid("this Idempotency-Key was used for something else: send a new one with each new request")
}

/// A conflict whose text is ours.
pub fn conflict(detail: impl Into<String>) -> Problem {
    Problem::new(Kind::Conflict, detail)
}
