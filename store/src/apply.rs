//! One commit against the rows in memory, by the domain's own rules.
//!
//! A commit works on its own [`Changes`] over the batch's [`State`]; when an operation is refused
//! the changes are dropped, so that nothing of it is written and its neighbours are untouched.

mod approvals;
mod asked;
mod credits;
mod messages;
mod paper;
mod resolutions;

use std::sync::Arc;

use domain::{
    ApprovalId, DeliveryId, EffectId, EventId, Ids, RunId, TicketId, Timestamp, WorkspaceId,
    approval::{Approval, ApprovalStatus, Decision},
    commit::{Commit, CommitError, DeliveryStatus, EffectChange, NewRun, Op, Receipt, RunChange, RunTo},
    effect::{Effect, EffectStatus},
    model::Usage,
    run::{Run, RunStatus},
    standing::Standing,
    ticket::{Event, EventBody, NewEvent, Ticket},
    track::Tracked,
    user::Actor,
};

use crate::{
    FollowUp,
    sql::storable,
    state::{Changes, Counters, State},
};

/// Whose work this is and what time it is.
pub(crate) struct Terms {
    pub owner: String,
    pub lease: std::time::Duration,
    pub ids: Arc<dyn Ids>,
    pub now: Timestamp,
}

impl Terms {
    /// Leases a run to this process.
    pub(crate) fn lease(&self, run: &mut Run) {
        run.status = RunStatus::Running;
        run.fence += 1;
        run.lease_owner = Some(self.owner.clone());
        run.lease_until = Some(self.now.plus(self.lease));
        run.wake_at = None;
        run.waiting_for = None;
        run.updated_at = self.now;
    }
}

/// Applies one commit. Runs that it leaves queued and due are leased to this process at once while
/// `free` places are left; they are returned, and counted off `free`, only if the commit passes.
pub(crate) fn apply(
    state: &State,
    terms: &Terms,
    workspace: WorkspaceId,
    commit: &Commit,
    free: &mut usize,
) -> Result<(Receipt, Changes, Vec<RunId>), CommitError> {
    let mut unit = Unit { state, terms, workspace, changes: Changes::default(), touched: Touched::default() };
    for op in &commit.ops {
        unit.op(op.clone())?;
    }
    let claimed = unit.claim(*free);
    *free -= claimed.len();
    let receipt = unit.receipt();
    Ok((receipt, unit.changes, claimed))
}

/// What a commit touched, in the order it did.
#[derive(Default)]
struct Touched {
    tickets: Vec<TicketId>,
    runs: Vec<RunId>,
    approvals: Vec<ApprovalId>,
    /// Ceilings that are nearly used up now.
    warnings: Vec<String>,
}

fn touch<T: PartialEq + Copy>(list: &mut Vec<T>, id: T) {
    if !list.contains(&id) {
        list.push(id);
    }
}

struct Unit<'a> {
    state: &'a State,
    terms: &'a Terms,
    workspace: WorkspaceId,
    changes: Changes,
    touched: Touched,
}

impl Unit<'_> {
    fn op(&mut self, op: Op) -> Result<(), CommitError> {
        match op {
            Op::Append { ticket_id, events } => {
                let concerns = events.iter().any(|event| event.body.concerns_agents());
                for event in events {
                    self.append(ticket_id, event)?;
                }
                if concerns && let Some(run) = self.active(ticket_id) {
                    self.signal(run)?;
                }
                Ok(())
            }
            Op::EnsureRun(new) => self.ensure_run(new),
            Op::Run(change) => self.change_run(*change),
            Op::AddApproval(approval) => {
                if self.state.approvals.contains_key(&(self.workspace, approval.id))
                    || self.changes.approvals.contains_key(&approval.id)
                {
                    return Err(CommitError::Conflict(format!("approval {} exists already", approval.id)));
                }
                touch(&mut self.touched.approvals, approval.id);
                self.changes.approvals.insert(approval.id, *approval);
                Ok(())
            }
            Op::Decide(decision, standing) => self.decide(*decision, &standing),
            Op::EndApproval { approval_id, status, at } => self.end_approval(approval_id, status, at),
            Op::NudgeApproval { approval_id, at } => self.nudge_approval(approval_id, at),
            Op::ActOn { approval_id } => self.act_on(approval_id),
            Op::TakeBack { approval_id, by, at } => self.take_back(approval_id, by, at),
            Op::Tend { approval_id, tending, by, at } => self.tend(approval_id, &tending, by, at),
            Op::AddEffect(effect) => self.add_effect(*effect),
            Op::ChangeEffect(change) => self.change_effect(*change),
            Op::RetryRun { run_id, at } => self.retry_run(run_id, at),
            Op::StopRun { run_id, by, at } => self.stop_run(run_id, by, at),
            Op::ChangeDelivery { id, from, status, error, at, next_attempt_at } => {
                self.change_delivery(id, (from, status), error, at, next_attempt_at)
            }
            Op::Reserve { reservation, ceilings, held } => self.reserve(&reservation, &ceilings, held),
            Op::Settle { reservation_id, run_id, spent, at } => {
                self.settle_credits(reservation_id, run_id, spent, at)
            }
            Op::Count { ceilings, at } => self.count(&ceilings, at),
        }
    }

    fn ticket(&self, id: TicketId) -> Option<&Ticket> {
        self.changes.tickets.get(&id).or_else(|| self.state.tickets.get(&(self.workspace, id)))
    }

    fn run(&self, id: RunId) -> Result<&Run, CommitError> {
        self.changes
            .runs
            .get(&id)
            .or_else(|| self.state.runs.get(&(self.workspace, id)))
            .ok_or_else(|| CommitError::NotFound(format!("run {id}")))
    }

    fn approval(&self, id: ApprovalId) -> Result<&Approval, CommitError> {
        self.changes
            .approvals
            .get(&id)
            .or_else(|| self.state.approvals.get(&(self.workspace, id)))
            .ok_or_else(|| CommitError::NotFound(format!("approval {id}")))
    }

    fn active(&self, ticket: TicketId) -> Option<RunId> {
        match self.changes.active.get(&ticket) {
            Some(changed) => *changed,
            None => self.state.active.get(&(self.workspace, ticket)).copied(),
        }
    }

    fn store_run(&mut self, run: Run) {
        if let Some(ticket) = run.ticket_id {
            if run.status.is_active() {
                self.changes.active.insert(ticket, Some(run.id));
            } else if self.active(ticket) == Some(run.id) {
                self.changes.active.insert(ticket, None);
            }
        }
        touch(&mut self.touched.runs, run.id);
        self.changes.runs.insert(run.id, run);
    }

    // Events.

    fn counters(&mut self) -> Result<&mut Counters, CommitError> {
        if self.changes.counters.is_none() {
            self.changes.counters = self.state.workspaces.get(&self.workspace).copied();
        }
        self.changes
            .counters
            .as_mut()
            .ok_or_else(|| CommitError::NotFound(format!("workspace {}", self.workspace)))
    }

    fn append(&mut self, ticket_id: TicketId, mut new: NewEvent) -> Result<(), CommitError> {
        new.idempotency_key = new.idempotency_key.map(storable);
        if let Some(key) = &new.idempotency_key {
            let here = self.changes.events.iter().find(|(_, used)| used.as_ref() == Some(key));
            let used = match here {
                Some((event, _)) => Some((event.ticket_id, event.id)),
                None => self.state.keys.get(&(self.workspace, key.clone())).copied(),
            };
            if let Some((ticket_id, event_id)) = used {
                return Err(CommitError::Duplicate { ticket_id, event_id });
            }
        }
        let before = match self.changes.tickets.remove(&ticket_id) {
            Some(ticket) => Some(ticket),
            None => self.state.tickets.get(&(self.workspace, ticket_id)).cloned(),
        };
        if before.is_none() && !matches!(new.body, EventBody::Created { .. }) {
            return Err(CommitError::NotFound(format!("ticket {ticket_id}")));
        }
        let opens = before.is_none();
        let was = before.as_ref().map(|ticket| ticket.status);
        let counters = self.counters()?;
        counters.event_position += 1;
        let position = counters.event_position;
        let number = counters.next_ticket_number;
        if opens {
            counters.next_ticket_number += 1;
        }
        let ticket = Ticket::apply(before, ticket_id, number, &new.body, new.at)?;
        self.mark_resolution(was, &ticket, &new);
        self.compare(&ticket, &new);
        match &new.body {
            EventBody::MessageAdded { message } => self.add_message(&ticket, message, new.at),
            EventBody::FollowUpScheduled { at, note } => self.changes.follow_ups.push(FollowUp {
                ticket_id,
                version: ticket.version,
                due_at: *at,
                note: note.clone(),
            }),
            _ => {}
        }
        let event = Event {
            id: new.id,
            ticket_id,
            version: ticket.version,
            position,
            actor: new.actor,
            body: new.body,
            at: new.at,
        };
        touch(&mut self.touched.tickets, ticket_id);
        self.changes.tickets.insert(ticket_id, ticket);
        self.changes.events.push((event, new.idempotency_key));
        Ok(())
    }

    // Runs.

    /// Tells a run that something happened which it must see, and wakes it when it waits.
    fn signal(&mut self, id: RunId) -> Result<(), CommitError> {
        let mut run = self.run(id)?.clone();
        run.signals += 1;
        run.updated_at = self.terms.now;
        if run.status == RunStatus::Waiting {
            run.status = RunStatus::Queued;
            run.wake_at = None;
            run.waiting_for = None;
        }
        self.store_run(run);
        Ok(())
    }

    fn ensure_run(&mut self, new: NewRun) -> Result<(), CommitError> {
        if let Some(ticket_id) = new.ticket_id {
            if self.ticket(ticket_id).is_none() {
                return Err(CommitError::NotFound(format!("ticket {ticket_id}")));
            }
            if let Some(active) = self.active(ticket_id) {
                touch(&mut self.touched.runs, active);
                return Ok(());
            }
        }
        if self.run(new.id).is_ok() {
            return Err(CommitError::Conflict(format!("run {} exists already", new.id)));
        }
        self.store_run(Run {
            id: new.id,
            ticket_id: new.ticket_id,
            about: new.about,
            asked: new.asked,
            errand: new.errand,
            agent: new.agent,
            status: RunStatus::Queued,
            priority: new.priority,
            attempts: 0,
            lease_owner: None,
            fence: 0,
            lease_until: None,
            wake_at: new.wake_at,
            waiting_for: None,
            signals: 0,
            seen_signals: 0,
            seen_version: 0,
            step_count: 0,
            usage: Usage::default(),
            reservations: Vec::new(),
            outcome: None,
            error: None,
            created_at: new.at,
            updated_at: new.at,
        });
        Ok(())
    }

    fn change_run(&mut self, change: RunChange) -> Result<(), CommitError> {
        let mut run = self.run(change.run_id)?.clone();
        if run.status != RunStatus::Running || run.fence != change.fence {
            return Err(CommitError::LeaseLost(run.id));
        }
        if change.expect_signals.is_some_and(|seen| run.signals > seen) {
            return Err(CommitError::Stale { run: Box::new(run) });
        }
        for step in change.steps {
            if step.seq != run.step_count {
                return Err(CommitError::Conflict(format!(
                    "step {} does not continue the journal of run {}, which has {} steps",
                    step.seq, run.id, run.step_count
                )));
            }
            run.step_count += 1;
            self.keep_on_paper(&run, &step);
            self.changes.steps.push((run.id, step));
        }
        run.usage.tokens_in += change.usage.tokens_in;
        run.usage.tokens_out += change.usage.tokens_out;
        run.usage.cost_micros += change.usage.cost_micros;
        run.seen_signals = change.seen_signals.unwrap_or(run.seen_signals);
        run.seen_version = change.seen_version.unwrap_or(run.seen_version);
        run.updated_at = change.at;
        if matches!(change.to, RunTo::Running | RunTo::Prepared) {
            if matches!(change.to, RunTo::Running) {
                run.attempts = 0;
                run.error = None;
            }
            run.lease_until = Some(self.terms.now.plus(self.terms.lease));
        } else {
            run.lease_owner = None;
            run.lease_until = None;
            run.wake_at = None;
        }
        match change.to {
            RunTo::Running | RunTo::Prepared => {}
            RunTo::Waiting { for_what, wake_at } => {
                run.status = RunStatus::Waiting;
                run.waiting_for = Some(for_what);
                run.wake_at = wake_at;
                run.attempts = 0;
                run.error = None;
            }
            RunTo::Done(outcome) => {
                run.status = RunStatus::Done;
                run.outcome = Some(outcome);
                run.error = None;
            }
            RunTo::Retry { error, at } => {
                run.status = RunStatus::Queued;
                run.attempts += 1;
                run.wake_at = Some(at);
                run.error = Some(error);
            }
            RunTo::Dead { error } => {
                run.status = RunStatus::Dead;
                run.error = Some(error);
            }
            RunTo::Quarantined { error } => {
                run.status = RunStatus::Quarantined;
                run.error = Some(error);
            }
        }
        self.store_run(run);
        Ok(())
    }

    fn retry_run(&mut self, id: RunId, at: Timestamp) -> Result<(), CommitError> {
        let mut run = self.run(id)?.clone();
        if !matches!(run.status, RunStatus::Dead | RunStatus::Quarantined) {
            return Err(CommitError::Conflict(format!(
                "run {id} is {}; only dead and quarantined runs can be retried",
                run.status.as_str()
            )));
        }
        if run.asked.is_some() {
            return Err(CommitError::Conflict("this run answers a question: ask it again".to_owned()));
        }
        if let Some(other) = run.ticket_id.and_then(|ticket| self.active(ticket)) {
            return Err(CommitError::Conflict(format!(
                "run {other} works on the ticket now; retry when it has ended"
            )));
        }
        run.status = RunStatus::Queued;
        run.attempts = 0;
        run.error = None;
        run.wake_at = None;
        run.updated_at = at;
        // While it rested nobody told it what was said.
        run.signals += 1;
        self.store_run(run);
        Ok(())
    }

    /// Leases runs that were touched and are due, up to `free` of them.
    fn claim(&mut self, free: usize) -> Vec<RunId> {
        let mut claimed = Vec::new();
        for id in self.touched.runs.clone() {
            if claimed.len() == free {
                break;
            }
            let Ok(run) = self.run(id) else { continue };
            if run.status == RunStatus::Queued && run.wake_at.is_none_or(|at| at <= self.terms.now) {
                let mut run = run.clone();
                self.terms.lease(&mut run);
                self.store_run(run);
                claimed.push(id);
            }
        }
        claimed
    }

    // Approvals and effects.

    fn decide(&mut self, decision: Decision, standing: &Standing) -> Result<(), CommitError> {
        let approval = self.approval(decision.approval_id)?;
        let earlier = self.decisions_on(approval.id);
        let after = approval.decide(&earlier, (&decision, standing), self.customer_version(approval)?)?;
        let decided = after.status != ApprovalStatus::Pending;
        let (user_id, at) = (decision.user_id, decision.at);
        self.changes.decisions.push(decision);
        self.store_approval(after.clone());
        if decided {
            self.announce(&after, self.person(user_id), Some(user_id), at)?;
        }
        Ok(())
    }

    fn store_approval(&mut self, approval: Approval) {
        touch(&mut self.touched.approvals, approval.id);
        self.changes.approvals.insert(approval.id, approval);
    }

    /// Writes down that an approval is no longer pending and tells its run.
    fn announce(
        &mut self,
        approval: &Approval,
        actor: Actor,
        by: Option<domain::UserId>,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        if let Some(ticket_id) = approval.ticket_id {
            let body = EventBody::ApprovalDecided {
                approval_id: approval.id,
                run_id: approval.run_id,
                tool: approval.binding.call.tool.clone(),
                status: approval.status.as_str().to_owned(),
                by,
            };
            let id = EventId::new(self.terms.ids.as_ref());
            self.append(ticket_id, NewEvent { id, idempotency_key: None, actor, body, at })?;
        }
        if self.run(approval.run_id)?.status.is_active() {
            match approval.undo_until {
                Some(until) => self.signal_for(approval.run_id, until)?,
                None => self.signal(approval.run_id)?,
            }
        }
        Ok(())
    }

    fn add_effect(&mut self, effect: Effect) -> Result<(), CommitError> {
        if self.effect(effect.id).is_ok() {
            return Err(CommitError::Conflict(format!("effect {} exists already", effect.id)));
        }
        let call = (self.workspace, effect.run_id, effect.call.id.clone());
        let here =
            self.changes.effects.values().any(|e| e.run_id == effect.run_id && e.call.id == effect.call.id);
        if here || self.state.calls.contains(&call) {
            return Err(CommitError::Conflict(format!(
                "call {} of run {} has an effect already; it is not done twice",
                effect.call.id, effect.run_id
            )));
        }
        self.changes.acted.extend(Tracked::of_effect(&effect));
        self.changes.effects.insert(effect.id, effect);
        Ok(())
    }

    fn effect(&self, id: EffectId) -> Result<&Effect, CommitError> {
        self.changes
            .effects
            .get(&id)
            .or_else(|| self.state.effects.get(&(self.workspace, id)))
            .ok_or_else(|| CommitError::NotFound(format!("effect {id}")))
    }

    fn change_effect(&mut self, change: EffectChange) -> Result<(), CommitError> {
        let effect = self.effect(change.id)?;
        if effect.status.is_settled() {
            return Err(CommitError::Conflict(format!(
                "effect {} has {} already",
                effect.id,
                effect.status.as_str()
            )));
        }
        let after = Effect {
            status: change.status,
            attempts: change.attempts,
            next_attempt_at: change.next_attempt_at,
            output: change.output,
            summary: change.summary,
            error: change.error,
            updated_at: change.at,
            ..effect.clone()
        };
        if after.status == EffectStatus::Failed {
            self.changes.undone.push(after.id);
        }
        self.changes.effects.insert(after.id, after);
        Ok(())
    }

    // Mail.

    /// Taking a pending mail to `Sending` is the claim that keeps it from being sent by two.
    fn change_delivery(
        &mut self,
        id: DeliveryId,
        (from, status): (DeliveryStatus, DeliveryStatus),
        error: Option<String>,
        at: Timestamp,
        next_attempt_at: Option<Timestamp>,
    ) -> Result<(), CommitError> {
        let mut delivery = self
            .changes
            .deliveries
            .get(&id)
            .or_else(|| self.state.deliveries.get(&(self.workspace, id)))
            .ok_or_else(|| CommitError::NotFound(format!("delivery {id}")))?
            .clone();
        let allowed = match status {
            DeliveryStatus::Sending => from == DeliveryStatus::Pending,
            _ => from != DeliveryStatus::Sent,
        };
        if !allowed || delivery.status != from {
            return Err(CommitError::Conflict(format!(
                "delivery {id} is {} and cannot become {}",
                delivery.status.as_str(),
                status.as_str()
            )));
        }
        if status == DeliveryStatus::Sending {
            delivery.attempts += 1;
        }
        delivery.status = status;
        delivery.error = error;
        delivery.next_attempt_at = next_attempt_at;
        delivery.updated_at = at;
        self.changes.deliveries.insert(id, delivery);
        Ok(())
    }

    fn receipt(&self) -> Receipt {
        Receipt {
            events: self.changes.events.iter().map(|(event, _)| event.clone()).collect(),
            tickets: self.touched.tickets.iter().filter_map(|id| self.ticket(*id)).cloned().collect(),
            runs: self.touched.runs.iter().filter_map(|id| self.run(*id).ok()).cloned().collect(),
            approvals: self
                .touched
                .approvals
                .iter()
                .filter_map(|id| self.approval(*id).ok())
                .cloned()
                .collect(),
            warnings: self.touched.warnings.clone(),
        }
    }
}
