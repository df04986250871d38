//! What a run does while a breaker stops it: it waits, and looks again.

use std::time::Duration;

use domain::{
    breaker::{BreakerOf, WAITS},
    commit::RunTo,
    tool::ToolSpec,
};

use super::{
    calls::Settled,
    session::{Halt, Session},
};

/// Closing a breaker wakes the runs that wait for it. One that began to wait in that moment looks again
/// after this.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

impl Session {
    /// What stops everything that the agent would do.
    pub(super) fn stopped(&self) -> Option<BreakerOf> {
        self.house.breakers.of_agent(self.store.id(), &self.run.agent)
    }

    pub(super) async fn park_until_closed(&mut self, of: &BreakerOf) -> Result<(), Halt> {
        let wake_at = Some(self.house.clock.now().plus(LOOK_AGAIN));
        self.park(RunTo::Waiting { for_what: waits(of), wake_at }).await
    }

    /// How a call waits whose tool is stopped.
    pub(super) fn stopped_call(&self, spec: &ToolSpec) -> Option<Settled> {
        let of = self.house.breakers.of_tool(self.store.id(), spec)?;
        Some(Settled::Waits { for_what: waits(&of), until: self.house.clock.now().plus(LOOK_AGAIN) })
    }

    /// What an agent is told that reads with a tool that is stopped.
    pub(super) fn stopped_read(&self, spec: &ToolSpec) -> Option<String> {
        let of = self.house.breakers.of_tool(self.store.id(), spec)?;
        Some(format!("{} is switched off by a person; go on without it", of.words()))
    }
}

fn waits(of: &BreakerOf) -> String {
    format!("{WAITS}{}", of.words())
}
