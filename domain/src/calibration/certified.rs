//! The lowest threshold above which no more than a stated share of calls is wrong, at a stated confidence.
//!
//! Every hundredth from 1 down to 0 is a hypothesis: “of the calls that are at least so sure, more than the ceiling
//! are wrong”. They are tested in that order, so that the probability of refuting any that is true is at most δ:
//! A. N. Angelopoulos, S. Bates, E. J. Candès, M. I. Jordan and L. Lei, “Learn then test: calibrating predictive
//! algorithms to achieve risk control”, Annals of Applied Statistics 19 (2025), 1641–1662, arXiv:2110.01052. A
//! quarter of δ begins at each of four places and is passed on while hypotheses are refuted (the fallback procedure of
//! B. L. Wiens, Pharmaceutical Statistics 2 (2003), 211–215), because nobody knows beforehand how sure the surest
//! calls are. Thresholds and places are fixed before any sample, and nothing is assumed of how errors depend on
//! confidence.
//!
//! Each hypothesis is tested by betting (`sequential`) and not by the binomial tail, as in Y. Geifman and R. El-Yaniv,
//! “Selective classification for deep neural networks”, NeurIPS 2017, arXiv:1705.08500: a threshold is computed anew
//! with every decision, and a tail that is looked at a hundred times is wrong more often than once. So the statement
//! holds whenever somebody looks. Conformal risk control proper (A. N. Angelopoulos, S. Bates, A. Fisch, L. Lei and
//! T. Schuster, ICLR 2024, arXiv:2208.02814) needs fewer samples and bounds the error on average over all samples that
//! might have been drawn; here a bound is wanted that holds for those that were, but for a share of δ.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::function::beta::inv_beta_reg;

use super::{Sample, sequential};

/// Where shares of δ begin, in hundredths.
const STARTS: [i64; 4] = [95, 85, 70, 50];
/// Thousandths of confidence from one threshold to the next.
const STEP: i64 = 10;

/// What is promised: at most `ceiling` wrong among what acts by itself, but for a probability of `delta`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// Share of errors.
    #[schemars(range(min = 0.001, max = 0.5))]
    pub ceiling: f64,
    /// Probability with which it may be passed.
    #[schemars(range(min = 0.001, max = 0.5))]
    pub delta: f64,
}

impl Default for Promise {
    fn default() -> Self {
        Self { ceiling: 0.05, delta: 0.1 }
    }
}

impl Promise {
    /// # Errors
    ///
    /// What is wrong with it, and what it may be.
    pub fn checked(self) -> Result<Self, String> {
        for (name, value) in [("ceiling", self.ceiling), ("delta", self.delta)] {
            if !(0.001..=0.5).contains(&value) {
                return Err(format!("{name} must be from 0.001 to 0.5"));
            }
        }
        Ok(self)
    }

    /// What capital the first of the hypotheses must reach.
    fn capital(&self) -> f64 {
        STARTS.len() as f64 / self.delta
    }
}

/// Calls that are at least so sure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RiskPoint {
    /// In thousandths.
    pub threshold: i64,
    pub n: i64,
    pub wrong: i64,
    /// Their share of all.
    pub coverage: f64,
    /// Where the share of errors lies below with a confidence of 1 - δ, for this threshold by itself (C. J. Clopper and
    /// E. S. Pearson, Biometrika 26 (1934), 404–413).
    pub upper: f64,
    /// Whether the promise holds here, with all other thresholds considered.
    pub certified: bool,
}

/// How low the threshold may be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Certificate {
    pub promise: Promise,
    /// In thousandths. Null: not reachable with what is known, at no threshold.
    pub threshold: Option<i64>,
    /// Share of calls at or above it; 0 without one.
    pub coverage: f64,
    /// Samples in all.
    pub n: i64,
    /// So many calls above a threshold, all of them right, would certify it.
    pub least: i64,
    /// Of each threshold at which something changes, the highest first.
    pub curve: Vec<RiskPoint>,
}

impl Certificate {
    pub fn of(samples: &[Sample], promise: Promise) -> Self {
        let tested = tested(samples, promise);
        let threshold = tested.iter().rev().find(|tested| tested.refuted).map(|tested| tested.threshold);
        let mut curve: Vec<RiskPoint> = Vec::new();
        for Tested { threshold, n, wrong, refuted } in tested {
            match curve.last_mut().filter(|last| last.n == n as i64) {
                Some(last) => last.certified |= refuted,
                None if n == 0 => {}
                None => curve.push(RiskPoint {
                    threshold,
                    n: n as i64,
                    wrong: wrong as i64,
                    coverage: n as f64 / samples.len() as f64,
                    upper: upper(n, wrong, promise.delta),
                    certified: refuted,
                }),
            }
        }
        let at = |threshold: i64| samples.iter().filter(|sample| sample.confidence >= threshold).count();
        Self {
            promise,
            threshold,
            coverage: threshold.map_or(0.0, |threshold| at(threshold) as f64 / samples.len() as f64),
            n: samples.len() as i64,
            least: i64::try_from(sequential::flawless(promise.ceiling, promise.capital()))
                .unwrap_or(i64::MAX),
            curve,
        }
    }
}

/// A threshold, the calls at or above it, and whether it is refuted that too many of them are wrong.
struct Tested {
    threshold: i64,
    n: u64,
    wrong: u64,
    refuted: bool,
}

/// Each threshold, the highest first. Of nothing nothing is refuted, and what was held until then is lost.
fn tested(samples: &[Sample], promise: Promise) -> Vec<Tested> {
    let share = promise.delta / STARTS.len() as f64;
    let mut held = 0.0;
    let test = |(hundredths, (n, wrong)): (i64, (u64, u64))| {
        if STARTS.contains(&hundredths) {
            held += share;
        }
        let refuted = held > 0.0 && sequential::below(promise.ceiling, n, wrong) >= 1.0 / held;
        if !refuted {
            held = 0.0;
        }
        Tested { threshold: hundredths * STEP, n, wrong, refuted }
    };
    (0..=100).rev().zip(counts(samples)).map(test).collect()
}

/// Of each threshold, the highest first: how many samples are at or above it, and how many of them were wrong.
fn counts(samples: &[Sample]) -> impl Iterator<Item = (u64, u64)> {
    let mut at = [(0_u64, 0_u64); 101];
    for sample in samples {
        let hundredths = usize::try_from(sample.confidence.clamp(0, 1_000) / STEP).unwrap_or(0);
        at[hundredths].0 += 1;
        at[hundredths].1 += u64::from(!sample.right);
    }
    at.into_iter().rev().scan((0, 0), |sum, (n, wrong)| {
        *sum = (sum.0 + n, sum.1 + wrong);
        Some(*sum)
    })
}

fn upper(n: u64, wrong: u64, delta: f64) -> f64 {
    if wrong >= n { 1.0 } else { inv_beta_reg(wrong as f64 + 1.0, (n - wrong) as f64, 1.0 - delta) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calibration::tests::{drawn, samples};

    const PROMISE: Promise = Promise { ceiling: 0.05, delta: 0.1 };

    /// The share of errors among calls at least so sure, when confidence is even between 0.3 and 1.
    fn risk(threshold: i64, truth: impl Fn(f64) -> f64) -> f64 {
        let above = threshold.max(300)..=1_000;
        let n = above.clone().count() as f64;
        above.map(|confidence| 1.0 - truth(confidence as f64 / 1_000.0).clamp(0.0, 1.0)).sum::<f64>() / n
    }

    /// In how many of 1,000 resamples the ceiling is exceeded above the certified threshold, when it is computed
    /// anew while samples come in, and how many certify one at all.
    fn exceeded(n: usize, looks: usize, truth: impl Fn(f64) -> f64 + Copy) -> (u32, u32) {
        let (mut exceeded, mut certified) = (0, 0);
        let risks: Vec<f64> = (0..=1_000).map(|threshold| risk(threshold, truth)).collect();
        for seed in 0..1_000 {
            let samples = drawn(n, seed, truth);
            let lowest = |look: usize| {
                let tested = tested(&samples[..n * look / looks], PROMISE);
                tested.iter().rev().find(|tested| tested.refuted).map(|tested| tested.threshold)
            };
            let thresholds = (1..=looks).filter_map(lowest);
            let mut risks = thresholds.map(|threshold| risks[threshold as usize]).peekable();
            certified += u32::from(risks.peek().is_some());
            exceeded += u32::from(risks.any(|risk| risk > PROMISE.ceiling));
        }
        (exceeded, certified)
    }

    #[test]
    fn over_a_thousand_resamples_the_ceiling_is_exceeded_in_no_more_than_delta() {
        let most = (1_000.0 * PROMISE.delta) as u32;
        // The surer the righter: a threshold is found nearly always.
        let (wrong, certified) = exceeded(600, 3, |score| 1.0 - 0.3 * (1.0 - score).powi(2));
        assert!(wrong <= most && certified > 800, "{wrong} of {certified}");
        // Barely too many errors, whatever the confidence: each threshold found is a mistake.
        let (wrong, certified) = exceeded(400, 3, |_| 1.0 - PROMISE.ceiling - 1e-6);
        assert!(wrong <= most && wrong == certified, "{wrong} of {certified}");
        // The surest are the worst, which no order of thresholds expects.
        let (wrong, _) = exceeded(400, 3, |score| if score > 0.8 { 0.9 } else { 0.995 });
        assert!(wrong <= most, "{wrong}");
    }

    #[test]
    fn what_is_not_reachable_is_said_so() {
        let few = Certificate::of(&drawn(30, 1, |_| 1.0), PROMISE);
        assert_eq!((few.threshold, few.coverage), (None, 0.0));
        assert!(few.least > 45 && few.least < 120, "{}", few.least);
        let bad = Certificate::of(&drawn(2_000, 2, |_| 0.7), PROMISE);
        assert_eq!(bad.threshold, None);
        assert!(bad.curve.iter().all(|point| !point.certified));
        assert_eq!(Certificate::of(&[], PROMISE).threshold, None);
    }

    #[test]
    fn flawless_calls_of_the_least_number_certify_the_threshold_they_are_above() {
        let of = |n: i64| {
            let samples: Vec<_> = (0..n).map(|_| Sample { confidence: 960, right: true }).collect();
            Certificate::of(&samples, PROMISE)
        };
        let least = of(1).least;
        assert_eq!(of(least - 1).threshold, None);
        let certificate = of(least);
        assert!(certificate.threshold.is_some_and(|at| at <= 950), "{certificate:?}");
        assert_eq!(certificate.coverage, 1.0);
        assert!(certificate.curve.iter().all(|point| point.certified && point.upper < 0.05));
    }

    #[test]
    fn a_promise_that_promises_nothing_is_refused() {
        assert!(Promise { ceiling: 0.0, delta: 0.1 }.checked().is_err());
        assert!(Promise { ceiling: 0.05, delta: f64::NAN }.checked().is_err());
        assert_eq!(PROMISE.checked(), Ok(PROMISE));
    }

    proptest! {
        #[test]
        fn a_mistake_more_never_lowers_the_threshold(samples in samples(), at in any::<proptest::sample::Index>()) {
            let promise = Promise { ceiling: 0.4, delta: 0.4 };
            let mut worse = samples.clone();
            worse[at.index(samples.len())].right = false;
            let (before, after) = (Certificate::of(&samples, promise), Certificate::of(&worse, promise));
            let lowest = |certificate: &Certificate| certificate.threshold.unwrap_or(i64::MAX);
            prop_assert!(lowest(&after) >= lowest(&before));
            prop_assert!(before.curve.windows(2).all(|pair| pair[0].threshold > pair[1].threshold && pair[0].n < pair[1].n));
        }
    }
}
