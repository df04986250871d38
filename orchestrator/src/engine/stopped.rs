//! What a run does while a breaker stops it, or what it calls takes no more: it waits, and looks again.

use std::time::Duration;

use domain::{
    Timestamp, WorkspaceId,
    breaker::{Breaker, BreakerOf, WAITS},
    commit::RunTo,
    tool::{AnyTool, ToolSpec},
    user::Actor,
};
use tracing::{error, warn};

use super::{
    House,
    calls::Settled,
    session::{Halt, Session},
};
use crate::breakers::{Stop, automatic::Pause, outside::Leave};

/// Closing a breaker wakes the runs that wait for it. One that began to wait in that moment looks again
/// after this.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// While the database does not say what is stopped.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

impl Session {
    /// What stops everything that the agent would do.
    pub(super) fn stopped(&self) -> Option<Stop> {
        self.house.breakers.of_agent(self.store.id(), &self.run.agent)
    }

    pub(super) async fn park_until_closed(&mut self, stop: &Stop) -> Result<(), Halt> {
        let (for_what, until) = self.waits(stop);
        self.park(RunTo::Waiting { for_what, wake_at: Some(until) }).await
    }

    fn waits(&self, stop: &Stop) -> (String, Timestamp) {
        let now = self.house.clock.now();
        match stop {
            Stop::Off(of) => (format!("{WAITS}{}", of.words()), now.plus(LOOK_AGAIN)),
            Stop::Unheard => {
                (format!("{WAITS}the database does not tell which there are"), now.plus(LISTEN_AGAIN))
            }
        }
    }

    /// Asks to make one call of a tool that is not stopped by a person.
    pub(super) async fn enter(&self, tool: &dyn AnyTool) -> Result<Leave, Pause> {
        self.house.outside.enter_tool(self.store.id(), tool, self.house.runs.tool_timeout).await
    }

    /// Asks to work on as a run of its agent, which a breaker that opened by itself may keep it from.
    pub(super) async fn enter_agent(&mut self) -> Result<(), Pause> {
        if self.probe.is_none() {
            self.probe = self.house.outside.enter_agent(self.store.id(), &self.run.agent).await?;
        }
        Ok(())
    }

    pub(super) async fn park_until(&mut self, pause: Pause) -> Result<(), Halt> {
        self.park(RunTo::Waiting { for_what: pause.why, wake_at: Some(pause.until) }).await
    }

    /// How a call waits whose tool is stopped.
    pub(super) fn stopped_call(&self, spec: &ToolSpec) -> Option<Settled> {
        let (for_what, until) = self.waits(&self.house.breakers.of_tool(self.store.id(), spec)?);
        Some(Settled::Waits { for_what, until })
    }

    /// What an agent is told that reads with a tool that is stopped. What only may be is read with: nothing
    /// comes of it.
    pub(super) fn stopped_read(&self, spec: &ToolSpec) -> Option<String> {
        let Stop::Off(of) = self.house.breakers.of_tool(self.store.id(), spec)? else { return None };
        Some(format!("{} is switched off by a person; go on without it", of.words()))
    }
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Stops an agent whose runs fail one after another. What failed before a person last let it go on does not
/// count any more.
pub(super) async fn stop_if_failing(house: &House, workspace: WorkspaceId, agent: &str) {
    let most = house.runs.failed_a_day;
    if most == 0 {
        return;
    }
    let (store, now) = (house.store.workspace(workspace), house.clock.now());
    let of = BreakerOf::Agent(agent.to_owned());
    let failed = match store.failed_runs(&of, agent, now.minus(DAY)).await {
        Ok(failed) => failed,
        Err(error) => {
            warn!(%error, agent, "it cannot be told how many runs have failed");
            return;
        }
    };
    if failed < most {
        return;
    }
    let reason =
        format!("{failed} of its runs failed within a day; look at them, and let it go on when it is mended");
    let breaker = Breaker { of, reason, opened_by: Actor::System, opened_at: now };
    match store.open_breaker(breaker).await {
        Ok(true) => {
            error!(agent, failed, "the agent is stopped, because its runs fail");
            if let Err(error) = house.breakers.refresh().await {
                warn!(%error, "this process hears of it a moment later");
            }
        }
        Ok(false) => {}
        Err(error) => error!(%error, agent, "an agent whose runs fail could not be stopped"),
    }
}
