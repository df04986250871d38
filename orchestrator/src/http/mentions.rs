//! Where notes to colleagues name whoever asks.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{MessageId, TicketId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, NoContent, Path},
    problem::Problem,
    tickets::TicketPath,
};

/// The newest that are listed.
const LISTED: i64 = 50;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/mentions", get_with(list, list_docs))
        .api_route("/v1/tickets/{id}/mentions/seen", post_with(see, see_docs))
}

/// Where one was named.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Mentions {
    /// Tickets in which one was named and which one has not looked at since.
    pub unseen: i64,
    /// The newest 50.
    pub items: Vec<MentionItem>,
}

/// A note that names one.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MentionItem {
    pub ticket_id: TicketId,
    pub message_id: MessageId,
    pub at: Timestamp,
    /// When one had the ticket before one since; null: not yet.
    pub seen_at: Option<Timestamp>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listMentions").tag("tickets").summary("See where one is mentioned").description(
        "Notes that name whoever asks, the newest first, and how many tickets they have not looked at since. The \
         tickets themselves: `GET /v1/tickets?mentioned=true`. Takes a person.",
    )
}

async fn list(State(http): State<Http>, staff: Staff<may::ReadTickets>) -> Result<Json<Mentions>, Problem> {
    let user = staff.person()?.id;
    let store = staff.store(&http);
    let items = store.mentions_of(user, LISTED).await?;
    let items = items
        .into_iter()
        .map(|mention| MentionItem {
            ticket_id: mention.ticket_id,
            message_id: mention.message_id,
            at: mention.at,
            seen_at: mention.seen_at,
        })
        .collect();
    Ok(Json(Mentions { unseen: store.unseen_mentions(user).await?, items }))
}

fn see_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("seeMentions").tag("tickets").summary("Say that one has seen where one is mentioned").description(
        "In this ticket, up to now. The console says so when the ticket is opened. Takes a person.",
    )
}

async fn see(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Path(path): Path<TicketPath>,
) -> Result<NoContent, Problem> {
    let user = staff.person()?.id;
    let store = staff.store(&http);
    store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    store.see_mentions(user, path.id).await?;
    Ok(NoContent)
}
