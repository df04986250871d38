//! Who asks for what in a run: the people behind a call, and what the customer wants.

use domain::{
    UserId,
    approval::DecisionKind,
    policy::AskTerms,
    run::{CallOutcome, StepBody},
    ticket::Message,
    tool::ToolCall,
    user::Actor,
};

use super::session::{Halt, Session};
use crate::models::offline::intent::Intents;

impl Session {
    /// What the customer said that the run has read, the latest first.
    fn customers_words(&self) -> impl Iterator<Item = &Message> {
        let said = self.steps.iter().rev().flat_map(|step| {
            let messages = match &step.body {
                StepBody::Started { input } => input.messages.as_slice(),
                StepBody::Observed { messages, .. } => messages.as_slice(),
                _ => &[],
            };
            messages.iter().rev()
        });
        said.filter(|message| matches!(message.author, Actor::Customer { .. }))
    }

    /// The procedure that the customer asked for last; empty for none.
    pub(super) fn intent(&self) -> String {
        let intents = Intents::of(&self.house.procedures);
        let asked = self.customers_words().find_map(|message| {
            let wishes = intents.read(&message.body).wishes;
            wishes.into_iter().max_by(|a, b| a.score.total_cmp(&b.score))
        });
        let name = asked.and_then(|wish| self.house.procedures.get(wish.procedure));
        name.map(|procedure| procedure.name.clone()).unwrap_or_default()
    }

    /// Who may not approve the call where the policy keeps those who asked for it from doing so: whoever of
    /// the staff the run has read, and whoever changed its arguments.
    pub(super) async fn requesters(&self, terms: &AskTerms, call: &ToolCall) -> Result<Vec<UserId>, Halt> {
        let mut barred = std::collections::BTreeSet::new();
        if !terms.not_requester {
            return Ok(Vec::new());
        }
        barred.extend(self.run.errand.as_ref().map(|errand| errand.by));
        for step in &self.steps {
            let messages = match &step.body {
                StepBody::Started { input } => input.messages.as_slice(),
                StepBody::Observed { messages, .. } => messages.as_slice(),
                StepBody::Tool { outcome: CallOutcome::Responded { by: Some(by), .. }, .. } => {
                    barred.insert(*by);
                    continue;
                }
                _ => continue,
            };
            barred.extend(messages.iter().filter_map(|message| match &message.author {
                Actor::User { user_id, .. } => Some(*user_id),
                _ => None,
            }));
        }
        for edited in self.approvals.iter().filter(|a| a.binding.call.id == call.id) {
            let decisions = self.store.decisions(edited.id).await?;
            let edits = decisions.iter().filter(|d| matches!(d.kind, DecisionKind::Edit { .. }));
            barred.extend(edits.map(|decision| decision.user_id));
        }
        Ok(barred.into_iter().collect())
    }
}
