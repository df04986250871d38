//! Calls on paper: kept with the step that tells of them, and compared by events.

use domain::{
    audit::{AuditAction, Deed},
    run::{Run, Step},
    ticket::{EventBody, NewEvent, Ticket},
    track::Tracked,
    user::Actor,
};
use serde_json::json;

use super::Unit;
use crate::read::paper::Compared;

impl Unit<'_> {
    pub(super) fn keep_on_paper(&mut self, run: &Run, step: &Step) {
        let version = run.ticket_id.and_then(|id| self.ticket(id)).map_or(0, |ticket| ticket.version);
        self.changes.acted.extend(Tracked::of_step(run, step, version));
    }

    /// `ticket` is as the event leaves it.
    pub(super) fn compare(&mut self, ticket: &Ticket, event: &NewEvent) {
        let EventBody::PaperCompared { paper_id, tool, same, .. } = &event.body else { return };
        let by_itself = event.actor == Actor::System;
        self.changes.compared.push(Compared {
            ticket: ticket.id,
            id: *paper_id,
            same: *same,
            version: ticket.version,
            by_itself,
        });
        // What somebody says of it is evidence for what may act.
        if !by_itself {
            self.changes.deeds.push(Deed {
                at: event.at,
                actor: event.actor.clone(),
                action: AuditAction::PaperCompared,
                subject: paper_id.to_string(),
                detail: json!({ "ticket": ticket.id, "tool": tool, "same": same }),
            });
        }
    }
}
