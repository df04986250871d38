//! Breakers that open by themselves, as this process knows them.
//!
//! Outcomes are counted here, in memory, and cost nothing while a breaker is closed. Opening, probing and
//! closing are moves in the database ([`store::WorkspaceStore::move_breaker`]), so that all processes open
//! together and one probe goes out. What others did is heard as with people's switches.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use domain::{
    Clock, Ids, Timestamp, WorkspaceId,
    breaker::{
        BreakerOf, WAITS,
        automatic::{After, AutomaticBreaker, BreakerState, Move, Tally, Terms, after},
    },
};
use metrics::{counter, gauge};
use moka::sync::Cache;
use store::{Moved, Store, StoreError};
use tracing::{error, info, warn};

use super::BreakersConfig;

/// Things whose outcomes are counted at once, at most.
const COUNTED: u64 = 100_000;
/// What nothing was heard of for this long is counted anew.
const FORGOTTEN: Duration = Duration::from_secs(60 * 60);
/// Those who wait for the same probe look one after another, by this much, so that one of them is it.
const APART: Duration = Duration::from_millis(200);
const FARTHEST: Duration = Duration::from_secs(30);
/// How soon who waits for the outcome of a probe looks again.
const PROBED: Duration = Duration::from_secs(2);
/// When a breaker cannot be asked about.
const ASK_AGAIN: Duration = Duration::from_secs(1);

type Key = (WorkspaceId, BreakerOf);

struct Known {
    breaker: AutomaticBreaker,
    /// Those who were told to wait for its next probe.
    told: Arc<AtomicU32>,
}

pub(crate) struct Automatic {
    /// None: nobody else shares it.
    store: Option<Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    config: BreakersConfig,
    /// Of providers, which have their own.
    providers: HashMap<String, Terms>,
    known: RwLock<HashMap<Key, Known>>,
    tallies: Cache<Key, Arc<Mutex<Tally>>>,
    /// Whose this process changed since it last looked.
    changed: Mutex<Vec<WorkspaceId>>,
}

/// Leave to make one attempt. What comes of it has to be reported; one of which nothing is heard is given up
/// after a while.
#[derive(Debug)]
#[must_use = "what comes of the attempt has to be reported"]
pub(crate) struct Pass {
    workspace: WorkspaceId,
    /// What the attempt says something about, with the probe that it is.
    of: Vec<(BreakerOf, Option<String>)>,
}

impl Pass {
    /// Of what is closed.
    pub(super) fn plain(workspace: WorkspaceId, of: Vec<(BreakerOf, Option<String>)>) -> Self {
        Self { workspace, of }
    }

    pub(crate) fn is_probe(&self) -> bool {
        self.of.iter().any(|(_, probe)| probe.is_some())
    }
}

/// Why nothing may be attempted, and when to look again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pause {
    /// For people.
    pub(crate) why: String,
    pub(crate) until: Timestamp,
    /// A limit is reached; otherwise something failed.
    pub(crate) at_limit: bool,
}

impl Automatic {
    pub(super) fn new(
        store: Option<Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        config: BreakersConfig,
        providers: HashMap<String, Terms>,
    ) -> Self {
        let tallies = Cache::builder().max_capacity(COUNTED).time_to_idle(FORGOTTEN).build();
        Self {
            store,
            clock,
            ids,
            config,
            providers,
            known: RwLock::default(),
            tallies,
            changed: Mutex::default(),
        }
    }

    fn terms(&self, of: &BreakerOf) -> Terms {
        match of {
            BreakerOf::Provider(name) => self.providers.get(name).copied(),
            _ => None,
        }
        .unwrap_or_else(|| self.config.terms_of(of))
    }

    /// Asks the database. Returns whose have changed.
    pub(super) async fn refresh(&self) -> Result<Vec<WorkspaceId>, StoreError> {
        let Some(store) = &self.store else { return Ok(Vec::new()) };
        let rows = store.all_automatic_breakers().await?;
        let mut changed = std::mem::take(&mut *self.changed.lock().unwrap_or_else(PoisonError::into_inner));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::with_capacity(rows.len());
        for (workspace, breaker) in rows {
            let key = (workspace, breaker.of.clone());
            let told = match known.remove(&key) {
                Some(before) if before.breaker == breaker => before.told,
                _ => {
                    changed.push(workspace);
                    show(&key.1, 1.0);
                    Arc::default()
                }
            };
            now.insert(key, Known { breaker, told });
        }
        for key in known.keys() {
            changed.push(key.0);
            self.closed(key);
        }
        *known = now;
        Ok(changed)
    }

    /// The breaker, when it is not closed.
    pub(crate) fn get(&self, workspace: WorkspaceId, of: &BreakerOf) -> Option<AutomaticBreaker> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return None;
        }
        known.get(&(of.home(workspace), of.clone())).map(|known| known.breaker.clone())
    }

    /// Those of the workspace, and those that all share; the longest open first.
    pub(crate) fn list(&self, workspace: WorkspaceId) -> Vec<AutomaticBreaker> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        let theirs = known.iter().filter(|((home, of), _)| of.home(workspace) == *home);
        let mut list: Vec<AutomaticBreaker> = theirs.map(|(_, known)| known.breaker.clone()).collect();
        list.sort_by(|a, b| (a.opened_at, &a.of).cmp(&(b.opened_at, &b.of)));
        list
    }

    /// Why nothing may be attempted now. None does not mean that it may: a probe has to be claimed.
    pub(crate) fn pause(&self, workspace: WorkspaceId, of: &BreakerOf) -> Option<Pause> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        if known.is_empty() {
            return None;
        }
        let known = known.get(&(of.home(workspace), of.clone()))?;
        if known.breaker.is_due(self.clock.now()) {
            return None;
        }
        Some(self.look_later(known))
    }

    /// Of one that is not closed. A probe that is out is heard of soon: who begins to wait in the moment in
    /// which it closes would not be woken by that.
    fn look_later(&self, known: &Known) -> Pause {
        let apart = APART.saturating_mul(known.told.fetch_add(1, Ordering::Relaxed)).min(FARTHEST);
        let due = match known.breaker.state {
            BreakerState::Open => known.breaker.probe_at,
            BreakerState::HalfOpen => known.breaker.probe_at.min(self.clock.now().plus(PROBED)),
        };
        let why = format!("{WAITS}{}", known.breaker.words());
        Pause { why, until: due.plus(apart), at_limit: false }
    }

    /// Asks to make one attempt, which says something about all of these: the wider one first. `lease` is
    /// how long a probe may take before it is given up.
    pub(crate) async fn admit(
        &self,
        workspace: WorkspaceId,
        of: &[BreakerOf],
        lease: Duration,
    ) -> Result<Pass, Pause> {
        if let Some(pause) = of.iter().find_map(|of| self.pause(workspace, of)) {
            return Err(pause);
        }
        let mut pass = Pass { workspace, of: Vec::with_capacity(of.len()) };
        for of in of {
            let probe = match self.get(workspace, of) {
                None => Ok(None),
                Some(_) => self.claim(workspace, of, lease).await,
            };
            match probe {
                Ok(probe) => pass.of.push((of.clone(), probe)),
                Err(pause) => {
                    self.released(pass).await;
                    return Err(pause);
                }
            }
        }
        Ok(pass)
    }

    /// The probe, or none when it has closed meanwhile.
    async fn claim(
        &self,
        workspace: WorkspaceId,
        of: &BreakerOf,
        lease: Duration,
    ) -> Result<Option<String>, Pause> {
        let probe = self.ids.uuid().to_string();
        let now = self.clock.now();
        let step = Move::Claim { probe: probe.clone(), until: now.plus(lease) };
        let moved = match self.step(workspace, of, step).await {
            Ok(moved) => moved,
            Err(error) => {
                warn!(%error, "it cannot be told whether a breaker may be probed");
                let why = format!("{WAITS}{}, which the database does not tell about", of.words());
                return Err(Pause { why, until: now.plus(ASK_AGAIN), at_limit: false });
            }
        };
        match moved.now {
            Some(_) if moved.done => Ok(Some(probe)),
            None => Ok(None),
            Some(breaker) => Err(self.look_later(&Known { breaker, told: Arc::new(AtomicU32::new(1)) })),
        }
    }

    /// The far side answered, whatever it said.
    pub(crate) async fn answered(&self, pass: Pass) {
        for (of, probe) in &pass.of {
            match probe {
                Some(probe) => self.say(pass.workspace, of, Move::Passed { probe: probe.clone() }).await,
                None => {
                    let (tally, terms) = (self.tally(pass.workspace, of), self.terms(of));
                    tally.lock().unwrap_or_else(PoisonError::into_inner).succeeded(self.clock.now(), &terms);
                }
            }
        }
    }

    /// The far side failed. True when one of its breakers is not closed now.
    pub(crate) async fn failed(&self, pass: Pass, error: &str) -> bool {
        let mut open = false;
        for (of, probe) in &pass.of {
            if let Some(probe) = probe {
                let step = Move::Failed { probe: probe.clone(), error: error.to_owned() };
                self.say(pass.workspace, of, step).await;
                open = true;
                continue;
            }
            if self.get(pass.workspace, of).is_some() {
                // It began before the breaker opened, and says nothing new.
                open = true;
                continue;
            }
            let (tally, terms) = (self.tally(pass.workspace, of), self.terms(of));
            let opens = tally.lock().unwrap_or_else(PoisonError::into_inner).failed(self.clock.now(), &terms);
            if let Some(reason) = opens {
                self.say(pass.workspace, of, Move::Open { reason, error: error.to_owned() }).await;
                // What is narrower is stopped with it.
                return true;
            }
        }
        open
    }

    /// Nothing came of it that says anything.
    pub(crate) async fn released(&self, pass: Pass) {
        for (of, probe) in pass.of {
            if let Some(probe) = probe {
                self.say(pass.workspace, &of, Move::Released { probe }).await;
            }
        }
    }

    /// A move whose failure to be written costs no more than time: a probe is given up, the next failure
    /// opens.
    async fn say(&self, workspace: WorkspaceId, of: &BreakerOf, step: Move) {
        if let Err(error) = self.step(workspace, of, step).await {
            warn!(%error, of = of.words(), "a breaker could not be moved");
        }
    }

    async fn step(&self, workspace: WorkspaceId, of: &BreakerOf, step: Move) -> Result<Moved, StoreError> {
        let (home, terms) = (of.home(workspace), self.terms(of));
        let opens = matches!(step, Move::Open { .. } | Move::Failed { .. });
        let moved = match &self.store {
            Some(store) => store.workspace(home).move_breaker(of.clone(), step, terms).await?,
            None => self.here(home, of, step, &terms),
        };
        if moved.done && opens {
            counter!("countersign_breaker_openings_total", "kind" => of.kind(), "name" => of.name().to_owned())
                .increment(1);
            if let Some(breaker) = &moved.now {
                error!(of = of.words(), reason = breaker.reason, last = breaker.last_error, probe_at = %breaker.probe_at,
                    "a breaker opened by itself");
            }
        }
        self.remember((home, of.clone()), moved.now.clone());
        Ok(moved)
    }

    /// Without a database.
    fn here(&self, home: WorkspaceId, of: &BreakerOf, step: Move, terms: &Terms) -> Moved {
        let key = (home, of.clone());
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let current = known.get(&key).map(|known| known.breaker.clone());
        match after(current.clone(), of, step, terms, self.clock.now()) {
            After::Same => Moved { done: false, now: current },
            After::Now(breaker) => {
                known.insert(key, Known { breaker: breaker.clone(), told: Arc::default() });
                Moved { done: true, now: Some(breaker) }
            }
            After::Closed => Moved { done: true, now: None },
        }
    }

    fn remember(&self, key: Key, breaker: Option<AutomaticBreaker>) {
        if self.store.is_some() {
            self.changed.lock().unwrap_or_else(PoisonError::into_inner).push(key.0);
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        match breaker {
            Some(breaker) => {
                show(&key.1, 1.0);
                let told = match known.get(&key) {
                    Some(before) if before.breaker == breaker => Arc::clone(&before.told),
                    _ => Arc::default(),
                };
                known.insert(key, Known { breaker, told });
            }
            None if known.remove(&key).is_some() => self.closed(&key),
            None => {}
        }
    }

    /// From here on it is counted anew.
    fn closed(&self, key: &Key) {
        show(&key.1, 0.0);
        info!(of = key.1.words(), "a breaker that opened by itself is closed");
        self.tallies.invalidate(key);
        if let BreakerOf::Integration(name) = &key.1 {
            // What its tools had failed until then is over too.
            let of_it = |of: &BreakerOf| match of {
                BreakerOf::Tool(tool) => {
                    tool.strip_prefix(name.as_str()).is_some_and(|rest| rest.starts_with("__"))
                }
                _ => false,
            };
            let theirs = self.tallies.iter().filter(|(known, _)| known.0 == key.0 && of_it(&known.1));
            for (known, _) in theirs {
                self.tallies.invalidate(&*known);
            }
        }
    }

    fn tally(&self, workspace: WorkspaceId, of: &BreakerOf) -> Arc<Mutex<Tally>> {
        self.tallies.get_with((of.home(workspace), of.clone()), Arc::default)
    }
}

fn show(of: &BreakerOf, open: f64) {
    gauge!("countersign_breaker_open", "kind" => of.kind(), "name" => of.name().to_owned()).set(open);
}
