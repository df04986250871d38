//! What a run does while a breaker stops it, or what it calls takes no more: it waits, and looks again.

use std::time::Duration;

use domain::{
    WorkspaceId,
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
use crate::breakers::{automatic::Pause, outside::Leave};

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
        let of = self.house.breakers.of_tool(self.store.id(), spec)?;
        Some(Settled::Waits { for_what: waits(&of), until: self.house.clock.now().plus(LOOK_AGAIN) })
    }

    /// What an agent is told that reads with a tool that is stopped.
    pub(super) fn stopped_read(&self, spec: &ToolSpec) -> Option<String> {
        let of = self.house.breakers.of_tool(self.store.id(), spec)?;
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

fn waits(of: &BreakerOf) -> String {
    format!("{WAITS}{}", of.words())
}
