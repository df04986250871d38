//! Breakers: which are open, as this process last heard.
//!
//! Every process asks the database several times a second, and as soon as another tells of a change, so that
//! nothing new is done one second after a breaker was opened, wherever that was. A process that cannot ask
//! keeps to what it heard last for as long as a lease lasts, and then does nothing new either. Those that open
//! by themselves ([`automatic`]) and what far sides asked for ([`rates`]) are heard in the same way.

pub(crate) mod automatic;
mod config;
pub(crate) mod outside;
pub(crate) mod rates;

pub use config::BreakersConfig;
pub use outside::Outside;

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{
    WorkspaceId,
    breaker::{Breaker, BreakerOf},
    knowledge::UNIVERSAL_WORKSPACE,
    tool::ToolSpec,
};
use store::{Store, StoreError, Word};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{self, Instant, MissedTickBehavior},
};
use tracing::warn;

use crate::{
    app::App,
    live::{Live, LiveBody},
};

const ASKED_EVERY: Duration = Duration::from_millis(300);
/// What the database does not answer by then is asked anew, on another connection.
const PATIENCE: Duration = Duration::from_secs(5);

/// Resolves when another process tells that what stops agents, or a policy, has changed.
pub(crate) async fn rules_changed(words: &mut Receiver<Word>) {
    loop {
        match words.recv().await {
            Ok(Word::Rules | Word::Missed) | Err(RecvError::Lagged(_)) => return,
            Ok(Word::Due | Word::News(_)) => {}
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Asks once, unless the database says nothing.
pub(crate) async fn asked(refresh: impl Future<Output = Result<(), StoreError>>) -> Result<(), StoreError> {
    time::timeout(PATIENCE, refresh).await.unwrap_or(Err(StoreError::Silent(PATIENCE.as_secs())))
}

type Open = HashMap<WorkspaceId, Vec<Breaker>>;

/// Why something is not done now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A person has switched it off, or the service for them.
    Off(BreakerOf),
    /// Somebody may have: the database has not been heard for as long as a lease lasts.
    Unheard,
}

impl Stop {
    /// For people: `the tool refund_order is switched off`.
    pub fn words(&self) -> String {
        match self {
            Self::Off(of) => format!("{} is switched off", of.words()),
            Self::Unheard => {
                "the database does not answer, so that it is not known what is switched off".to_owned()
            }
        }
    }
}

pub struct Breakers {
    store: Store,
    live: Live,
    open: RwLock<(Arc<Open>, Instant)>,
    /// For how long it counts what was heard; for ever where no other process can change it.
    counts: Option<Duration>,
    outside: Arc<Outside>,
}

impl Breakers {
    /// Knows at once which are open.
    pub async fn load(store: Store, live: Live, outside: Arc<Outside>) -> Result<Self, StoreError> {
        let (open, counts) = (RwLock::new((Arc::default(), Instant::now())), store.shared_lease());
        let breakers = Self { store, live, open, counts, outside };
        breakers.refresh().await?;
        Ok(breakers)
    }

    /// What stops, for a command that follows nothing: the database is asked when it was not heard for too long.
    pub async fn heard(&self, stops: impl Fn() -> Option<Stop>) -> Option<Stop> {
        if stops() == Some(Stop::Unheard)
            && let Err(error) = asked(self.refresh()).await
        {
            tracing::warn!(%error, "it is not known what is switched off");
        }
        stops()
    }

    /// Asks the database, and tells those who watch of what has changed.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let asked = Instant::now();
        let mut now = Open::new();
        for (workspace, breaker) in self.store.open_breakers().await? {
            now.entry(workspace).or_default().push(breaker);
        }
        let now = Arc::new(now);
        let (before, _) = {
            let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *open, (Arc::clone(&now), asked))
        };
        let either = before.keys().chain(now.keys().filter(|workspace| !before.contains_key(workspace)));
        for workspace in either.filter(|workspace| before.get(workspace) != now.get(workspace)) {
            self.live.send(*workspace, LiveBody::Breakers);
        }
        self.refresh_automatic().await
    }

    async fn refresh_automatic(&self) -> Result<(), StoreError> {
        let mut changed = self.outside.refresh().await?;
        changed.sort_unstable();
        changed.dedup();
        if changed.contains(&UNIVERSAL_WORKSPACE) {
            // What all share is shown to all.
            changed = self.store.workspaces().await?.into_iter().map(|workspace| workspace.id).collect();
        }
        for workspace in changed {
            self.live.send(workspace, LiveBody::Breakers);
        }
        Ok(())
    }

    /// Goes on asking.
    pub async fn follow(&self) {
        let mut words = self.store.words();
        let mut tick = time::interval(ASKED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut heard = true;
        loop {
            tokio::select! {
                _ = tick.tick() => {}
                () = rules_changed(&mut words) => {}
            }
            let result = asked(self.refresh()).await;
            if let Err(error) = &result
                && heard
            {
                warn!(
                    %error,
                    "it cannot be told which breakers are open; those that were last heard of count for now"
                );
            }
            heard = result.is_ok();
        }
    }

    /// How many of a kind people, or the service for them, have open.
    pub(crate) fn open_of(&self, kind: &str) -> usize {
        let (open, _) = &*self.open.read().unwrap_or_else(PoisonError::into_inner);
        open.values().flatten().filter(|breaker| breaker.of.kind() == kind).count()
    }

    /// What stops the whole agent.
    pub fn of_agent(&self, workspace: WorkspaceId, agent: &str) -> Option<Stop> {
        self.find(workspace, |of| match of {
            BreakerOf::Workspace => true,
            BreakerOf::Agent(name) => name == agent,
            BreakerOf::Tool(_) | BreakerOf::Integration(_) | BreakerOf::Provider(_) => false,
        })
    }

    /// What stops calls of the tool by any agent.
    pub fn of_tool(&self, workspace: WorkspaceId, spec: &ToolSpec) -> Option<Stop> {
        self.find(workspace, |of| match of {
            BreakerOf::Workspace => true,
            BreakerOf::Agent(_) | BreakerOf::Provider(_) => false,
            BreakerOf::Tool(name) => *name == spec.name,
            BreakerOf::Integration(name) => spec.integration() == Some(name),
        })
    }

    fn find(&self, workspace: WorkspaceId, stops: impl Fn(&BreakerOf) -> bool) -> Option<Stop> {
        let (open, asked) = &*self.open.read().unwrap_or_else(PoisonError::into_inner);
        let mut known = open.get(&workspace).into_iter().flatten().map(|breaker| &breaker.of);
        match known.find(|of| stops(of)) {
            Some(of) => Some(Stop::Off(of.clone())),
            None if self.counts.is_some_and(|counts| asked.elapsed() > counts) => Some(Stop::Unheard),
            None => None,
        }
    }
}

impl App {
    /// Everything that a breaker can be of, as far as it is known now.
    pub fn stoppable(&self) -> Vec<BreakerOf> {
        let specs = self.catalog.specs();
        let agents = self.agents.names().into_iter().map(|name| BreakerOf::Agent(name.to_owned()));
        std::iter::once(BreakerOf::Workspace)
            .chain(agents)
            .chain(self.integrations(&specs).into_iter().map(BreakerOf::Integration))
            .chain(specs.into_iter().map(|spec| BreakerOf::Tool(spec.name)))
            .collect()
    }

    /// Those of servers that are not connected too: one may have to be stopped before it is.
    fn integrations(&self, specs: &[ToolSpec]) -> BTreeSet<String> {
        let known = specs.iter().filter_map(|spec| spec.integration().map(str::to_owned));
        known.chain(self.config.tools.mcp.iter().map(|server| server.name.clone())).collect()
    }

    /// Why there is nothing to stop, and what there is.
    pub fn can_be_stopped(&self, of: &BreakerOf) -> Result<(), String> {
        if matches!(of, BreakerOf::Provider(_)) {
            return Err(
                "a provider is not stopped by hand: take it out of [models], or stop the agents".to_owned()
            );
        }
        let stoppable = self.stoppable();
        let of_server = |name: &str| {
            let integrations = self.integrations(&[]);
            name.split_once("__").is_some_and(|(server, _)| integrations.contains(server))
        };
        if stoppable.contains(of) || matches!(of, BreakerOf::Tool(name) if of_server(name)) {
            return Ok(());
        }
        let names: Vec<&str> =
            stoppable.iter().filter(|known| known.kind() == of.kind()).map(BreakerOf::name).collect();
        Err(format!("there is no {} `{}`; there are: {}", of.kind(), of.name(), names.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use domain::{Clock as _, user::Actor};
    use store::StoreOptions;

    use super::*;
    use crate::{
        models::ModelsConfig,
        system::{SystemClock, SystemIds},
    };

    #[tokio::test]
    async fn what_was_heard_too_long_ago_lets_nothing_go_on() {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let options = StoreOptions::default();
        let store = Store::open("sqlite::memory:", options, clock.clone(), ids.clone()).await.unwrap();
        store.migrate().await.unwrap();
        let workspace = store.create_workspace("north", "North").await.unwrap().id;
        let (config, models) = (BreakersConfig::default(), ModelsConfig::default());
        let outside = Outside::shared(store.clone(), clock, ids, &config, &models).await.unwrap();
        let mut breakers = Breakers::load(store.clone(), Live::default(), Arc::new(outside)).await.unwrap();
        let stop = |breakers: &Breakers, agent: &str| breakers.of_agent(workspace, agent);
        assert_eq!(breakers.counts, None, "nobody else has this database");
        assert_eq!(stop(&breakers, "resolution"), None);

        breakers.counts = Some(Duration::from_secs(3600));
        assert_eq!(stop(&breakers, "resolution"), None);
        breakers.counts = Some(Duration::ZERO);
        assert_eq!(stop(&breakers, "resolution"), Some(Stop::Unheard));
        let off = BreakerOf::Agent("resolution".to_owned());
        let breaker = Breaker {
            of: off.clone(),
            reason: "looked at".to_owned(),
            opened_by: Actor::System,
            opened_at: SystemClock.now(),
        };
        store.workspace(workspace).open_breaker(breaker).await.unwrap();
        breakers.refresh().await.unwrap();
        assert_eq!(stop(&breakers, "resolution"), Some(Stop::Off(off)), "what is known to be open is said");
        assert_eq!(stop(&breakers, "article"), Some(Stop::Unheard));
    }
}
