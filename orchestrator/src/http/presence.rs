//! Who else has a ticket open, and who is writing.

use aide::{
    axum::{ApiRouter, routing::put_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    TicketId,
    presence::{Doing, Presence},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path},
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/tickets/{id}/presence", put_with(say, say_docs))
}

/// The ticket in the path.
#[derive(Deserialize, JsonSchema)]
pub struct PresencePath {
    /// The ticket.
    pub id: TicketId,
}

/// What the caller does with a ticket.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SayPresence {
    /// Null: the caller has left it.
    pub doing: Option<Doing>,
}

/// Who else is there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PresentOthers {
    /// Those who write first; at most 20.
    pub others: Vec<Presence>,
}

fn say_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("sayPresence").tag("tickets").summary("Say that one is there").description(
        "Tells colleagues that the caller reads a ticket or writes in it, and answers who else does. It holds for 25 \
         seconds: a page says it again every ten, and null when it is left.",
    )
}

async fn say(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Path(path): Path<PresencePath>,
    Json(form): Json<SayPresence>,
) -> Result<Json<PresentOthers>, Problem> {
    let user = staff.person()?.id;
    let store = staff.store(&http);
    store.ticket(path.id).await?.ok_or_else(|| Problem::not_found("the ticket"))?;
    store.be_present(path.id, user, form.doing).await?;
    Ok(Json(PresentOthers { others: store.present(path.id, user).await? }))
}
