//! The world of a rerun: what tools gave back then, and what people decided.

use std::collections::{BTreeMap, HashSet};

use domain::{
    ApprovalId, EffectId, Timestamp,
    approval::{Approval, Decision, Question},
    canonical::Digest,
    run::{CallOutcome, Run, Step, StepBody},
    ticket::{Event, EventBody},
    tool::ToolCall,
};
use store::{RunFilter, StoreError, WorkspaceStore};

use super::identity;

/// Other runs of the ticket in which a lookup is searched for, the newest.
const RUNS_OF_TICKET: i64 = 20;
/// Events after a run among which a word on its answer is looked for.
const EVENTS: i64 = 500;

/// A run as it was, with what stands around it.
pub struct Past {
    pub run: Run,
    pub steps: Vec<Step>,
    /// In the order in which they were asked for.
    pub approvals: Vec<Approval>,
    pub decisions: BTreeMap<ApprovalId, Vec<Decision>>,
    /// Whether the customer said that an answer of it helped; the last word counts.
    pub helped: Option<bool>,
    pub workspace_name: String,
}

impl Past {
    pub async fn load(store: &WorkspaceStore, run: Run, workspace_name: String) -> Result<Self, StoreError> {
        let steps = store.steps(run.id).await?;
        let mut approvals = store.approvals_of_run(run.id).await?;
        approvals.sort_by_key(|approval| (approval.requested_at, approval.id));
        let mut decisions = BTreeMap::new();
        for approval in approvals.iter().filter(|approval| approval.decided_at.is_some()) {
            decisions.insert(approval.id, store.decisions(approval.id).await?);
        }
        let helped = match run.ticket_id {
            Some(ticket) => said_of(&steps, &store.events(ticket, run.seen_version, EVENTS).await?),
            None => None,
        };
        Ok(Self { run, steps, approvals, decisions, helped, workspace_name })
    }
}

/// What the customer said of the answers that these steps sent.
fn said_of(steps: &[Step], events: &[Event]) -> Option<bool> {
    let sent: HashSet<&str> = steps
        .iter()
        .filter_map(|step| match &step.body {
            StepBody::Tool { outcome: CallOutcome::Ok { content }, .. } => {
                content.get("message_id")?.as_str()
            }
            _ => None,
        })
        .collect();
    events.iter().rev().find_map(|event| match &event.body {
        EventBody::AnswerRated { message_id, helpful } => {
            sent.contains(message_id.to_string().as_str()).then_some(*helpful)
        }
        _ => None,
    })
}

/// What came of one call.
pub(super) struct Record<'a> {
    pub(super) step: &'a Step,
    pub(super) ran: &'a ToolCall,
    pub(super) edited: bool,
    pub(super) effect_id: Option<EffectId>,
    pub(super) outcome: &'a CallOutcome,
    /// As it was put before people, the last time of several.
    pub(super) approval: Option<&'a Approval>,
    call_id: &'a str,
    /// What was proposed.
    identity: Digest,
    used: bool,
}

impl Record<'_> {
    /// When it was judged, as far as that is known.
    pub(super) fn at(&self) -> Timestamp {
        self.approval.map_or(self.step.finished_at, |approval| approval.requested_at)
    }
}

pub(super) struct Records<'a> {
    own: Vec<Record<'a>>,
    /// Lookups of the ticket's other runs, read when they are first asked for.
    others: Option<Vec<Step>>,
}

impl<'a> Records<'a> {
    pub(super) fn of(past: &'a Past) -> Self {
        let of = |step: &'a Step| {
            let StepBody::Tool { call, effect_id, edited, outcome, .. } = &step.body else { return None };
            let first = past.first_asked(&call.id);
            let last =
                past.approvals.iter().rfind(|a| a.question == Question::Call && a.binding.call.id == call.id);
            Some(Record {
                step,
                ran: call,
                edited: *edited,
                effect_id: *effect_id,
                outcome,
                approval: last,
                call_id: &call.id,
                identity: identity(first.map_or(call, |approval| &approval.binding.call)),
                used: false,
            })
        };
        Self { own: past.steps.iter().filter_map(of).collect(), others: None }
    }

    /// What came of this call: under its own id, or of the next one like it; at last, of any lookup like it, which
    /// gives the same however often it is made. What was done or decided once is not done twice by that.
    pub(super) fn find(&mut self, call: &ToolCall) -> Option<&Record<'a>> {
        let wanted = identity(call);
        let like = |record: &Record<'_>| record.identity == wanted && record.ran.tool == call.tool;
        let at = self
            .own
            .iter()
            .position(|record| record.call_id == call.id && like(record))
            .or_else(|| self.own.iter().position(|record| !record.used && like(record)))
            .or_else(|| {
                let lookup = |record: &Record<'_>| record.effect_id.is_none() && record.approval.is_none();
                self.own.iter().rposition(|record| like(record) && lookup(record))
            })?;
        self.own[at].used = true;
        self.own.get(at)
    }

    /// What the same lookup gave in another run of the ticket, the latest before the end of this one.
    pub(super) async fn find_elsewhere(
        &mut self,
        store: &WorkspaceStore,
        run: &Run,
        call: &ToolCall,
    ) -> Result<Option<Step>, StoreError> {
        if self.others.is_none() {
            self.others = Some(lookups(store, run).await?);
        }
        let wanted = identity(call);
        let like = |step: &&Step| matches!(&step.body, StepBody::Tool { call: made, .. } if identity(made) == wanted);
        Ok(self.others.iter().flatten().filter(like).max_by_key(|step| step.finished_at).cloned())
    }
}

async fn lookups(store: &WorkspaceStore, run: &Run) -> Result<Vec<Step>, StoreError> {
    let Some(ticket) = run.ticket_id else { return Ok(Vec::new()) };
    let filter = RunFilter { ticket_id: Some(ticket), ..RunFilter::default() };
    let others = store.runs(&filter, RUNS_OF_TICKET, None).await?.items;
    let mut found = Vec::new();
    for other in others.iter().filter(|other| other.id != run.id) {
        let looked = |step: &Step| {
            matches!(
                &step.body,
                StepBody::Tool { effect_id: None, approval_id: None, outcome: CallOutcome::Ok { .. }, .. }
            ) && step.finished_at <= run.updated_at
        };
        found.extend(store.steps(other.id).await?.into_iter().filter(looked));
    }
    Ok(found)
}

/// Whether two steps say the same, whatever rows they are tied to.
pub(super) fn alike(was: &StepBody, now: &StepBody) -> bool {
    match (was, now) {
        (
            StepBody::Tool { call: a, outcome: x, edited: e, .. },
            StepBody::Tool { call: b, outcome: y, edited: f, .. },
        ) => a == b && x == y && e == f,
        (StepBody::Proposed { call: a, .. }, StepBody::Proposed { call: b, .. }) => a == b,
        _ => was == now,
    }
}
