//! Replays: what past runs would have come to under a policy, or with thresholds, that are not in effect.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{ReplayId, Timestamp, permission::Permission, run::OutcomeKind, user::Actor};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Created, Json, Path},
    problem::{Kind, Problem},
};
use crate::{
    engine::rerun::{Changes, Knowledge},
    replays::{
        MAX_RUNS, ReplayFindings, Selection,
        jobs::{self, Job, State as Stage, UnderWay},
    },
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/replays", post_with(begin, begin_docs))
        .api_route("/v1/replays/{id}", get_with(show, show_docs))
        .api_route("/v1/replays/{id}/stop", post_with(stop, stop_docs))
}

impl From<UnderWay> for Problem {
    fn from(error: UnderWay) -> Self {
        Self::new(Kind::Conflict, error.to_string())
    }
}

/// Which past runs, and what is changed. What is left out is as it is in effect now.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginReplay {
    /// A policy that is not in effect, as TOML.
    #[serde(default)]
    #[schemars(length(max = 65536))]
    pub policy: Option<String>,
    /// The confidence from which on a reply goes out by itself, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub auto: Option<f32>,
    /// The confidence below which nothing is proposed, 0 to 1.
    #[serde(default)]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub floor: Option<f32>,
    /// With the passages of today's knowledge base instead of those that were found then.
    #[serde(default)]
    pub knowledge_of_today: bool,
    /// The newest runs that ended, 1 to 500.
    #[serde(default = "last")]
    #[schemars(range(min = 1, max = 500))]
    pub last: usize,
    /// Only those that began since then.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Only those of this agent.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub agent: Option<String>,
    /// Only those that ended in this way.
    #[serde(default)]
    pub outcome: Option<OutcomeKind>,
}

fn last() -> usize {
    100
}

/// How far a replay is, and what it found once it is over.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReplayJob {
    pub id: ReplayId,
    pub state: ReplayState,
    /// Runs that are done.
    pub done: usize,
    /// How many there are; 0 before they are known.
    pub of: usize,
    pub begun_at: Timestamp,
    pub begun_by: Actor,
    /// What was found, of a replay that is done or was stopped. Without the permission `read_runs` it holds
    /// numbers and no words.
    pub findings: Option<ReplayFindings>,
    /// Why it failed.
    pub error: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReplayState {
    /// Those of others come first.
    Queued,
    Running,
    Done,
    /// Somebody stopped it; what was found until then is there.
    Stopped,
    Failed,
}

impl ReplayJob {
    fn of<M>(job: &Job, staff: &Staff<M>) -> Self {
        let (done, of) = job.progress();
        let result = job.result();
        let mut findings = result.and_then(|result| result.as_ref().ok()).cloned();
        if staff.must(Permission::ReadRuns).is_err()
            && let Some(findings) = &mut findings
        {
            findings.rows.clear();
        }
        Self {
            id: job.id,
            state: match job.state() {
                Stage::Queued => ReplayState::Queued,
                Stage::Running => ReplayState::Running,
                Stage::Done => ReplayState::Done,
                Stage::Stopped => ReplayState::Stopped,
                Stage::Failed => ReplayState::Failed,
            },
            done,
            of,
            begun_at: job.begun_at,
            begun_by: job.by.clone(),
            findings,
            error: result.and_then(|result| result.as_ref().err()).cloned(),
        }
    }
}

/// The replay in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ReplayPath {
    /// The replay.
    pub id: ReplayId,
}

const KEPT: &str = "A replay is kept for an hour by the process that it was begun with.";

fn begin_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("beginReplay").tag("policy").summary("Try a change on past runs").description(&format!(
        "Drives the newest runs that ended once more with what is changed, in a world made of what was recorded: \
         tools give back what they gave, people decide what they decided, and what nobody can know is said to be \
         unknown. Nothing is done and nothing is put in effect; questions that no model was asked then are asked \
         now, and paid like others. One at a time in a workspace, 409 otherwise. {KEPT}"
    ))
}

async fn begin(
    State(http): State<Http>,
    staff: Staff<may::ChangePolicy>,
    Json(form): Json<BeginReplay>,
) -> Result<Created<ReplayJob>, Problem> {
    if !(1..=MAX_RUNS).contains(&form.last) {
        return Err(Problem::invalid(format!("last is {} and must be 1 to {MAX_RUNS}", form.last)));
    }
    for (name, share) in [("auto", form.auto), ("floor", form.floor)] {
        if share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(Problem::invalid(format!("{name} must be 0 to 1")));
        }
    }
    let store = staff.store(&http);
    let house = &http.app.house;
    http.app.policies.refresh().await?;
    let mut changes = Changes::none(house, staff.workspace);
    if let Some(text) = form.policy {
        let gate = http.app.gate_of(&store, Some(text), None).await?;
        changes = changes.with_policy(house, staff.workspace, gate);
    }
    if form.knowledge_of_today {
        changes = changes.with_knowledge(Knowledge::Today);
    }
    if form.auto.is_some() || form.floor.is_some() {
        for agent in http.app.agents.names() {
            changes.adjust(house, agent, |settings| {
                settings.thresholds.auto = form.auto.unwrap_or(settings.thresholds.auto);
                settings.thresholds.floor = form.floor.unwrap_or(settings.thresholds.floor);
            });
        }
    }
    let selection = Selection {
        ids: Vec::new(),
        last: form.last,
        since: form.since,
        agent: form.agent,
        outcome: form.outcome,
    };
    let job = jobs::begin(&http.app, staff.workspace, selection, changes, staff.actor())?;
    Ok(Created(ReplayJob::of(&job, &staff)))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getReplay").tag("policy").summary("See how far a replay is").description(KEPT)
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ChangePolicy>,
    Path(path): Path<ReplayPath>,
) -> Result<Json<ReplayJob>, Problem> {
    let job = http.app.replays.get(staff.workspace, path.id);
    let job = job.ok_or_else(|| Problem::not_found("the replay"))?;
    Ok(Json(ReplayJob::of(&job, &staff)))
}

fn stop_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("stopReplay")
        .tag("policy")
        .summary("Stop a replay")
        .description("What was found until then is kept. One that is over stays as it is.")
}

async fn stop(
    State(http): State<Http>,
    staff: Staff<may::ChangePolicy>,
    Path(path): Path<ReplayPath>,
) -> Result<Json<ReplayJob>, Problem> {
    let job = http.app.replays.get(staff.workspace, path.id);
    let job = job.ok_or_else(|| Problem::not_found("the replay"))?;
    job.stop();
    Ok(Json(ReplayJob::of(&job, &staff)))
}
