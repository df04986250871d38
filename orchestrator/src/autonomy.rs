//! The ladder of autonomy, as this process last heard of it, and what is known of each of its cells.
//!
//! A cell is an intent with a tool. Every process asks the database several times a second where each stands, so that
//! a change counts everywhere within a second, and looks every two seconds whether what acts keeps what was promised.
//! One of which the row cannot be read is asked.

pub mod cells;

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use domain::{
    Clock, Timestamp, WorkspaceId,
    audit::{AuditAction, Deed},
    autonomy::{Level, Rung, Watch},
    calibration::drift::{Drift, Histogram},
    track::{TrackCount, TrackKind, heard},
    user::Actor,
};
use serde_json::json;
use store::{Store, StoreError, Tracks, WorkspaceStore};
use tokio::time::{self, MissedTickBehavior};
use tracing::{error, warn};

use crate::app::App;

const WATCHED_EVERY: Duration = Duration::from_secs(2);

/// Where a cell stands; none when its row cannot be read.
type Rungs = HashMap<WorkspaceId, HashMap<(String, String), Option<Rung>>>;

pub struct Ladder {
    store: Store,
    rungs: RwLock<Arc<Rungs>>,
}

impl Ladder {
    /// Knows nothing before it is told to ask.
    pub fn new(store: Store) -> Self {
        Self { store, rungs: RwLock::default() }
    }

    /// Asks the database.
    pub async fn refresh(&self) -> Result<(), StoreError> {
        let mut now = Rungs::new();
        for (workspace, intent, tool, rung) in self.store.rungs_everywhere().await? {
            let rung = rung
                .inspect_err(|error| error!(%error, %workspace, tool, "a rung cannot be read: it is asked"))
                .ok();
            now.entry(workspace).or_default().insert((intent, tool), rung);
        }
        *self.rungs.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(now);
        Ok(())
    }

    fn known(&self) -> Arc<Rungs> {
        Arc::clone(&self.rungs.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// How far a call goes that is so sure, in thousandths; none where the policy alone says it.
    pub fn level(
        &self,
        workspace: WorkspaceId,
        (intent, tool): (&str, &str),
        confidence: i64,
    ) -> Option<Level> {
        let known = self.known();
        let rung = known.get(&workspace)?.get(&(intent.to_owned(), tool.to_owned()))?;
        Some(rung.as_ref().map_or(Level::Ask, |rung| rung.level_of(confidence)))
    }

    fn acting(&self) -> Vec<(WorkspaceId, Rung)> {
        let mut acting = Vec::new();
        for (workspace, rungs) in self.known().iter() {
            let act = rungs.values().flatten().filter(|rung| rung.level == Level::Act);
            acting.extend(act.map(|rung| (*workspace, rung.clone())));
        }
        acting
    }

    /// Lowers at once what acts and broke its promise. One of which that cannot be told keeps no other from it.
    pub async fn watch(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut lowered = false;
        for (workspace, rung) in self.acting() {
            match look_at(&self.store.workspace(workspace), &rung, now).await {
                Ok(done) => lowered |= done,
                Err(error) => {
                    let Rung { tool, intent, .. } = &rung;
                    warn!(%error, %workspace, tool, intent, "it cannot be told whether it keeps what was promised");
                }
            }
        }
        if lowered { self.refresh().await } else { Ok(()) }
    }

    /// Goes on looking.
    pub async fn follow(&self, clock: Arc<dyn Clock>) {
        let mut tick = time::interval(WATCHED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            if let Err(error) = self.watch(clock.now()).await {
                warn!(%error, "it cannot be told where the ladder stands, now that something was lowered");
            }
        }
    }
}

/// Whether it was lowered.
async fn look_at(store: &WorkspaceStore, rung: &Rung, now: Timestamp) -> Result<bool, StoreError> {
    let watch = watched(store, rung).await?;
    match watch.and_then(|watch| why_lower(rung, watch)) {
        Some(why) => lower(store, rung, why, now).await,
        None => Ok(false),
    }
}

/// From when on something counts as evidence for what was put somewhere at a time.
pub(crate) fn counts_from(counted_from: Timestamp, put: Timestamp) -> Timestamp {
    counted_from.max(Timestamp(put.0 - cells::DAYS * cells::DAY_MICROS))
}

/// What was heard of what acts, since it may, and of what let it act; none below `act`.
pub(crate) async fn watched(store: &WorkspaceStore, rung: &Rung) -> Result<Option<Watch>, StoreError> {
    let (Level::Act, Some(threshold)) = (rung.level, rung.threshold) else { return Ok(None) };
    let of = || Some((rung.intent.clone(), rung.tool.clone()));
    let evidence = counts_from(rung.counted_from, rung.since);
    let mut since = store.track_record(&Tracks { from: rung.since, of: of() }).await?;
    let mut all = store.track_record(&Tracks { from: evidence, of: of() }).await?;
    // Less sure ones are decided later than they come, and would look as if they were fewer.
    since.retain(|count| count.confidence >= threshold);
    all.retain(|count| count.confidence >= threshold);
    // What the policy had a person decide did not act, however sure it was.
    let acted = || since.iter().filter(|count| count.kind == TrackKind::Acted);
    let n = acted().map(|count| count.n).sum();
    let wrong =
        acted().filter(|count| count.said.is_some_and(|said| !said.is_right())).map(|count| count.n).sum();
    let come = histogram(since.iter());
    let mut before = histogram(all.iter());
    for (confidence, count) in &come {
        before.entry(*confidence).and_modify(|all| *all -= count);
    }
    let drift = Drift::of(&before, &come, rung.promise.delta);
    Ok(Some(Watch::of(rung.promise, (n, wrong), heard(&all), drift)))
}

fn histogram<'a>(counts: impl Iterator<Item = &'a TrackCount>) -> Histogram {
    let mut histogram = Histogram::new();
    for count in counts {
        *histogram.entry(count.confidence).or_default() += count.n;
    }
    histogram
}

/// Why what acts may not any more; none while it keeps what was promised, as far as what was heard shows it, of calls
/// like those that speak for it.
fn why_lower(rung: &Rung, watch: Watch) -> Option<String> {
    let Watch { n, wrong, broken, drift, judged, judged_wrong, lost, carries_from, .. } = watch;
    let since = rung.since.rfc3339();
    let ceiling = rung.promise.ceiling * 100.0;
    if broken {
        return Some(format!(
            "{wrong} of {n} calls that acted since {since} were wrong, which is more than the {ceiling} % that were \
             promised"
        ));
    }
    if lost {
        let still = carries_from.map_or_else(String::new, |from| {
            format!("; it does so only from a confidence of {:.2} on", from as f64 / 1_000.0)
        });
        return Some(format!(
            "{judged_wrong} of the {judged} calls at least so sure of which something was heard were wrong, which does \
             not show any more that fewer than {ceiling} % are{still}"
        ));
    }
    let drift = drift.filter(|drift| drift.shown)?;
    Some(format!(
        "the {} calls at least so sure since {since} do not come as the {} before it that speak for it: their \
         confidence was {:.2} in the mean, and is {:.2}",
        drift.n, drift.before, drift.stated_before, drift.stated
    ))
}

/// False when somebody was faster.
async fn lower(store: &WorkspaceStore, rung: &Rung, why: String, now: Timestamp) -> Result<bool, StoreError> {
    let detail = json!({
        "intent": rung.intent, "tool": rung.tool, "from": Level::Act, "to": Level::Ask, "why": why,
    });
    let deed = Deed {
        at: now,
        actor: Actor::System,
        action: AuditAction::AutonomyLowered,
        subject: subject(&rung.intent, &rung.tool),
        detail,
    };
    let lower = Rung {
        level: Level::Ask,
        threshold: None,
        version: rung.version + 1,
        since: now,
        counted_from: now,
        by: Actor::System,
        why,
        over_policy: false,
        ..rung.clone()
    };
    let done = store.put_rung(lower, deed).await?;
    if done {
        warn!(workspace = %store.id(), tool = rung.tool, intent = rung.intent, "an agent may not act by itself any more");
    }
    Ok(done)
}

/// As the audit names a cell.
pub fn subject(intent: &str, tool: &str) -> String {
    if intent.is_empty() { tool.to_owned() } else { format!("{tool} for {intent}") }
}

impl App {
    /// Looks after the ladder until the service ends.
    pub async fn follow_ladder(&self) {
        self.policies.ladder().follow(Arc::clone(&self.clock)).await;
    }
}
