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
        certified::{Bet, Certificate, Promise},
        drift::Drift,
        sequential,
    },
    user::Actor,
};

/// Characters of the reason with which somebody changes a rung.
pub const MAX_WHY: usize = 500;
/// The probability with which what is shown for `ask` may be wrong, at most: what somebody promises of calls that act
/// does not make it easier to be asked.
const ASK_DELTA: f64 = 0.1;

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
    /// It was put where the policy alone counted: whoever did it may take it away again without evidence.
    pub over_policy: bool,
}

/// Where one intent and tool stood that are left to the policy again. Whatever is put there next goes on from here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftRung {
    pub intent: String,
    pub tool: String,
    pub version: i64,
    pub counted_from: Timestamp,
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
    /// there by chance with a probability of at most δ, which for `ask` is never more than 0.1.
    pub capital: f64,
    pub needed: f64,
    pub holds: bool,
}

impl Evidence {
    /// Of samples that count for the rung, and what they certify. For `act` those at or above the certified threshold;
    /// without one it does not hold, and they are those of the threshold that is nearest to it.
    pub fn of(level: Level, samples: &[Sample], promise: Promise, certificate: &Certificate) -> Self {
        let ceiling = level.ceiling(promise);
        let wrong = samples.iter().filter(|sample| !sample.right).count();
        let all = |capital: f64, needed: f64, holds: bool| Self {
            level,
            n: samples.len() as i64,
            wrong: wrong as i64,
            ceiling,
            capital,
            needed,
            holds,
        };
        match level {
            // Where nothing is done, and where a person finishes each, nothing has to be shown.
            Level::Shadow | Level::Draft => all(1.0, 1.0, true),
            Level::Ask => {
                let capital = sequential::below(ceiling, samples.len() as u64, wrong as u64);
                let needed = 1.0 / promise.delta.min(ASK_DELTA);
                all(capital, needed, capital >= needed)
            }
            Level::Act => {
                let Bet { n, wrong, capital, needed } = certificate.bet;
                Self { level, n, wrong, ceiling, capital, needed, holds: certificate.threshold.is_some() }
            }
        }
    }
}

/// What was heard of what acts, since it may.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "AutonomyWatch")]
pub struct Watch {
    /// Calls that acted since it may, those of which nothing was heard among them.
    pub n: i64,
    pub wrong: i64,
    /// What bets that more than the ceiling are wrong have come to.
    pub capital: f64,
    pub needed: f64,
    /// It is taken as shown that the promise is broken.
    pub broken: bool,
    /// Whether what is at least so sure comes as that came which speaks for it; null of too few.
    pub drift: Option<Drift>,
    /// Calls at least so sure of which something was heard, those that let it act among them.
    pub judged: i64,
    pub judged_wrong: i64,
    /// They do not show any more that the promise is kept.
    pub lost: bool,
    /// From where on they still do, in thousandths. Null: from nowhere.
    pub carries_from: Option<i64>,
}

impl Watch {
    /// `acted` are calls that acted, and how many of them were wrong; `heard` all of which something was heard that are
    /// at least as sure as the threshold, the evidence for it among them.
    pub fn of(
        promise: Promise,
        (n, wrong): (i64, i64),
        heard: impl IntoIterator<Item = (Sample, u64)>,
        drift: Option<Drift>,
    ) -> Self {
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let capital = sequential::above(promise.ceiling, count(n), count(wrong));
        let needed = 1.0 / promise.delta;
        let mut judged_wrong = 0;
        let counted = heard.into_iter().inspect(|(sample, n)| {
            judged_wrong += if sample.right { 0 } else { i64::try_from(*n).unwrap_or(i64::MAX) };
        });
        let certificate = Certificate::of_counts(counted, promise);
        Self {
            n,
            wrong,
            capital,
            needed,
            broken: wrong > 0 && capital >= needed,
            drift,
            judged: certificate.n,
            judged_wrong,
            // What is certified of a part of them alone is not what was promised of all.
            lost: certificate.threshold.is_none() || certificate.coverage < 1.0,
            carries_from: certificate.threshold,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calibration::tests::samples;

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
            over_policy: false,
        };
        assert_eq!((rung.level_of(900), rung.level_of(899)), (Level::Act, Level::Ask));
        let without = Rung { threshold: None, ..rung.clone() };
        assert_eq!(without.level_of(1_000), Level::Ask, "without a threshold nothing acts");
        assert_eq!(Rung { level: Level::Shadow, ..rung }.level_of(1_000), Level::Shadow);
    }

    #[test]
    fn what_is_needed_and_what_holds_agree_and_a_lax_promise_does_not_make_it_easier_to_be_asked() {
        for (right, wrong) in [(0, 0), (10, 0), (88, 0), (89, 0), (200, 4), (200, 40), (3, 9)] {
            for level in Level::ALL {
                let Evidence { capital, needed, holds, .. } = evidence(level, right, wrong);
                assert_eq!(holds, capital >= needed, "{level:?} of {right} and {wrong}");
            }
        }
        // So unsure that no threshold with a share of δ has them all.
        let samples = vec![Sample { confidence: 300, right: true }; 500];
        let found = Evidence::of(Level::Act, &samples, PROMISE, &Certificate::of(&samples, PROMISE));
        assert!(!found.holds && found.capital < found.needed && found.n == 0, "{found:?}");
        let lax = Promise { ceiling: 0.5, delta: 0.5 };
        let least = |promise: Promise| {
            let of = |n: usize| vec![Sample { confidence: 960, right: true }; n];
            let holds = |n: &usize| {
                let samples = of(*n);
                Evidence::of(Level::Ask, &samples, promise, &Certificate::of(&samples, promise)).holds
            };
            (0..100).find(holds).unwrap()
        };
        assert_eq!(least(lax), least(PROMISE));
        assert!(least(Promise { ceiling: 0.05, delta: 0.01 }) > least(PROMISE));
    }

    fn heard(right: u64, wrong: u64) -> [(Sample, u64); 2] {
        [(Sample { confidence: 960, right: true }, right), (Sample { confidence: 960, right: false }, wrong)]
    }

    #[test]
    fn a_broken_promise_is_seen_at_once_and_one_that_holds_is_left_alone() {
        assert!(Watch::of(PROMISE, (3, 2), heard(90, 2), None).broken);
        assert!(!Watch::of(PROMISE, (100, 4), heard(90, 4), None).broken);
        assert!(!Watch::of(PROMISE, (0, 0), heard(90, 0), None).broken);
    }

    #[test]
    fn what_nobody_objects_to_does_not_keep_a_promise_that_what_was_heard_does_not_carry() {
        let fresh = Watch::of(PROMISE, (0, 0), heard(90, 0), None);
        assert_eq!((fresh.lost, fresh.judged, fresh.carries_from), (false, 90, Some(960)));
        let silent = Watch::of(PROMISE, (1_000, 4), heard(94, 4), None);
        assert!(silent.lost && !silent.broken, "{silent:?}");
        assert_eq!((silent.judged, silent.judged_wrong), (98, 4));
        // Where the least sure of them are the wrong ones, the rest carries less than was promised.
        let low = |right| Sample { confidence: 910, right };
        let mixed = heard(200, 0).into_iter().chain([(low(true), 10), (low(false), 20)]);
        let part = Watch::of(PROMISE, (10, 0), mixed, None);
        assert_eq!((part.lost, part.carries_from), (true, Some(960)));
    }

    proptest! {
        /// Whatever is let act by a certificate is not lowered before something is heard.
        #[test]
        fn what_was_just_let_act_is_not_lowered(samples in samples(), ceiling in 0.05_f64..0.5, delta in 0.05_f64..0.5) {
            let promise = Promise { ceiling, delta }.checked().unwrap();
            if let Some(threshold) = Certificate::of(&samples, promise).threshold {
                let above = samples.iter().filter(|sample| sample.confidence >= threshold);
                let watch = Watch::of(promise, (0, 0), above.map(|sample| (*sample, 1)), None);
                prop_assert!(!watch.lost && watch.carries_from == Some(threshold), "{watch:?}");
            }
        }
    }
}
