//! What becomes of an approval without a person: its end, or that it goes to a higher role.

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

    pub(super) fn escalate_approval(&mut self, id: ApprovalId, at: Timestamp) -> Result<(), CommitError> {
        let Some(after) = self.approval(id)?.escalated(at) else {
            touch(&mut self.touched.approvals, id);
            return Ok(());
        };
        let event = after.ticket_id.map(|ticket_id| {
            let body = EventBody::ApprovalPassedOn {
                approval_id: id,
                run_id: after.run_id,
                tool: after.binding.call.tool.clone(),
                role: after.role,
            };
            (ticket_id, body)
        });
        self.store_approval(after);
        if let Some((ticket_id, body)) = event {
            let id = EventId::new(self.terms.ids.as_ref());
            self.append(ticket_id, NewEvent { id, idempotency_key: None, actor: Actor::System, body, at })?;
        }
        Ok(())
    }
}
