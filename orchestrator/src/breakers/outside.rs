//! What stands before every call that leaves the house by itself: the breakers that open by themselves and
//! the rates of far sides.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    Clock, Ids, WorkspaceId,
    breaker::{
        BreakerOf,
        automatic::{AutomaticBreaker, Terms},
    },
    rate::RateLimit,
    tool::{AnyTool, ToolError, ToolSource, ToolSpec},
};
use store::{Store, StoreError};

use super::{
    BreakersConfig,
    automatic::{Automatic, Pass, Pause},
    rates::{Limited, Rates},
};
use crate::models::{BreakerConfig, ModelsConfig};

/// How long a probe of an agent may take: what a run works between two things that it hears.
const AGENT_PROBE: Duration = Duration::from_secs(5 * 60);
/// The longest wait for a permit to ask what became of an attempt.
const PATIENCE: Duration = Duration::from_secs(10);
/// Added to how long a call may take.
const MARGIN: Duration = Duration::from_secs(10);

/// Shared by all that goes out of a process.
pub struct Outside {
    pub(crate) automatic: Automatic,
    pub(crate) rates: Rates,
}

/// Leave to make one call. What comes of it has to be reported.
#[derive(Debug)]
#[must_use = "what comes of the call has to be reported"]
pub(crate) struct Leave {
    pass: Pass,
    limited: Option<Limited>,
}

/// What came of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CameOf<'a> {
    Answer,
    Failure(&'a str),
    /// 429, and for how long it asks to be left alone.
    AtLimit(Option<Duration>),
    /// Nothing that says anything of the far side.
    Nothing,
}

impl<'a> CameOf<'a> {
    pub(crate) fn tool(error: &'a ToolError) -> Self {
        match error {
            ToolError::Unavailable(why) | ToolError::Unknown(why) => Self::Failure(why),
            ToolError::Limited { after, .. } => Self::AtLimit(*after),
            // Arguments are judged before anything is sent.
            ToolError::Arguments { .. } => Self::Nothing,
            ToolError::Refused(_) | ToolError::NotTheirs(_) | ToolError::Unclear(_) => Self::Answer,
        }
    }
}

impl Outside {
    /// Of a service: shared through the database.
    pub async fn shared(
        store: Store,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        config: &BreakersConfig,
        models: &ModelsConfig,
    ) -> Result<Self, StoreError> {
        let outside = Self::new(Some(store), clock, ids, config, models);
        outside.refresh().await?;
        Ok(outside)
    }

    /// Of one process alone, which forgets it.
    pub fn alone(
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        config: &BreakersConfig,
        models: &ModelsConfig,
    ) -> Self {
        Self::new(None, clock, ids, config, models)
    }

    fn new(
        store: Option<Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        config: &BreakersConfig,
        models: &ModelsConfig,
    ) -> Self {
        let own = |breaker: &BreakerConfig| Terms {
            failures: breaker.failures,
            cool_down: Duration::from_millis(breaker.open_ms),
            ..config.terms()
        };
        let providers: HashMap<String, Terms> =
            models.providers.iter().map(|provider| (provider.name.clone(), own(&provider.breaker))).collect();
        Self {
            rates: Rates::new(store.clone(), Arc::clone(&clock)),
            automatic: Automatic::new(store, clock, ids, config.clone(), providers),
        }
    }

    /// What opened by itself and has not closed, of the workspace and of what all share; the longest open first.
    pub fn open(&self, workspace: WorkspaceId) -> Vec<AutomaticBreaker> {
        self.automatic.list(workspace)
    }

    /// Hears what other processes did. Returns the workspaces of which a breaker has changed.
    pub(crate) async fn refresh(&self) -> Result<Vec<WorkspaceId>, StoreError> {
        self.rates.refresh().await?;
        self.automatic.refresh().await
    }

    /// Asks to make one call, which may take so long.
    async fn enter(
        &self,
        workspace: WorkspaceId,
        of: &[BreakerOf],
        limited: Option<Limited>,
        takes: Duration,
    ) -> Result<Leave, Pause> {
        let pass = self.automatic.admit(workspace, of, takes + MARGIN).await?;
        if let Some(limited) = &limited
            && let Err(pause) = self.rates.take(limited).await
        {
            self.automatic.released(pass).await;
            return Err(pause);
        }
        Ok(Leave { pass, limited })
    }

    /// Asks to make one call of a tool. Tools that do not leave the house need no leave.
    pub(crate) async fn enter_tool(
        &self,
        workspace: WorkspaceId,
        tool: &dyn AnyTool,
        takes: Duration,
    ) -> Result<Leave, Pause> {
        let of = of_tool(tool.spec());
        self.enter(workspace, &of, limited(tool), takes).await
    }

    /// Whether a breaker of the tool is not closed.
    pub(crate) fn is_open(&self, workspace: WorkspaceId, spec: &ToolSpec) -> bool {
        of_tool(spec).iter().any(|of| self.automatic.get(workspace, of).is_some())
    }

    /// Waits for a permit to ask the tool what became of an attempt. False: there is none soon. Breakers do
    /// not stand before such a question.
    pub(crate) async fn permit_for(&self, tool: &dyn AnyTool) -> bool {
        let Some(limited) = limited(tool) else { return true };
        let mut waited = Duration::ZERO;
        loop {
            let Err(pause) = self.rates.take(&limited).await else { return true };
            let wait = pause.until.since(self.rates.now());
            waited += wait;
            if waited > PATIENCE {
                return false;
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Asks to make one call of a provider.
    pub(crate) async fn enter_provider(
        &self,
        name: &str,
        rate: Option<RateLimit>,
        takes: Duration,
    ) -> Result<Leave, Pause> {
        let of = BreakerOf::Provider(name.to_owned());
        let limited = Limited { name: format!("provider:{name}"), words: of.words(), rate };
        let home = domain::knowledge::UNIVERSAL_WORKSPACE;
        self.enter(home, &[of], Some(limited), takes).await
    }

    /// Why the provider is left alone now, without asking for a call.
    pub(crate) fn provider_rests(&self, name: &str) -> Option<Pause> {
        let home = domain::knowledge::UNIVERSAL_WORKSPACE;
        self.automatic.pause(home, &BreakerOf::Provider(name.to_owned()))
    }

    /// Asks to hand one mail over.
    pub(crate) async fn mail(&self, rate: Option<RateLimit>) -> Result<(), Pause> {
        let limited = Limited { name: "mail".to_owned(), words: "the mail server".to_owned(), rate };
        self.rates.take(&limited).await
    }

    /// Asks to work on a run of an agent. None while its breaker is closed.
    pub(crate) async fn enter_agent(
        &self,
        workspace: WorkspaceId,
        agent: &str,
    ) -> Result<Option<Pass>, Pause> {
        let of = BreakerOf::Agent(agent.to_owned());
        if self.automatic.get(workspace, &of).is_none() {
            return Ok(None);
        }
        let pass = self.automatic.admit(workspace, &[of], AGENT_PROBE).await?;
        Ok(pass.is_probe().then_some(pass))
    }

    /// Counts a run of an agent that came to an end.
    pub(crate) async fn run_ended(
        &self,
        workspace: WorkspaceId,
        agent: &str,
        probe: Option<Pass>,
        error: Option<&str>,
    ) {
        let of = vec![(BreakerOf::Agent(agent.to_owned()), None)];
        let pass = probe.unwrap_or_else(|| Pass::plain(workspace, of));
        match error {
            None => self.automatic.answered(pass).await,
            Some(error) => {
                self.automatic.failed(pass, error).await;
            }
        }
    }

    /// Reports what came of a call. True when a breaker of it is not closed now.
    pub(crate) async fn left(&self, leave: Leave, came: CameOf<'_>) -> bool {
        if let (Some(limited), CameOf::Answer) = (&leave.limited, came) {
            self.rates.answered(limited);
        }
        match came {
            CameOf::Answer => self.automatic.answered(leave.pass).await,
            CameOf::Failure(error) => return self.automatic.failed(leave.pass, error).await,
            CameOf::Nothing => self.automatic.released(leave.pass).await,
            CameOf::AtLimit(after) => {
                if let Some(limited) = &leave.limited {
                    self.rates.refused(limited, after).await;
                }
                self.automatic.released(leave.pass).await;
            }
        }
        false
    }
}

/// What a call of the tool says something about, the wider first. Nothing of one that stays in the house.
fn of_tool(spec: &ToolSpec) -> Vec<BreakerOf> {
    let tool = BreakerOf::Tool(spec.name.clone());
    match (spec.integration(), &spec.source) {
        (Some(integration), _) => vec![BreakerOf::Integration(integration.to_owned()), tool],
        (None, ToolSource::BuiltIn) if spec.name == CALLS_OUT => vec![tool],
        (None, _) => Vec::new(),
    }
}

/// The one built-in tool that calls somebody outside.
const CALLS_OUT: &str = "call_webhook";

fn limited(tool: &dyn AnyTool) -> Option<Limited> {
    let spec = tool.spec();
    let of = match spec.integration() {
        Some(integration) => BreakerOf::Integration(integration.to_owned()),
        None if spec.name == CALLS_OUT => BreakerOf::Tool(spec.name.clone()),
        None => return None,
    };
    Some(Limited { name: format!("{}:{}", of.kind(), of.name()), words: of.words(), rate: tool.rate() })
}

#[cfg(test)]
mod tests;
