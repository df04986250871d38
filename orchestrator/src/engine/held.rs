//! Decisions that can still be taken back: nothing is done before their time is over, and nothing is taken
//! back once it has begun.

use domain::{
    approval::{Approval, ApprovalStatus, Question},
    commit::{Op, RunTo},
    tending::Tending,
};

use super::{
    calls::Settled,
    credits::waits,
    session::{Halt, Session},
    writing::Written,
};

impl Session {
    /// What keeps the run from acting on a decision now. When its time is over that is written first, so that
    /// whoever takes it back at the same moment, by another clock, either comes before it or is refused.
    pub(super) async fn held(&mut self, approval: &Approval) -> Result<Option<Settled>, Halt> {
        let Some(until) = approval.undo_until else { return Ok(None) };
        if approval.is_held(self.house.clock.now()) {
            let for_what = format!("the time to take back a decision on {}", approval.binding.call.tool);
            return Ok(Some(Settled::Waits { for_what, until }));
        }
        let kept = self.ops.len();
        self.ops.push(Op::ActOn { approval_id: approval.id });
        match self.write(RunTo::Running, true).await? {
            Written::Done => {
                for known in self.approvals.iter_mut().filter(|known| known.id == approval.id) {
                    known.undo_until = None;
                }
                Ok(None)
            }
            Written::Stale => {
                self.ops.truncate(kept);
                self.observe().await?;
                Ok(Some(Settled::Now))
            }
            Written::Exhausted { why, until } => {
                self.ops.truncate(kept);
                Ok(Some(Settled::Waits { for_what: waits(&why), until }))
            }
        }
    }

    /// What is asked about attempts is not superseded by news, but it comes up again with them.
    pub(super) fn bring_back(&mut self) {
        let at = self.house.clock.now();
        let snoozed = self.approvals.iter_mut().filter(|approval| {
            approval.question == Question::Outcome
                && approval.status == ApprovalStatus::Pending
                && approval.snoozed_until.is_some_and(|until| at < until)
                && at < approval.expires_at
        });
        for approval in snoozed {
            approval.snoozed_until = None;
            let tending = Tending::Snooze { until: None };
            self.ops.push(Op::Tend { approval_id: approval.id, tending, by: None, at });
        }
    }
}
