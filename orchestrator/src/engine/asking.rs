//! Who asks for what in a run: the people behind a call.

use std::collections::BTreeSet;

use domain::{
    UserId,
    approval::DecisionKind,
    policy::AskTerms,
    run::{CallOutcome, Run, Step, StepBody},
    tool::ToolCall,
    user::Actor,
};

use super::session::{Halt, Session};

impl Session {
    /// Who may not approve the call where the policy keeps those who asked for it from doing so: whoever of
    /// the staff the run has read, and whoever changed its arguments.
    pub(super) async fn requesters(&self, terms: &AskTerms, call: &ToolCall) -> Result<Vec<UserId>, Halt> {
        if !terms.not_requester {
            return Ok(Vec::new());
        }
        let mut barred = behind(&self.run, &self.steps);
        for edited in self.approvals.iter().filter(|a| a.binding.call.id == call.id) {
            let decisions = self.store.decisions(edited.id).await?;
            let edits = decisions.iter().filter(|d| matches!(d.kind, DecisionKind::Edit { .. }));
            barred.extend(edits.map(|decision| decision.user_id));
        }
        Ok(barred.into_iter().collect())
    }
}

/// Those of the staff by whose words a run does what it does.
pub(super) fn behind(run: &Run, steps: &[Step]) -> BTreeSet<UserId> {
    let mut behind = BTreeSet::new();
    behind.extend(run.errand.as_ref().map(|errand| errand.by));
    for step in steps {
        let messages = match &step.body {
            StepBody::Started { input } => input.messages.as_slice(),
            StepBody::Observed { messages, .. } => messages.as_slice(),
            StepBody::Tool { outcome: CallOutcome::Responded { by: Some(by), .. }, .. } => {
                behind.insert(*by);
                continue;
            }
            _ => continue,
        };
        behind.extend(messages.iter().filter_map(|message| match &message.author {
            Actor::User { user_id, .. } => Some(*user_id),
            _ => None,
        }));
    }
    behind
}
