//! What events say of a ticket's resolution, for the figures of the desk.

use domain::{
    resolution::ResolutionMark,
    ticket::{NewEvent, Ticket, TicketStatus},
};

use super::Unit;
use crate::read::figures::{Heard, LaterMark, NewResolution};

impl Unit<'_> {
    /// `ticket` is as the event leaves it.
    pub(super) fn mark_resolution(&mut self, was: Option<TicketStatus>, ticket: &Ticket, event: &NewEvent) {
        let (id, version, at) = (ticket.id, ticket.version, event.at);
        let heard = match ResolutionMark::of(was, ticket.status, &event.actor, &event.body) {
            Some(ResolutionMark::Resolved { agent }) => {
                return self.changes.resolutions.push(NewResolution { ticket: id, version, agent, at });
            }
            Some(ResolutionMark::Reopened) => Heard::Reopened,
            Some(ResolutionMark::Rated { message_id, helpful }) => Heard::Rated { message_id, helpful },
            None => return,
        };
        self.changes.marks.push(LaterMark { ticket: id, version, heard, at });
    }
}
