//! What a run must see that nobody said: external events, follow-ups that came due.

use domain::ticket::{Event, Ticket};

use super::session::{Halt, Session};

/// The newest events of a ticket among which reports are looked for.
const LOOKED_AT: i64 = 500;
/// Reports that are handed to a run at once, the newest ones.
const AT_ONCE: usize = 20;

impl Session {
    /// Reports of the ticket after version `after`, the oldest first.
    pub(super) async fn reports(&self, ticket: &Ticket, after: i64) -> Result<Vec<Event>, Halt> {
        let after = after.max(ticket.version - LOOKED_AT);
        let mut reports = self.store.events(ticket.id, after, LOOKED_AT).await?;
        reports.retain(|event| event.body.is_report());
        reports.drain(..reports.len().saturating_sub(AT_ONCE));
        Ok(reports)
    }
}
