//! Runs: list, the journal of one, retry, strict replay.

use std::collections::{BTreeMap, BTreeSet};

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    RunId, TicketId, Timestamp,
    audit::AuditAction,
    commit::{Commit, Op},
    effect::Effect,
    run::{OutcomeKind, Run, RunStatus, Step},
    ticket::Ticket,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::RunFilter;

use crate::engine::moment::Moment;

use super::{
    Http,
    auth::{Staff, may},
    copilot::is_for,
    input::{Json, Path, Query},
    page::{Page, PageQuery},
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/runs", get_with(list, list_docs))
        .api_route("/v1/runs/{id}", get_with(show, show_docs))
        .api_route("/v1/runs/{id}/retry", post_with(retry, retry_docs))
        .api_route("/v1/runs/{id}/replay", get_with(replay, replay_docs))
}

/// The run in the path.
#[derive(Deserialize, JsonSchema)]
pub struct RunPath {
    /// The run.
    pub id: RunId,
}

/// Which runs are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct RunQuery {
    #[serde(default)]
    pub status: Option<RunStatus>,
    #[serde(default)]
    pub ticket_id: Option<TicketId>,
    /// About this ticket, without working on it.
    #[serde(default)]
    pub about: Option<TicketId>,
    /// By an agent's name.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub agent: Option<String>,
    /// Only those that ended, in this way.
    #[serde(default)]
    pub outcome: Option<OutcomeKind>,
}

/// A run in a list, with what its ticket is called.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunRow {
    #[serde(flatten)]
    pub run: Run,
    /// The ticket that it works on or is about; null for none.
    pub ticket: Option<RunTicket>,
}

/// What people call a ticket by.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunTicket {
    pub id: TicketId,
    pub number: i64,
    pub subject: String,
}

impl RunRow {
    /// Adds the tickets to a page of runs.
    async fn page(store: &store::WorkspaceStore, page: store::Page<Run>) -> Result<Page<Self>, Problem> {
        let about = |run: &Run| run.ticket_id.or(run.about.map(|about| about.ticket_id));
        let ids: BTreeSet<TicketId> = page.items.iter().filter_map(about).collect();
        let ids: Vec<TicketId> = ids.into_iter().collect();
        let tickets = store.tickets_by_id(&ids).await?.into_iter();
        let tickets: BTreeMap<TicketId, RunTicket> = tickets
            .map(|Ticket { id, number, subject, .. }| (id, RunTicket { id, number, subject }))
            .collect();
        Ok(Page::map(page, |run| Self { ticket: about(&run).and_then(|id| tickets.get(&id).cloned()), run }))
    }
}

/// A run with its journal and what it did to the outside world.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RunView {
    pub run: Run,
    pub steps: Vec<Step>,
    pub effects: Vec<Effect>,
    /// With `at`: the run as it stood after that step, which is then the last of `steps`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub moment: Option<Moment>,
}

/// At which step the run is looked at.
#[derive(Deserialize, JsonSchema)]
pub struct RunAt {
    /// A step's `seq`; without it, the whole run.
    #[serde(default)]
    pub at: Option<i64>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listRuns").tag("runs").summary("List runs").description("Newest first, each with its ticket.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadRuns>,
    Query(page): Query<PageQuery>,
    Query(query): Query<RunQuery>,
) -> Result<Json<Page<RunRow>>, Problem> {
    let filter = RunFilter {
        status: query.status,
        ticket_id: query.ticket_id,
        about: query.about,
        agent: query.agent,
        outcome: query.outcome,
        asked_by: staff.person().ok().map(|person| person.id),
    };
    let store = staff.store(&http);
    let page = store.runs(&filter, page.limit()?, page.cursor()).await?;
    RunRow::page(&store, page).await.map(Json)
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getRun").tag("runs").summary("Look at a run").description(
        "The run, its journal in order (every model call, tool call, proposal and wait, with tokens, cost and timing) \
         and its effects. With `at`, as it stood after that step: what the agent knew, what was open, what it had \
         cost. 422 for a step that there is not.",
    )
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadRuns>,
    Path(path): Path<RunPath>,
    Query(query): Query<RunAt>,
) -> Result<Json<RunView>, Problem> {
    let store = staff.store(&http);
    let run = store.run(path.id).await?.filter(|run| is_for(&staff, run));
    let run = run.ok_or_else(|| Problem::not_found("the run"))?;
    let mut steps = store.steps(path.id).await?;
    let mut effects = store.effects_of_run(path.id).await?;
    let moment = match query.at {
        None => None,
        Some(at) => {
            let moment = Moment::of(&http.app.house, &run, &steps, at)
                .map_err(|error| Problem::invalid(error.to_string()))?;
            steps.truncate(moment.step as usize + 1);
            effects.retain(|effect| effect.created_at <= moment.at);
            Some(moment)
        }
    };
    Ok(Json(RunView { run, steps, effects, moment }))
}

fn retry_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("retryRun").tag("runs").summary("Retry a run").description(
        "Puts a dead or quarantined run back in the queue; it continues from its journal. 409 for any other.",
    )
}

async fn retry(
    State(http): State<Http>,
    staff: Staff<may::RetryRuns>,
    Path(path): Path<RunPath>,
) -> Result<Json<Run>, Problem> {
    let ops = vec![Op::RetryRun { run_id: path.id, at: http.app.clock.now() }];
    let store = staff.store(&http);
    if store.run(path.id).await?.is_some_and(|run| !is_for(&staff, &run)) {
        return Err(Problem::not_found("the run"));
    }
    let receipt = store.commit(Commit { ops }).await?;
    store.audit(staff.deed(&http, AuditAction::RunRetried, path.id.to_string(), json!({}))).await?;
    receipt.run(path.id).cloned().map(Json).ok_or_else(|| Problem::not_found("the run"))
}

/// What strict replay found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReplayView {
    /// Whether every step's input is what the agent asks for today.
    pub ok: bool,
    pub steps_checked: usize,
    /// The first step that differs, and how.
    pub first_difference: Option<DifferenceView>,
    /// When it is not reproduced: the agent, tools and prompts of the run that this service does not
    /// have now. A difference says little then.
    pub missing: Vec<String>,
    /// When personal data was taken out of the journal, so that it cannot be reproduced; null otherwise.
    pub redacted_at: Option<Timestamp>,
}

/// Where a journal and today's agent part.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DifferenceView {
    /// The step's `seq`.
    pub step: i64,
    pub kind: String,
    /// Digest in the journal.
    pub journalled: String,
    /// What the agent asks for now.
    pub now: String,
}

fn replay_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("replayRun").tag("runs").summary("Replay a run strictly").description(
        "Recomputes every step's input from the journal and reports the first that differs. Changes nothing and calls \
         neither models nor tools.",
    )
}

async fn replay(
    State(http): State<Http>,
    staff: Staff<may::ReadRuns>,
    Path(path): Path<RunPath>,
) -> Result<Json<ReplayView>, Problem> {
    let run = staff.store(&http).run(path.id).await?;
    if run.is_some_and(|run| !is_for(&staff, &run)) {
        return Err(Problem::not_found("the run"));
    }
    let report =
        http.app.replay(staff.workspace, path.id).await?.ok_or_else(|| Problem::not_found("the run"))?;
    Ok(Json(ReplayView {
        ok: report.ok,
        steps_checked: report.steps_checked,
        first_difference: report.first_difference.map(|difference| DifferenceView {
            step: difference.step,
            kind: difference.kind,
            journalled: difference.journalled,
            now: difference.now,
        }),
        missing: report.missing,
        redacted_at: report.redacted_at,
    }))
}
