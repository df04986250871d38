//! What becomes of an approval without a person: a reminder, a higher role, its end.

use domain::{
    ApprovalId, EventId, Timestamp,
    approval::{Approval, ApprovalStatus},
    commit::CommitError,
    ticket::{EventBody, NewEvent},
    user::Actor,
};

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
                role: after.role_at(at),
            };
            self.nudged(after, body, at)?;
        }
        if let Some(after) = self.approval(id)?.escalated(at) {
            let body = EventBody::ApprovalPassedOn {
                approval_id: id,
                run_id: after.run_id,
                tool: after.binding.call.tool.clone(),
                role: after.role,
            };
            self.nudged(after, body, at)?;
        }
        Ok(())
    }

    /// The run has nothing to see in it.
    fn nudged(&mut self, after: Approval, body: EventBody, at: Timestamp) -> Result<(), CommitError> {
        let ticket_id = after.ticket_id;
        self.store_approval(after);
        if let Some(ticket_id) = ticket_id {
            let id = EventId::new(self.terms.ids.as_ref());
            self.append(ticket_id, NewEvent { id, idempotency_key: None, actor: Actor::System, body, at })?;
        }
        Ok(())
    }
}
