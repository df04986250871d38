//! What a run hears is looked at for what calls for a person, once, as it is journalled: before any
//! model is asked about it.
//!
//! The agent reads it in the journal and proposes the handoff, which goes its usual way through the
//! gate; so the customer is told of it in the commit that hands over, and in no other.

use std::collections::BTreeSet;

use domain::{canonical::Digest, run::StepBody, ticket::EventBody, trigger};

use super::session::Session;

impl Session {
    /// Looks at the step that came last.
    pub(super) fn look_for_triggers(&mut self) {
        let (Some(ticket), Some(last)) = (&self.ticket, self.steps.len().checked_sub(1)) else { return };
        if self.run.ticket_id.is_none() {
            return;
        }
        let triggers = self.house.escalation.found(&self.steps, last);
        if triggers.is_empty() {
            return;
        }
        if ticket.handoff.is_none() {
            let digest = Digest::of(&triggers);
            self.push(StepBody::Triggered { triggers }, Some(digest));
            return;
        }
        // A ticket that a person has is not given to one again; but they should look at once.
        let grave: BTreeSet<String> = triggers
            .iter()
            .filter(|one| one.kind.priority().is_some())
            .map(|one| one.kind.tag().to_owned())
            .filter(|tag| !ticket.tags.contains(tag))
            .collect();
        let priority = trigger::priority(&triggers, ticket.priority);
        if !grave.is_empty() {
            self.ticket_event(EventBody::TagsAdded { tags: grave });
        }
        if let Some(priority) = priority {
            self.ticket_event(EventBody::PrioritySet { priority });
        }
    }
}
