//! What becomes of an approval besides a decision: a reminder, a higher role, its end; whose it is; and a
//! decision that is taken back, or that its run begins to act on.

use domain::{
    ApprovalId, EventId, RunId, Timestamp, UserId,
    approval::{Approval, ApprovalStatus, Decision},
    audit::{AuditAction, Deed},
    commit::CommitError,
    run::RunStatus,
    tending::Tending,
    ticket::{EventBody, NewEvent},
    user::Actor,
};
use serde_json::json;

use super::{Unit, touch};

impl Unit<'_> {
    pub(super) fn end_approval(
        &mut self,
        id: ApprovalId,
        status: ApprovalStatus,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let approval = self.approval(id)?;
        if approval.status != ApprovalStatus::Pending {
            touch(&mut self.touched.approvals, id);
            return Ok(());
        }
        if !matches!(status, ApprovalStatus::Expired | ApprovalStatus::Superseded | ApprovalStatus::Escalated)
        {
            return Err(CommitError::Conflict(format!(
                "an approval cannot become {} without a person's decision",
                status.as_str()
            )));
        }
        let after = Approval { status, decided_at: Some(at), ..approval.clone() };
        self.store_approval(after.clone());
        self.announce(&after, Actor::System, None, at)
    }

    pub(super) fn nudge_approval(&mut self, id: ApprovalId, at: Timestamp) -> Result<(), CommitError> {
        touch(&mut self.touched.approvals, id);
        if let Some(after) = self.approval(id)?.reminded(at) {
            let body = EventBody::ApprovalReminder {
                approval_id: id,
                run_id: after.run_id,
                tool: after.binding.call.tool.clone(),
                title: after.preview.title.clone(),
                role: after.role_at(at).clone(),
            };
            self.nudged(after, body, at)?;
        }
        if let Some(after) = self.approval(id)?.escalated(at) {
            let body = EventBody::ApprovalPassedOn {
                approval_id: id,
                run_id: after.run_id,
                tool: after.binding.call.tool.clone(),
                role: after.role.clone(),
            };
            self.nudged(after, body, at)?;
        }
        Ok(())
    }

    /// The run has nothing to see in it.
    fn nudged(&mut self, after: Approval, body: EventBody, at: Timestamp) -> Result<(), CommitError> {
        self.store_approval(after.clone());
        self.tell(&after, Actor::System, body, at)
    }

    pub(super) fn person(&self, user_id: UserId) -> Actor {
        let name = self.state.users.get(&(self.workspace, user_id)).cloned();
        Actor::User { user_id, name: name.unwrap_or_else(|| "a reviewer".to_owned()) }
    }

    /// Those that stand.
    pub(super) fn decisions_on(&self, id: ApprovalId) -> Vec<Decision> {
        let mut all = self.state.decisions.get(&(self.workspace, id)).cloned().unwrap_or_default();
        all.extend(self.changes.decisions.iter().filter(|d| d.approval_id == id).cloned());
        all.retain(|decision| self.changes.taken_back.iter().all(|taken| taken.id != decision.id));
        all
    }

    /// The version of the ticket that carried the customer's last word. An approval without a ticket has no
    /// customer who could have written meanwhile.
    pub(super) fn customer_version(&self, approval: &Approval) -> Result<i64, CommitError> {
        match approval.ticket_id {
            Some(id) => {
                let ticket = self.ticket(id).ok_or_else(|| CommitError::NotFound(format!("ticket {id}")))?;
                Ok(ticket.customer_version)
            }
            None => Ok(approval.binding.customer_version),
        }
    }

    /// Tells a run that something happened which it must see, but not before the time: one that waits goes on
    /// waiting until then.
    pub(super) fn signal_for(&mut self, id: RunId, not_before: Timestamp) -> Result<(), CommitError> {
        let mut run = self.run(id)?.clone();
        run.signals += 1;
        run.updated_at = self.terms.now;
        if run.status == RunStatus::Waiting {
            run.wake_at = Some(run.wake_at.map_or(not_before, |at| at.min(not_before)));
        }
        self.store_run(run);
        Ok(())
    }

    pub(super) fn act_on(&mut self, id: ApprovalId) -> Result<(), CommitError> {
        let approval = self.approval(id)?.clone();
        if approval.status == ApprovalStatus::Pending {
            return Err(CommitError::Stale { run: Box::new(self.run(approval.run_id)?.clone()) });
        }
        self.store_approval(Approval { undo_until: None, ..approval });
        Ok(())
    }

    pub(super) fn take_back(&mut self, id: ApprovalId, by: UserId, at: Timestamp) -> Result<(), CommitError> {
        let approval = self.approval(id)?.clone();
        let customer_version = self.customer_version(&approval)?;
        let (after, taken) = approval.taken_back(&self.decisions_on(id), by, customer_version, at)?;
        if !self.run(approval.run_id)?.status.is_active() {
            return Err(CommitError::Conflict(
                "the agent's run is over, so that nothing can come of this any more".to_owned(),
            ));
        }
        let person = self.person(by);
        self.changes.deeds.push(Deed {
            at,
            actor: person.clone(),
            action: AuditAction::ApprovalTakenBack,
            subject: id.to_string(),
            detail: json!({
                "decision": taken.kind.as_str(),
                "digest": taken.digest,
                "tool": approval.binding.call.tool,
                "run": approval.run_id,
            }),
        });
        self.changes.taken_back.push(taken);
        self.store_approval(after);
        if approval.status == ApprovalStatus::Pending {
            return Ok(());
        }
        let body = EventBody::ApprovalReopened {
            approval_id: id,
            run_id: approval.run_id,
            tool: approval.binding.call.tool.clone(),
        };
        self.tell(&approval, person, body, at)?;
        // It looks again when it would have gone on, and finds the question open.
        self.signal_for(approval.run_id, approval.expires_at)
    }

    pub(super) fn tend(
        &mut self,
        id: ApprovalId,
        tending: &Tending,
        by: Option<UserId>,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        let approval = self.approval(id)?.clone();
        let after = approval.tended(tending, at)?;
        let run_id = approval.run_id;
        let (body, action, detail) = match tending {
            Tending::Assign { to, note } => {
                let (to, name) = to.clone().unzip();
                let body = EventBody::ApprovalAssigned {
                    approval_id: id,
                    run_id,
                    to,
                    name: name.unwrap_or_default(),
                    note: note.clone(),
                };
                // What was said in it stays with the ticket.
                (body, AuditAction::ApprovalAssigned, json!({ "to": to, "run": run_id }))
            }
            Tending::Snooze { .. } => {
                let until = after.snoozed_until;
                let body = EventBody::ApprovalSnoozed { approval_id: id, run_id, until };
                (body, AuditAction::ApprovalSnoozed, json!({ "until": until, "run": run_id }))
            }
        };
        let actor = by.map_or(Actor::System, |user| self.person(user));
        self.changes.deeds.push(Deed { at, actor: actor.clone(), action, subject: id.to_string(), detail });
        self.store_approval(after);
        self.tell(&approval, actor, body, at)
    }

    /// On the timeline, of one that is about a ticket.
    fn tell(
        &mut self,
        approval: &Approval,
        actor: Actor,
        body: EventBody,
        at: Timestamp,
    ) -> Result<(), CommitError> {
        if let Some(ticket_id) = approval.ticket_id {
            let id = EventId::new(self.terms.ids.as_ref());
            self.append(ticket_id, NewEvent { id, idempotency_key: None, actor, body, at })?;
        }
        Ok(())
    }
}
