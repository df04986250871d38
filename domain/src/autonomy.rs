//! The ladder of autonomy: how far an agent goes by itself with one tool for one intent.
//!
//! A rung makes things stricter than the policy and never looser: what the policy asks or refuses stays so. Upwards
//! a person goes, with evidence before them; downwards the service goes by itself when what it promised is broken.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    calibration::{
        Sample,
        certified::{Certificate, Promise},
        drift::Drift,
        sequential,
    },
    user::Actor,
};

/// Characters of the reason with which somebody changes a rung.
pub const MAX_WHY: usize = 500;

/// How far an agent goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// On paper: the call is written down and not done, and a person does the work.
    Shadow,
    /// Each call waits for a person, who finishes it by itself and never with others at once.
    Draft,
    /// Each call waits for a person.
    Ask,
    /// What is at least as sure as the threshold runs where the policy lets it; the rest waits.
    Act,
}

impl Level {
    pub const ALL: [Self; 4] = [Self::Shadow, Self::Draft, Self::Ask, Self::Act];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Shadow => "shadow",
            Self::Draft => "draft",
            Self::Ask => "ask",
            Self::Act => "act",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.as_str() == text)
    }

    pub fn next(self) -> Option<Self> {
        Self::ALL.into_iter().find(|level| *level > self)
    }

    /// The most calls that may be wrong for it, as a share; `act` has what was promised.
    fn ceiling(self, promise: Promise) -> f64 {
        match self {
            Self::Shadow | Self::Draft => 1.0,
            Self::Ask => 0.25,
            Self::Act => promise.ceiling,
        }
    }
}

/// Where one intent and tool stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rung {
    /// The procedure that the customer's words ask for; empty for none.
    pub intent: String,
    pub tool: String,
    pub level: Level,
    pub promise: Promise,
    /// In thousandths: what acts is at least so sure. Null below `act`.
    pub threshold: Option<i64>,
    /// 1 for the first; whoever changes it names the one they saw.
    pub version: i64,
    pub since: Timestamp,
    /// What was heard before does not count as evidence any more.
    pub counted_from: Timestamp,
    pub by: Actor,
    pub why: String,
}

impl Rung {
    /// Where a call of this confidence stands: at `act` what is less sure than the threshold is asked.
    pub fn level_of(&self, confidence: i64) -> Level {
        match (self.level, self.threshold) {
            (Level::Act, Some(threshold)) if confidence >= threshold => Level::Act,
            (Level::Act, _) => Level::Ask,
            (level, _) => level,
        }
    }
}

/// What speaks for a rung.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AutonomyEvidence")]
pub struct Evidence {
    pub level: Level,
    pub n: i64,
    pub wrong: i64,
    /// Fewer than this share must be wrong.
    pub ceiling: f64,
    /// What bets that they are have come to; at `needed` it is taken as shown. At any time somebody looks, it is
    /// there by chance with a probability of at most δ.
    pub capital: f64,
    pub needed: f64,
    pub holds: bool,
}

impl Evidence {
    /// Of samples that count for the rung. For `act` those at or above the certified threshold, and without one it does
    /// not hold.
    pub fn of(level: Level, samples: &[Sample], promise: Promise, certificate: &Certificate) -> Self {
        let above = |sample: &&Sample| match (level, certificate.threshold) {
            (Level::Act, Some(threshold)) => sample.confidence >= threshold,
            _ => true,
        };
        let counted: Vec<&Sample> = samples.iter().filter(above).collect();
        let wrong = counted.iter().filter(|sample| !sample.right).count();
        let ceiling = level.ceiling(promise);
        let capital = match level {
            Level::Shadow | Level::Draft => 1.0,
            _ => sequential::below(ceiling, counted.len() as u64, wrong as u64),
        };
        let needed = 1.0 / promise.delta;
        let holds = match level {
            // Where nothing is done, and where a person finishes each, nothing has to be shown.
            Level::Shadow | Level::Draft => true,
            Level::Act => certificate.threshold.is_some(),
            _ => capital >= needed,
        };
        Self { level, n: counted.len() as i64, wrong: wrong as i64, ceiling, capital, needed, holds }
    }
}

/// What was heard of what acts, since it may.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AutonomyWatch")]
pub struct Watch {
    /// Calls at or above the threshold, those of which nothing was heard among them.
    pub n: i64,
    pub wrong: i64,
    /// What bets that more than the ceiling are wrong have come to.
    pub capital: f64,
    pub needed: f64,
    /// It is taken as shown that the promise is broken.
    pub broken: bool,
    /// Whether they come as those came that speak for it; null of too few.
    pub drift: Option<Drift>,
}

impl Watch {
    pub fn of(promise: Promise, n: i64, wrong: i64, drift: Option<Drift>) -> Self {
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let capital = sequential::above(promise.ceiling, count(n), count(wrong));
        let needed = 1.0 / promise.delta;
        Self { n, wrong, capital, needed, broken: wrong > 0 && capital >= needed, drift }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROMISE: Promise = Promise { ceiling: 0.05, delta: 0.1 };

    fn evidence(level: Level, right: usize, wrong: usize) -> Evidence {
        let of = |right| Sample { confidence: 960, right };
        let samples: Vec<_> =
            std::iter::repeat_n(of(true), right).chain(std::iter::repeat_n(of(false), wrong)).collect();
        Evidence::of(level, &samples, PROMISE, &Certificate::of(&samples, PROMISE))
    }

    #[test]
    fn each_rung_takes_more_than_the_one_below() {
        let least = |level| (0..500).find(|right| evidence(level, *right, 0).holds).unwrap();
        let needed = Level::ALL.map(least);
        assert_eq!(needed[..2], [0, 0]);
        assert!(needed[1..].windows(2).all(|pair| pair[0] < pair[1]), "{needed:?}");
        assert!(!evidence(Level::Ask, 6, 6).holds && !evidence(Level::Act, 300, 30).holds);
    }

    #[test]
    fn what_is_less_sure_than_the_threshold_is_asked() {
        let rung = Rung {
            intent: String::new(),
            tool: "reply_to_customer".to_owned(),
            level: Level::Act,
            promise: PROMISE,
            threshold: Some(900),
            version: 1,
            since: Timestamp(0),
            counted_from: Timestamp(0),
            by: Actor::System,
            why: String::new(),
        };
        assert_eq!((rung.level_of(900), rung.level_of(899)), (Level::Act, Level::Ask));
        let without = Rung { threshold: None, ..rung.clone() };
        assert_eq!(without.level_of(1_000), Level::Ask, "without a threshold nothing acts");
        assert_eq!(Rung { level: Level::Shadow, ..rung }.level_of(1_000), Level::Shadow);
    }

    #[test]
    fn a_broken_promise_is_seen_at_once_and_one_that_holds_is_left_alone() {
        assert!(Watch::of(PROMISE, 3, 2, None).broken);
        assert!(!Watch::of(PROMISE, 100, 4, None).broken);
        assert!(!Watch::of(PROMISE, 0, 0, None).broken);
    }
}
