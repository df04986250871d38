//! What models were given in the steps of a run.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::RunId;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Http,
    auth::{Staff, may},
    copilot::is_for,
    input::Path,
    problem::{Kind, Problem},
    sight::About,
};
use crate::engine::prompt::{NoPrompt, StepPrompt, step_prompt};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/runs/{id}/steps/{seq}/prompt", get_with(show, show_docs))
}

/// The step in the path.
#[derive(Deserialize, JsonSchema)]
pub struct StepPath {
    /// The run.
    pub id: RunId,
    /// The step's `seq`.
    pub seq: i64,
}

impl From<NoPrompt> for Problem {
    fn from(error: NoPrompt) -> Self {
        match error {
            NoPrompt::NoStep { .. } => Self::new(Kind::NotFound, error.to_string()),
            NoPrompt::NoModel { .. } => Self::invalid(error.to_string()),
            NoPrompt::Store(error) => error.into(),
        }
    }
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getStepPrompt").tag("runs").summary("What a model was given").description(
        "The messages, tools and limits of a step that asked a model, made anew from the journal before it: journals \
         keep the digest of what was asked. `same` says that the digest is the journal's; where it is not, `proof` and \
         `explanation` say why, and what is shown is what the model would be given today. Messages are shown as a \
         provider is sent them, with the placeholders of the workspace's rules of today; the digest is of the request \
         before that. A word that a provider is sent again within one call, because its reply did not fit, is not in \
         the journal. Of long requests a part: texts of up to 60,000 characters, 400,000 bytes of messages. 404 for a \
         step that there is not, 422 for one that asked no model.",
    )
}

/// It takes what a journal takes: whatever a model was given is the journal's, or the house's own prompts, procedures
/// and tools, of which nothing is secret to those who read what was made of them.
async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadRuns>,
    Path(path): Path<StepPath>,
) -> Result<About<StepPrompt>, Problem> {
    let run = staff.store(&http).run(path.id).await?.filter(|run| is_for(&staff, run));
    let run = run.ok_or_else(|| Problem::not_found("the run"))?;
    let ticket = run.ticket_id.or(run.about.map(|about| about.ticket_id));
    Ok(About::these(ticket, step_prompt(&http.app.house, staff.workspace, &run, path.seq).await?))
}
