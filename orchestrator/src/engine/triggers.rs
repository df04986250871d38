//! What a run hears is looked at for what calls for a person, once, as it is journalled: before any
//! model is asked about it.
//!
//! The agent reads it in the journal and proposes the handoff, which goes its usual way through the
//! gate; so the customer is told of it in the commit that hands over, and in no other.

use domain::{canonical::Digest, run::StepBody};

use super::session::Session;

impl Session {
    /// Looks at the step that came last.
    pub(super) fn look_for_triggers(&mut self) {
        // A ticket that a person has is not given to one again.
        let agents = self.ticket.as_ref().is_some_and(|ticket| ticket.handoff.is_none());
        if self.run.ticket_id.is_none() || !agents || self.steps.is_empty() {
            return;
        }
        let triggers = self.house.escalation.found(&self.steps, self.steps.len() - 1);
        if !triggers.is_empty() {
            let digest = Digest::of(&triggers);
            self.push(StepBody::Triggered { triggers }, Some(digest));
        }
    }
}
