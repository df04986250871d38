//! What was said in a ticket: read it, add to it.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    UserId,
    commit::CommitError,
    permission::Permission,
    ticket::{EventBody, Message, Visibility},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WorkspaceStore;

use super::{
    Http,
    auth::{Staff, may},
    body_html,
    input::{IdempotencyKey, Json, Made, Path, Query, text},
    page::{Page, PageQuery},
    problem::Problem,
    sight::Sight,
    tickets::{MAX_BODY, TicketPath, key_of_something_else},
};
use crate::intake::NewMessage;

/// Colleagues whom one note may name.
const MAX_MENTIONS: usize = 20;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/tickets/{id}/messages", get_with(list, list_docs).post_with(add, add_docs))
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listMessages")
        .tag("tickets")
        .summary("List a ticket's messages")
        .description("Oldest first, internal notes included.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Path(path): Path<TicketPath>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Message>>, Problem> {
    let store = staff.store(&http);
    store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    let limit = usize::try_from(page.limit()?).unwrap_or(usize::MAX);
    let mut rows = store.messages_with_versions(path.id, Some(page.after()?)).await?;
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next_cursor = rows.last().filter(|_| more).map(|(version, _)| version.to_string());
    rows.iter_mut().for_each(|(_, message)| body_html::show(message));
    if staff.sight == Sight::Whole {
        rows.iter_mut().for_each(|(_, message)| http.app.personal.mark(staff.workspace, message));
    }
    Ok(Json(Page { items: rows.into_iter().map(|(_, message)| message).collect(), next_cursor }))
}

/// Whose words these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageFrom {
    /// The signed-in person's.
    #[default]
    Staff,
    /// The customer's, handed in by an integration; the agent will see them.
    Customer,
}

/// A message to add.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddMessage {
    /// Of the staff: Markdown (CommonMark, without HTML and pictures). Of the customer: plain text.
    #[schemars(length(min = 1, max = 20_000))]
    pub body: String,
    /// `internal` is a note that the customer never sees.
    #[serde(default = "public")]
    pub visibility: Visibility,
    #[serde(default)]
    pub from: MessageFrom,
    /// Colleagues whom a note names; they find the ticket among those that mention them.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub mentions: Vec<UserId>,
}

fn public() -> Visibility {
    Visibility::Public
}

fn add_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addMessage").tag("tickets").summary("Add a message").description(
        "A person's reply or note, or, with `from: customer`, something more that the customer said. A public reply \
         goes to the customer on the ticket's channel.",
    )
}

async fn add(
    State(http): State<Http>,
    staff: Staff<may::Write>,
    Path(path): Path<TicketPath>,
    key: IdempotencyKey,
    Json(form): Json<AddMessage>,
) -> Result<Made<Message>, Problem> {
    let body = text("body", &form.body, MAX_BODY)?;
    let store = staff.store(&http);
    let ticket = store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    let written = match form.from {
        MessageFrom::Staff => {
            staff.must(match form.visibility {
                Visibility::Public => Permission::ReplyToCustomers,
                Visibility::Internal => Permission::WriteNotes,
            })?;
            let user = staff.person()?;
            let key = key.for_caller(&staff.identity);
            let mentions = named(&store, &form).await?;
            let said = (body, form.visibility, mentions);
            http.app.intake.staff_message_naming(staff.workspace, ticket.id, user, said, key).await
        }
        MessageFrom::Customer if !form.mentions.is_empty() => {
            return Err(Problem::invalid("what the customer said mentions no colleagues"));
        }
        MessageFrom::Customer if form.visibility == Visibility::Internal => {
            return Err(Problem::invalid("what the customer said cannot be internal"));
        }
        MessageFrom::Customer => {
            staff.must(Permission::OpenTickets)?;
            let message = NewMessage {
                contact_id: ticket.contact_id,
                author_name: http.contact_name(&store, &ticket).await?,
                body,
                attachments: Vec::new(),
                email: None,
                idempotency_key: key.for_caller(&staff.identity),
            };
            http.app.intake.customer_message(staff.workspace, ticket.id, message).await
        }
    };
    match written {
        Ok(receipt) => receipt
            .events
            .into_iter()
            .find_map(|event| message(event.body))
            .map(Made::Now)
            .ok_or_else(|| Problem::internal(&"no message was written")),
        Err(CommitError::Duplicate { ticket_id, event_id }) => store
            .event(ticket_id, event_id)
            .await?
            .filter(|event| event.ticket_id == ticket.id)
            .and_then(|event| message(event.body))
            .map(Made::Before)
            .ok_or_else(key_of_something_else),
        Err(error) => Err(error.into()),
    }
}

/// Colleagues whom a note may name.
async fn named(store: &WorkspaceStore, form: &AddMessage) -> Result<Vec<UserId>, Problem> {
    if form.mentions.len() > MAX_MENTIONS {
        return Err(Problem::invalid(format!("mentions names more than {MAX_MENTIONS} colleagues")));
    }
    if !form.mentions.is_empty() && form.visibility == Visibility::Public {
        return Err(Problem::invalid("only a private note mentions colleagues: customers read this one"));
    }
    for id in &form.mentions {
        let there = store.user(*id).await?.is_some_and(|user| user.deactivated_at.is_none());
        if !there {
            return Err(Problem::invalid(format!("mentions: there is no colleague with the id {id}")));
        }
    }
    Ok(form.mentions.clone())
}

fn message(mut body: EventBody) -> Option<Message> {
    body_html::show_event(&mut body);
    match body {
        EventBody::MessageAdded { message } => Some(message),
        _ => None,
    }
}
