//! Breakers: stop the workspace, an agent, a tool or an integration, and let it go on.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::breaker::{Breaker, BreakerOf, automatic::AutomaticBreaker, reason};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::WorkspaceStore;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, NoContent},
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/breakers", get_with(list, list_docs).post_with(open, open_docs))
        .api_route("/v1/breakers/close", post_with(close, close_docs))
}

/// What is stopped.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct BreakerList {
    /// Stopped by people, and agents that the service stopped for good; the longest open first.
    pub items: Vec<Breaker>,
    /// What opened by itself because it kept failing, and closes when it works again; the longest open first.
    pub automatic: Vec<AutomaticBreaker>,
    /// What else could be stopped.
    pub could_be: Vec<BreakerOf>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listBreakers").tag("breakers").summary("List open breakers").description(
        "What nothing new is done by, who stopped it, when and why; what opened by itself, with its last failure \
         and when it is tried again; and what else could be stopped.",
    )
}

async fn list(State(http): State<Http>, staff: Staff<may::ReadSystem>) -> Result<Json<BreakerList>, Problem> {
    http.breakers(&staff.store(&http)).await.map(Json)
}

impl Http {
    async fn breakers(&self, store: &WorkspaceStore) -> Result<BreakerList, Problem> {
        let items = store.breakers().await?;
        let mut could_be = self.app.stoppable();
        could_be.retain(|of| items.iter().all(|breaker| breaker.of != *of));
        let automatic = self.app.outside.open(store.id());
        Ok(BreakerList { items, automatic, could_be })
    }
}

/// What to stop or to let go on.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBreaker {
    pub of: BreakerOf,
    /// Why; others read it.
    #[schemars(length(min = 1, max = 500))]
    pub reason: String,
}

fn open_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("openBreaker").tag("breakers").summary("Stop something").description(
        "From one second later on nothing new is done by it, in any process: no effect of the tool or integration, \
         and of an agent or the workspace no model call either. What waits goes on waiting; decisions can be made, \
         and are carried out when the breaker is closed. What is under way ends. Stopping what is stopped already \
         changes nothing. 422 when there is nothing of that name.",
    )
}

async fn open(
    State(http): State<Http>,
    staff: Staff<may::Stop>,
    Json(form): Json<SetBreaker>,
) -> Result<Json<BreakerList>, Problem> {
    let reason = reason(&form.reason).map_err(Problem::invalid)?;
    http.app.can_be_stopped(&form.of).map_err(Problem::invalid)?;
    let breaker = Breaker { of: form.of, reason, opened_by: staff.actor(), opened_at: http.app.clock.now() };
    let store = staff.store(&http);
    store.open_breaker(breaker).await?;
    // At once in this process.
    http.app.breakers.refresh().await?;
    http.breakers(&store).await.map(Json)
}

fn close_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("closeBreaker").tag("breakers").summary("Let something go on").description(
        "Runs that waited for it go on within seconds; what opened by itself opens again when it still fails. Takes \
         a person. 404 when it is not stopped.",
    )
}

async fn close(
    State(http): State<Http>,
    staff: Staff<may::Resume>,
    Json(form): Json<SetBreaker>,
) -> Result<NoContent, Problem> {
    let reason = reason(&form.reason).map_err(Problem::invalid)?;
    if !staff.store(&http).close_breaker(form.of, staff.actor(), reason).await? {
        return Err(Problem::not_found("an open breaker of this"));
    }
    http.app.breakers.refresh().await?;
    Ok(NoContent)
}
