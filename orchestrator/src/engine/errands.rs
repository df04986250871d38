//! Errands hold their ticket, so what reaches it meanwhile is handed on when they end.

use domain::{RunId, commit::Op, run::StepBody};

use super::session::Session;
use crate::intake::run_of;

impl Session {
    /// The run that answers what came while an errand was on its way, begun in the commit that ends it.
    pub(super) fn after_errand(&self) -> Option<Op> {
        self.run.errand.as_ref()?;
        let ticket = self.ticket.as_ref()?;
        let heard = self.steps.iter().any(|step| matches!(step.body, StepBody::Observed { .. }));
        heard.then(|| {
            let (id, now) = (RunId::new(&*self.house.ids), self.house.clock.now());
            Op::EnsureRun(run_of(id, ticket.id, ticket.channel, now))
        })
    }
}
