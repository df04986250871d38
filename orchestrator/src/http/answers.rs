//! Answers from the knowledge base.

use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{CustomerId, model::Turn};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, text},
    problem::Problem,
};
use crate::answering::{self, Answered, Asked, Audience, MAX_QUESTION, MAX_TURNS};

/// Characters of one earlier turn.
const MAX_TURN: usize = 4_000;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/knowledge/answer", post_with(answer, answer_docs))
}

/// A question to the knowledge base.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskKnowledge {
    #[schemars(length(min = 1, max = 2000), example = "How long can I return a tent?")]
    pub question: String,
    /// What was said before, oldest first; at most 20 turns.
    #[serde(default)]
    #[schemars(length(max = 20))]
    pub turns: Vec<AskTurn>,
    /// For whom.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Who reads the answer: a `customer` gets public documents alone.
    #[serde(default)]
    pub audience: Audience,
}

/// Something that was said before.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTurn {
    pub from_customer: bool,
    #[schemars(length(min = 1, max = 4000))]
    pub text: String,
}

fn answer_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("answerFromKnowledge").tag("knowledge").summary("Answer a question").description(
        "An answer whose every sentence names the words of the documents it rests on, or a question back when the \
         question could mean several things, or what is missing. Sentences that their passages do not say are left \
         out. What cannot be answered is kept as a gap. Nothing is sent to anybody.",
    )
}

async fn answer(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Json(form): Json<AskKnowledge>,
) -> Result<Json<Answered>, Problem> {
    let question = text("question", &form.question, MAX_QUESTION)?;
    if form.turns.len() > MAX_TURNS {
        return Err(Problem::invalid(format!("turns has more than {MAX_TURNS} entries; send the latest")));
    }
    let turns = form
        .turns
        .iter()
        .map(|turn| {
            Ok(Turn { from_customer: turn.from_customer, text: text("turns.text", &turn.text, MAX_TURN)? })
        })
        .collect::<Result<_, Problem>>()?;
    if let Some(id) = form.customer_id {
        staff.store(&http).customer(id).await?.ok_or_else(|| Problem::not_found("the customer"))?;
    }
    let asked = Asked { question, turns, customer_id: form.customer_id, audience: form.audience };
    Ok(Json(answering::answer(&http.app, staff.workspace, &asked).await?))
}
