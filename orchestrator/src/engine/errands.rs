//! Errands hold their ticket, so what reaches it meanwhile is handed on when they end.

use domain::{RunId, commit::Op, excerpt::cut};

use super::session::Session;
use crate::intake::run_of;

/// Characters of a colleague's words that a reviewer reads.
const MAX_SAID: usize = 400;

impl Session {
    /// Who wants the call, for whoever decides on it.
    pub(super) fn said_of_errand(&self) -> Option<String> {
        let errand = self.run.errand.as_ref()?;
        let said = cut(&errand.said, MAX_SAID);
        Some(format!("a colleague asked the copilot for this: “{said}”"))
    }

    /// The run that answers what came while an errand was on its way, begun in the commit that ends it.
    pub(super) fn after_errand(&self) -> Option<Op> {
        let errand = self.run.errand.as_ref()?;
        let ticket = self.ticket.as_ref()?;
        (ticket.customer_version > errand.customer_version).then(|| {
            let (id, now) = (RunId::new(&*self.house.ids), self.house.clock.now());
            Op::EnsureRun(run_of(id, ticket.id, ticket.channel, now))
        })
    }
}
