//! What has changed since a call was proposed, or an effect recorded, and what it keeps the run from.

use domain::{
    ApprovalId, Timestamp,
    approval::{Approval, ApprovalStatus, Question},
    autonomy::Level,
    calibration::thousandths,
    effect::Effect,
    run::{CallOutcome, StepBody},
    tool::ToolCall,
    user::Actor,
};

use super::{
    calls::Settled,
    session::{Halt, Session},
};

impl Session {
    /// Whether something reached the run since it last looked. What is written with a step that comes anyway asks
    /// first what others learn from the refusal of their record.
    pub(super) async fn has_heard(&mut self) -> Result<bool, Halt> {
        if let Some(run) = self.store.run(self.run.id).await? {
            self.run.signals = run.signals;
        }
        Ok(self.run.signals != self.run.seen_signals)
    }

    /// Something reached the run before a call was begun: after a word of the customer the agent considers it anew.
    pub(super) async fn overtaken(
        &mut self,
        asked: &ToolCall,
        approval: Option<ApprovalId>,
    ) -> Result<Settled, Halt> {
        let known = self.customer_version();
        self.observe().await?;
        if self.customer_version() != known && !self.is_settled(&asked.id) {
            self.journal_call(asked, asked, None, approval, CallOutcome::Superseded);
        }
        Ok(Settled::Now)
    }

    /// Why an effect may not be attempted by itself any more, while nobody has said to try it again.
    pub(super) fn may_act_no_more(&self, effect: &Effect) -> Option<String> {
        let told = |approval: &Approval| {
            approval.binding.call.id == effect.call.id
                && approval.question == Question::Outcome
                && approval.status == ApprovalStatus::Approved
        };
        if self.approvals.iter().any(told) {
            return None;
        }
        if self.others_wrote_since(effect.created_at) {
            return Some("somebody else has written to the customer since, and may have done it".to_owned());
        }
        let facts = &effect.judged.as_ref()?.facts;
        if effect.approval_id.is_some() || facts.autonomy != Some(Level::Act) {
            return None;
        }
        let of = (facts.intent.as_deref().unwrap_or_default(), facts.tool.as_str());
        let ladder = self.house.policies.ladder();
        let level = ladder.level(self.store.id(), of, thousandths(facts.confidence))?;
        (level != Level::Act).then(|| {
            format!(
                "when it was recorded the ladder of autonomy let it act, and now it says `{}`",
                level.as_str()
            )
        })
    }

    /// Whether a colleague or another run told the customer something after this time.
    fn others_wrote_since(&self, time: Timestamp) -> bool {
        self.steps.iter().filter(|step| step.finished_at >= time).any(|step| match &step.body {
            StepBody::Observed { messages, .. } => {
                messages.iter().any(|message| !matches!(message.author, Actor::Customer { .. }))
            }
            _ => false,
        })
    }
}
