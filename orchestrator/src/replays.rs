//! Replays: what past runs would have come to with something changed, and for whom that would make a difference.
//!
//! Each run is driven again by [`crate::engine::rerun`], two at a time, and held against what happened. A
//! replay writes nothing but what its questions to models cost.

pub mod compare;
pub mod jobs;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use domain::{
    RunId, Timestamp, WorkspaceId,
    run::{CallOutcome, OutcomeKind, Run, RunStatus, StepBody},
};
use futures::{StreamExt as _, stream};
use store::{RunFilter, StoreError, WorkspaceStore};

pub use compare::{ReplayAccount, ReplayCall, ReplayClass, ReplayFindings, ReplayRow, ReplayTotals};

use crate::{
    app::{self, App, AppError},
    config::Config,
    engine::rerun::{Account, Changes, End, Past, Rerun, rerun},
    gate::Gate,
    models,
};

/// Who spends what questions to models cost.
pub const SPENDER: &str = "replay";
/// Runs of one replay.
pub const MAX_RUNS: usize = 500;
/// Runs that are driven at the same time.
const AT_ONCE: usize = 2;
const PAGE: i64 = 100;
/// Runs that are looked through for those that are wanted.
const LOOKED_THROUGH: usize = 20_000;

/// Which runs are driven again: those named, or the newest that ended and worked on a ticket.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    pub ids: Vec<RunId>,
    pub last: usize,
    pub since: Option<Timestamp>,
    pub agent: Option<String>,
    pub outcome: Option<OutcomeKind>,
}

/// Why a run cannot be driven again; `None` for one that can.
pub fn unfit(run: &Run) -> Option<&'static str> {
    match run {
        Run { asked: Some(_), .. } => Some("a colleague asked for it, and what they saw is not kept"),
        Run { ticket_id: None, .. } => Some("it worked on no ticket"),
        Run { status: RunStatus::Done, .. } => None,
        Run { .. } => Some("it has not ended"),
    }
}

impl App {
    /// Holds the past against what these changes would make of it. `watch` hears how many runs are done, of
    /// how many; when `stop` is set, what was found until then is the answer.
    pub async fn replay_past(
        &self,
        store: &WorkspaceStore,
        selection: &Selection,
        changes: &Changes,
        (watch, stop): (&(dyn Fn(usize, usize) + Send + Sync), &AtomicBool),
    ) -> Result<ReplayFindings, StoreError> {
        let runs = self.runs_for(store, selection).await?;
        let (of, name) = (runs.len(), self.house.workspace_name(store.id()).await?);
        watch(0, of);
        let mut findings = ReplayFindings::default();
        let mut rows = stream::iter(runs)
            .map(|run| self.driven_again(store, run, changes, name.clone()))
            .buffered(AT_ONCE);
        while let Some(row) = rows.next().await {
            findings.add(row?);
            watch(findings.totals.runs, of);
            if stop.load(Ordering::Relaxed) {
                break;
            }
        }
        Ok(findings)
    }

    async fn runs_for(&self, store: &WorkspaceStore, selection: &Selection) -> Result<Vec<Run>, StoreError> {
        let fits = |run: &Run| unfit(run).is_none();
        let mut runs = Vec::new();
        for id in selection.ids.iter().take(MAX_RUNS) {
            runs.extend(store.run(*id).await?.filter(fits));
        }
        if !selection.ids.is_empty() {
            return Ok(runs);
        }
        let filter = RunFilter {
            status: Some(RunStatus::Done),
            agent: selection.agent.clone(),
            outcome: selection.outcome,
            ..RunFilter::default()
        };
        let (mut cursor, mut seen) = (None::<String>, 0);
        loop {
            let page = store.runs(&filter, PAGE, cursor.as_deref()).await?;
            for run in page.items {
                seen += 1;
                let too_old = selection.since.is_some_and(|since| run.created_at < since);
                if too_old || seen > LOOKED_THROUGH || runs.len() >= selection.last.min(MAX_RUNS) {
                    return Ok(runs);
                }
                runs.extend(Some(run).filter(fits));
            }
            cursor = page.next;
            if cursor.is_none() {
                return Ok(runs);
            }
        }
    }

    async fn driven_again(
        &self,
        store: &WorkspaceStore,
        run: Run,
        changes: &Changes,
        name: String,
    ) -> Result<ReplayRow, StoreError> {
        let ticket = match run.ticket_id {
            Some(id) => store.ticket(id).await?,
            None => None,
        };
        let id = run.id;
        let past = Past::load(store, run, name).await?;
        let was = Account::of(&self.house, &past);
        let unknown = match store.run_redacted_at(id).await? {
            Some(at) => Some(format!(
                "personal data was taken out of its journal on {}",
                at.rfc3339().get(..10).unwrap_or_default()
            )),
            None => self.lacks(&past).map(|tool| format!("this configuration lacks the tool `{tool}`")),
        };
        let again = match unknown {
            None => rerun(&self.house, store, &past, changes).await,
            Some(why) => Rerun {
                account: Account { end: End::Unknown(why), ..Account::default() },
                parts_at: None,
                against: Vec::new(),
                fresh: 0,
            },
        };
        Ok(compare::row(&past, ticket.as_ref(), &was, &again))
    }

    /// A tool that the run called and that is not there now.
    fn lacks(&self, past: &Past) -> Option<String> {
        past.steps.iter().find_map(|step| match &step.body {
            StepBody::Tool { outcome: CallOutcome::Refused { .. }, .. } => None,
            StepBody::Tool { call, .. } | StepBody::Proposed { call, .. } => {
                self.catalog.get(&call.tool).is_none().then(|| call.tool.clone())
            }
            _ => None,
        })
    }

    /// What another configuration would change: agents, procedures, triggers, models, and the policy where it
    /// names a file.
    pub fn changes_by(
        &self,
        workspace: WorkspaceId,
        mut changes: Changes,
        config: &Config,
    ) -> Result<Changes, AppError> {
        changes = changes
            .with_agents(config.agents.clone())
            .with_procedures(app::procedures(config)?)
            .with_escalation(crate::escalation::Escalation::new(config.escalation.clone())?);
        if !config.policy.file.is_empty() {
            let gate = Arc::new(Gate::load(&config.policy.file)?);
            changes = changes.with_policy(&self.house, workspace, gate);
        }
        let differs = |config: &Config| serde_json::to_value(&config.models).unwrap_or_default();
        if differs(config) != differs(&self.config) {
            changes = changes.with_model(self.model_of(&config.models)?);
        }
        Ok(changes)
    }

    /// The model that such a configuration makes.
    pub fn model_of(&self, config: &models::ModelsConfig) -> Result<Arc<dyn domain::model::Model>, AppError> {
        let (clock, ids) = (Arc::clone(&self.clock), Arc::clone(&self.ids));
        let courses = self.house.courses;
        Ok(models::build(config, courses, &self.protections, &self.outside, clock, ids)?)
    }
}
