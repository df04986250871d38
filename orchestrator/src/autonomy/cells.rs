//! What is known of each cell of the ladder, and changes of where it stands.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    Timestamp,
    audit::{AuditAction, Deed},
    autonomy::{Evidence, LeftRung, Level, MAX_WHY, Rung, Watch},
    calibration::{
        Fitted, Losses, Method, Sample,
        certified::{Certificate, Promise},
        pooled::Pooled,
        reliability::Reliability,
    },
    tool::Risk,
    track::{TrackCount, TrackKind, TrackWord, samples},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{StoreError, Tracks, WorkspaceStore};
use thiserror::Error;
use tokio::task;

use super::{counts_from, subject, watched};
use crate::app::App;

/// How far back the track record is read.
pub const DAYS: i64 = 365;
pub(super) const DAY_MICROS: i64 = 86_400_000_000;
/// Characters of an intent's and of a tool's name.
const MAX_NAME: usize = 200;
/// Points of a curve from 0 to 1.
const POINTS: i64 = 20;

/// Calls by what was heard of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Heard {
    /// Approved as they were, or touched up.
    pub approved: i64,
    pub edited: i64,
    pub rejected: i64,
    /// Answered with a message to the agent.
    pub responded: i64,
    /// A person does the work instead.
    pub taken_over: i64,
    /// Ran by themselves, and the customer said that it helped.
    pub confirmed: i64,
    /// Ran by themselves, and nothing was heard: neither right nor wrong.
    pub assumed: i64,
    /// Ran by themselves, and the ticket was opened again.
    pub reopened: i64,
    /// Ran by themselves, and the customer said that it did not help.
    pub unhelpful: i64,
    /// On paper, and a person did the same.
    pub matched: i64,
    /// On paper, and a person did something else.
    pub differed: i64,
    /// On paper, and nobody compared it with what a person did: neither right nor wrong.
    pub paper: i64,
}

impl Heard {
    fn of<'a>(counts: impl Iterator<Item = &'a TrackCount>) -> Self {
        let mut heard = Self::default();
        for count in counts {
            let of = match (count.kind, count.said) {
                (_, Some(TrackWord::Approved | TrackWord::TouchedUp)) => &mut heard.approved,
                (_, Some(TrackWord::Edited)) => &mut heard.edited,
                (_, Some(TrackWord::Rejected)) => &mut heard.rejected,
                (_, Some(TrackWord::Responded)) => &mut heard.responded,
                (_, Some(TrackWord::TakenOver)) => &mut heard.taken_over,
                (_, Some(TrackWord::Confirmed)) => &mut heard.confirmed,
                (_, Some(TrackWord::Reopened)) => &mut heard.reopened,
                (_, Some(TrackWord::Unhelpful)) => &mut heard.unhelpful,
                (_, Some(TrackWord::Matched)) => &mut heard.matched,
                (_, Some(TrackWord::Differed)) => &mut heard.differed,
                (TrackKind::Acted, None) => &mut heard.assumed,
                (TrackKind::Paper, None) => &mut heard.paper,
                (TrackKind::Reviewed, None) => continue,
            };
            *of += count.n;
        }
        heard
    }
}

/// An intent with a tool.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutonomyCell {
    /// The procedure that the customer's words ask for; empty for none.
    pub intent: String,
    pub tool: String,
    /// Of the tool; its name when it is not there any more.
    pub title: String,
    /// Where it stands; null: the policy alone says what runs.
    pub rung: Option<Rung>,
    /// Of where it stands, or of what left it to the policy again; whoever changes it names it. 0 where nobody did.
    pub version: i64,
    /// Of the last year.
    pub heard: Heard,
    /// Of those that were right or wrong, how many.
    pub n: i64,
    pub wrong: i64,
    /// Expected calibration error of what was stated; null of nothing.
    pub ece: Option<f64>,
    /// The lowest threshold, in thousandths, for what is promised. Null: not reachable.
    pub threshold: Option<i64>,
    /// The share of calls that it would let act.
    pub coverage: f64,
    /// Of those that were right or wrong, how many count for it: what was heard before the service lowered it does not.
    pub counted: i64,
    /// So many calls above a threshold, all right, would certify it.
    pub least: i64,
    /// What speaks for the next rung; null at the highest. Without a rung, for `act`.
    pub next: Option<Evidence>,
    /// How what acts has done since it may.
    pub watch: Option<Watch>,
}

/// Everything that is known of a cell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AutonomyDetail {
    pub cell: AutonomyCell,
    /// What was stated against what was right.
    pub stated: Reliability,
    /// The same of calibrated probabilities, each from a curve that had not seen the call; null of too few.
    pub calibrated: Option<Reliability>,
    /// How the cell's own curve was fitted, and how both methods did on calls they had not seen.
    pub method: Option<Method>,
    pub losses: Option<Losses>,
    /// Calls of this cell, of its tool, and of all tools, of which something was heard: where the cell's are few its
    /// curve leans on the others.
    pub samples: [i64; 3],
    /// The probability that a call is right, by stated confidence; empty when nothing was ever heard.
    pub curve: Vec<CalibrationPoint>,
    /// What can be promised at which threshold.
    pub certificate: Certificate,
    /// What speaks for each rung.
    pub evidence: Vec<Evidence>,
}

/// A point of the calibrated curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationPoint {
    pub stated: f64,
    pub probability: f64,
}

/// Somebody's wish to change where a cell stands.
pub struct RungChange {
    pub intent: String,
    pub tool: String,
    /// None leaves it to the policy.
    pub level: Option<Level>,
    pub promise: Promise,
    /// The version that they saw; 0 where there was none.
    pub version: i64,
    pub why: String,
    pub by: Actor,
    pub at: Timestamp,
}

#[derive(Debug, Error)]
pub enum ChangeError {
    #[error("{0}")]
    Unfit(String),
    /// The evidence does not carry it.
    #[error("{0}")]
    NotShown(String),
    #[error("somebody changed where this stands meanwhile: look at it again")]
    Changed,
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is read once for all cells.
struct Records {
    at: Timestamp,
    /// Of the last year, by tool and intent.
    counts: BTreeMap<(String, String), Vec<TrackCount>>,
    rungs: BTreeMap<(String, String), Rung>,
    /// What is left to the policy again.
    left: BTreeMap<(String, String), LeftRung>,
}

/// What is read of one cell. What follows from it takes a while where there are many calls.
struct Known {
    intent: String,
    tool: String,
    title: String,
    rung: Option<Rung>,
    version: i64,
    counted_from: Timestamp,
    /// Of the last year.
    counts: Vec<TrackCount>,
    /// Those that count as evidence.
    counted: Vec<TrackCount>,
    promise: Promise,
    watch: Option<Watch>,
}

impl Known {
    /// The cell, with the samples that count for its next rung and what they certify.
    fn cell(self) -> (AutonomyCell, Vec<Sample>, Certificate) {
        let all = samples(&self.counts);
        let counted = samples(&self.counted);
        let certificate = Certificate::of(&counted, self.promise);
        let next = match &self.rung {
            Some(rung) => rung.level.next(),
            None => Some(Level::Act),
        };
        let cell = AutonomyCell {
            heard: Heard::of(self.counts.iter()),
            n: all.len() as i64,
            wrong: all.iter().filter(|sample| !sample.right).count() as i64,
            ece: (!all.is_empty()).then(|| stated(&all).ece),
            threshold: certificate.threshold,
            coverage: certificate.coverage,
            counted: certificate.n,
            least: certificate.least,
            next: next.map(|level| Evidence::of(level, &counted, self.promise, &certificate)),
            intent: self.intent,
            tool: self.tool,
            title: self.title,
            rung: self.rung,
            version: self.version,
            watch: self.watch,
        };
        (cell, counted, certificate)
    }
}

/// Away from those who wait for other answers.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let done = task::spawn_blocking(work).await;
    done.map_err(|error| StoreError::Row { table: "track_record", why: error.to_string() })
}

impl App {
    async fn records(&self, store: &WorkspaceStore, at: Timestamp) -> Result<Records, StoreError> {
        let from = counts_from(Timestamp(0), at);
        let mut counts = BTreeMap::<_, Vec<TrackCount>>::new();
        for count in store.track_record(&Tracks { from, of: None }).await? {
            counts.entry((count.tool.clone(), count.intent.clone())).or_default().push(count);
        }
        let of = |tool: &String, intent: &String| (tool.clone(), intent.clone());
        let rungs = store.rungs().await?.into_iter().map(|rung| (of(&rung.tool, &rung.intent), rung));
        let left = store.left_rungs().await?.into_iter().map(|left| (of(&left.tool, &left.intent), left));
        Ok(Records { at, counts, rungs: rungs.collect(), left: left.collect() })
    }

    /// Every cell of which anything is known, by tool and intent.
    pub async fn autonomy(
        &self,
        store: &WorkspaceStore,
        promise: Option<Promise>,
    ) -> Result<Vec<AutonomyCell>, StoreError> {
        let records = self.records(store, self.clock.now()).await?;
        let keys: BTreeSet<_> = records.counts.keys().chain(records.rungs.keys()).cloned().collect();
        let mut known = Vec::new();
        for key in keys {
            known.push(self.known(store, &records, key, promise).await?);
        }
        aside(move || known.into_iter().map(|known| known.cell().0).collect()).await
    }

    async fn known(
        &self,
        store: &WorkspaceStore,
        records: &Records,
        key: (String, String),
        promise: Option<Promise>,
    ) -> Result<Known, StoreError> {
        let (rung, left) = (records.rungs.get(&key).cloned(), records.left.get(&key));
        let counts = records.counts.get(&key).cloned().unwrap_or_default();
        let (tool, intent) = key;
        let (version, counted_from) = match (&rung, left) {
            (Some(rung), _) => (rung.version, rung.counted_from),
            (None, Some(left)) => (left.version, left.counted_from),
            (None, None) => (0, Timestamp(0)),
        };
        let from = counts_from(counted_from, records.at);
        let counted = if from > counts_from(Timestamp(0), records.at) {
            let of = Some((intent.clone(), tool.clone()));
            store.track_record(&Tracks { from, of }).await?
        } else {
            counts.clone()
        };
        let watch = match &rung {
            Some(rung) => watched(store, rung).await?,
            None => None,
        };
        let title = self.catalog.get(&tool).map_or_else(|| tool.clone(), |it| it.spec().title.clone());
        let promise = promise.or(rung.as_ref().map(|rung| rung.promise)).unwrap_or_default();
        Ok(Known { intent, tool, title, rung, version, counted_from, counts, counted, promise, watch })
    }

    /// Everything that is known of one cell.
    pub async fn autonomy_of(
        &self,
        store: &WorkspaceStore,
        (intent, tool): (String, String),
        promise: Option<Promise>,
    ) -> Result<AutonomyDetail, StoreError> {
        let records = self.records(store, self.clock.now()).await?;
        let known = self.known(store, &records, (tool, intent), promise).await?;
        aside(move || detail(known, &records)).await
    }

    /// Changes where a cell stands. Down everybody who may goes at will; up only as far as the evidence carries. Leaving
    /// it to the policy takes what `act` takes, because then nothing is held back.
    pub async fn change_rung(&self, store: &WorkspaceStore, change: RungChange) -> Result<(), ChangeError> {
        let unfit = |why: String| Err(ChangeError::Unfit(why));
        let promise = change.promise.checked().map_err(ChangeError::Unfit)?;
        let why = change.why.trim().to_owned();
        if why.is_empty() || why.chars().count() > MAX_WHY {
            return unfit(format!("why must have 1 to {MAX_WHY} characters: others read why it was changed"));
        }
        if change.intent.chars().count() > MAX_NAME || change.tool.chars().count() > MAX_NAME {
            return unfit(format!("intent and tool may have {MAX_NAME} characters"));
        }
        // Of the same calls as those who watch it go by from then on, so that nothing is lowered as soon as it is put.
        let records = self.records(store, change.at).await?;
        let key = (change.tool.clone(), change.intent.clone());
        let known = self.known(store, &records, key, Some(promise)).await?;
        let counted_from = known.counted_from;
        let (cell, counted, certificate) = aside(move || known.cell()).await?;
        if cell.version != change.version {
            return Err(ChangeError::Changed);
        }
        let before = cell.rung.as_ref().map(|rung| rung.level);
        let own = cell.rung.as_ref().is_none_or(|rung| rung.over_policy && is_same(&rung.by, &change.by));
        let deed = Deed {
            at: change.at,
            actor: change.by.clone(),
            action: AuditAction::AutonomyChanged,
            subject: subject(&change.intent, &change.tool),
            detail: json!({
                "intent": change.intent, "tool": change.tool, "from": before, "to": change.level, "why": why,
                "promise": promise,
            }),
        };
        let Some(level) = change.level else {
            let carried = certificate.threshold.is_some() || before == Some(Level::Act);
            if before.is_some() && !carried && !own {
                return Err(ChangeError::NotShown(not_left(promise, &certificate)));
            }
            let of = (change.intent, change.tool);
            let removed = before.is_some() && store.remove_rung(of, change.version, why, deed).await?;
            self.policies.refresh().await?;
            return if removed { Ok(()) } else { Err(ChangeError::Changed) };
        };
        let up = before.is_none_or(|before| level > before);
        if up {
            self.fits(&change.tool, level).map_err(ChangeError::Unfit)?;
        }
        // What no rung held back was the policy's alone, so each but `act` is stricter.
        if (before.is_some() && up) || level == Level::Act {
            let evidence = Evidence::of(level, &counted, promise, &certificate);
            if !evidence.holds {
                return Err(ChangeError::NotShown(not_shown(&evidence, &certificate)));
            }
        }
        let rung = Rung {
            intent: change.intent,
            tool: change.tool,
            level,
            promise,
            threshold: certificate.threshold.filter(|_| level == Level::Act),
            version: change.version + 1,
            since: change.at,
            counted_from,
            by: change.by,
            why,
            over_policy: own,
        };
        if !store.put_rung(rung, deed).await? {
            return Err(ChangeError::Changed);
        }
        // At once in this process.
        self.policies.refresh().await?;
        Ok(())
    }

    /// Whether the ladder is about the tool.
    fn fits(&self, tool: &str, level: Level) -> Result<(), String> {
        let Some(found) = self.catalog.get(tool) else {
            return Err(format!(
                "there is no tool `{tool}` now; `countersign tools list` shows what there is"
            ));
        };
        if found.spec().risk <= Risk::Reversible {
            return Err(format!("what `{tool}` does can be undone by hand, so the ladder is not about it"));
        }
        if level == Level::Act && found.spec().always_asks {
            return Err(format!("`{tool}` is a person's to decide, however often it was right"));
        }
        Ok(())
    }
}

/// What follows from what is known of a cell and of all others.
fn detail(known: Known, records: &Records) -> AutonomyDetail {
    let of_tool =
        samples(records.counts.iter().filter(|((tool, _), _)| *tool == known.tool).flat_map(|(_, of)| of));
    let own = samples(&known.counts);
    let everything = samples(records.counts.values().flatten());
    let (cell, counted, certificate) = known.cell();
    let promise = certificate.promise;
    let fitted = Fitted::of(&own);
    let pooled = Pooled::of(&[everything.as_slice(), of_tool.as_slice(), own.as_slice()]);
    let point = |at: i64| {
        let stated = at as f64 / POINTS as f64;
        Some(CalibrationPoint { stated, probability: pooled.probability(stated)? })
    };
    let held_out = fitted.as_ref().filter(|fitted| !fitted.held_out.is_empty());
    let pairs = held_out.map(|fitted| -> Vec<(f64, bool)> {
        fitted.held_out.iter().copied().zip(own.iter().map(|sample| sample.right)).collect()
    });
    AutonomyDetail {
        stated: stated(&own),
        calibrated: pairs.map(|pairs| Reliability::of(&pairs)),
        method: fitted.as_ref().map(|fitted| fitted.calibrator.method()),
        losses: fitted.as_ref().and_then(|fitted| fitted.losses),
        samples: [own.len(), of_tool.len(), everything.len()].map(|n| n as i64),
        curve: (0..=POINTS).filter_map(point).collect(),
        evidence: Level::ALL.map(|level| Evidence::of(level, &counted, promise, &certificate)).into(),
        cell,
        certificate,
    }
}

fn is_same(one: &Actor, other: &Actor) -> bool {
    matches!((one, other), (Actor::User { user_id: one, .. }, Actor::User { user_id: other, .. }) if one == other)
}

fn stated(samples: &[Sample]) -> Reliability {
    Reliability::of(&samples.iter().map(|sample| (sample.score(), sample.right)).collect::<Vec<_>>())
}

fn not_shown(evidence: &Evidence, certificate: &Certificate) -> String {
    let Evidence { level, n, wrong, ceiling, .. } = evidence;
    let level = level.as_str();
    match evidence.level {
        Level::Act => format!("`act` is not reachable: {}", no_threshold(*ceiling, certificate)),
        _ => format!(
            "`{level}` is not shown yet: {wrong} of {n} calls that count were wrong, which does not prove fewer than {} %",
            ceiling * 100.0
        ),
    }
}

fn not_left(promise: Promise, certificate: &Certificate) -> String {
    format!(
        "left to the policy alone nothing would be held back, which takes what `act` takes, and that is not reachable: \
         {}; whoever put it on a rung where the policy alone counted may take it away again",
        no_threshold(promise.ceiling, certificate)
    )
}

fn no_threshold(ceiling: f64, certificate: &Certificate) -> String {
    format!(
        "of {} calls that were judged, no threshold shows fewer than {} % wrong; {} calls above one, all of them right, \
         would",
        certificate.n,
        ceiling * 100.0,
        certificate.least
    )
}
