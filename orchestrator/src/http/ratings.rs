//! What a visitor, or a customer who signed in, says of an answer: helpful or not.
//!
//! It is an event of the ticket, so that colleagues see it where they see everything else. No agent
//! reads it, and it asks nobody to do anything.

use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    MessageId, WorkspaceId,
    ticket::{EventBody, Ticket, Visibility},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    input::{Json, NoContent},
    problem::Problem,
    visitor::Visitor,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/conversations/{id}/ratings", post_with(rate, rate_docs))
}

/// A visitor's word on an answer.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RateAnswer {
    /// An answer of the assistant in this conversation.
    pub message_id: MessageId,
    pub helpful: bool,
}

fn rate_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("rateAnswer").tag("conversations").summary("Say whether an answer helped").description(
        "Of the assistant's answers alone. A later word replaces the one before; colleagues see it on the ticket.",
    )
}

async fn rate(
    State(http): State<Http>,
    visitor: Visitor,
    Json(form): Json<RateAnswer>,
) -> Result<NoContent, Problem> {
    let store = visitor.store(&http);
    let ticket = visitor.conversation(&http).await?;
    let actor =
        Actor::Customer { contact_id: ticket.contact_id, name: http.contact_name(&store, &ticket).await? };
    rate_as(&http, visitor.workspace, &ticket, actor, form).await
}

/// The word of somebody on the customer's side of a ticket.
pub async fn rate_as(
    http: &Http,
    workspace: WorkspaceId,
    ticket: &Ticket,
    actor: Actor,
    form: RateAnswer,
) -> Result<NoContent, Problem> {
    // Each one is an event that stays.
    http.limits.message(ticket.id)?;
    http.app
        .store
        .workspace(workspace)
        .messages(ticket.id, None)
        .await?
        .iter()
        .find(|message| message.id == form.message_id && message.visibility == Visibility::Public)
        .filter(|message| matches!(message.author, Actor::Agent { .. }))
        .ok_or_else(|| Problem::not_found("the answer"))?;
    let rated = EventBody::AnswerRated { message_id: form.message_id, helpful: form.helpful };
    http.app.intake.change_ticket(workspace, ticket.id, actor, vec![rated]).await?;
    Ok(NoContent)
}
