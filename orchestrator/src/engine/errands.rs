//! Errands hold their ticket, so what reaches it meanwhile is handed on when they end.

use domain::{RunId, commit::Op};

use super::session::Session;
use crate::intake::run_of;

impl Session {
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
