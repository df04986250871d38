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
//! Thresholds between which no call was seen have the same calls above them, and what refutes one refutes the highest
//! of them with the very same bets. So the highest is what is certified: of calls less sure than any that was seen
//! nothing is promised.
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
    /// In whole millionths, as it is kept, so that what was shown when it was made is shown of it ever after.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what it may be.
    pub fn checked(self) -> Result<Self, String> {
        for (name, value) in [("ceiling", self.ceiling), ("delta", self.delta)] {
            if !(0.001..=0.5).contains(&value) {
                return Err(format!("{name} must be from 0.001 to 0.5"));
            }
        }
        let kept = |share: f64| (share * 1_000_000.0).round() / 1_000_000.0;
        Ok(Self { ceiling: kept(self.ceiling), delta: kept(self.delta) })
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
    /// Whether the promise is shown to hold of exactly these calls, with all other thresholds considered; false also
    /// where they were not tested.
    pub certified: bool,
}

/// Calls at or above a threshold, and what bets that fewer than the ceiling of them are wrong have come to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bet {
    pub n: i64,
    pub wrong: i64,
    pub capital: f64,
    /// Not reached without a threshold.
    pub needed: f64,
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
    /// Of the certified threshold; without one, of the one that was tested and is nearest to it.
    #[serde(skip)]
    pub bet: Bet,
}

impl Certificate {
    pub fn of(samples: &[Sample], promise: Promise) -> Self {
        Self::of_counts(samples.iter().map(|sample| (*sample, 1)), promise)
    }

    /// Of samples with how many there are of each.
    pub fn of_counts(samples: impl IntoIterator<Item = (Sample, u64)>, promise: Promise) -> Self {
        let tested = tested(samples, promise);
        let all = tested.last().map_or(0, |lowest| lowest.n);
        let share = |n: u64| if all == 0 { 0.0 } else { n as f64 / all as f64 };
        let certified = certified(&tested);
        let bet = lowest_refuted(&tested).or_else(|| {
            let tried = tested.iter().filter(|tested| tested.held > 0.0);
            tried.max_by(|a, b| (a.capital * a.held).total_cmp(&(b.capital * b.held)))
        });
        let mut curve: Vec<RiskPoint> = Vec::new();
        for Tested { threshold, n, wrong, refuted, .. } in &tested {
            match curve.last_mut().filter(|last| last.n == *n as i64) {
                Some(last) => last.certified |= refuted,
                None if *n == 0 => {}
                None => curve.push(RiskPoint {
                    threshold: *threshold,
                    n: *n as i64,
                    wrong: *wrong as i64,
                    coverage: share(*n),
                    upper: upper(*n, *wrong, promise.delta),
                    certified: *refuted,
                }),
            }
        }
        Self {
            promise,
            threshold: certified.map(|tested| tested.threshold),
            coverage: certified.map_or(0.0, |tested| share(tested.n)),
            n: all as i64,
            least: i64::try_from(sequential::flawless(promise.ceiling, promise.capital()))
                .unwrap_or(i64::MAX),
            curve,
            bet: bet.map(Tested::bet).unwrap_or_default(),
        }
    }
}

/// A threshold, the calls at or above it, and whether it is refuted that too many of them are wrong.
struct Tested {
    threshold: i64,
    n: u64,
    wrong: u64,
    /// 0 where it was not tested.
    capital: f64,
    /// What part of δ it was tested with; 0 where it was not.
    held: f64,
    refuted: bool,
}

impl Tested {
    fn bet(&self) -> Bet {
        let (n, wrong) = (self.n as i64, self.wrong as i64);
        Bet { n, wrong, capital: self.capital, needed: 1.0 / self.held }
    }
}

fn lowest_refuted(tested: &[Tested]) -> Option<&Tested> {
    tested.iter().rev().find(|tested| tested.refuted)
}

/// The highest threshold with the calls of the lowest that is refuted.
fn certified(tested: &[Tested]) -> Option<&Tested> {
    let lowest = lowest_refuted(tested)?;
    tested.iter().find(|tested| tested.n == lowest.n)
}

/// Each threshold, the highest first. Of nothing nothing is refuted, and what was held until then is lost.
fn tested(samples: impl IntoIterator<Item = (Sample, u64)>, promise: Promise) -> Vec<Tested> {
    let share = promise.delta / STARTS.len() as f64;
    let mut after = 0.0;
    let test = |(hundredths, (n, wrong)): (i64, (u64, u64))| {
        let held = if STARTS.contains(&hundredths) { after + share } else { after };
        let capital = if held > 0.0 { sequential::below(promise.ceiling, n, wrong) } else { 0.0 };
        let refuted = held > 0.0 && capital >= 1.0 / held;
        after = if refuted { held } else { 0.0 };
        Tested { threshold: hundredths * STEP, n, wrong, capital, held, refuted }
    };
    (0..=100).rev().zip(counts(samples)).map(test).collect()
}

/// Of each threshold, the highest first: how many samples are at or above it, and how many of them were wrong.
fn counts(samples: impl IntoIterator<Item = (Sample, u64)>) -> impl Iterator<Item = (u64, u64)> {
    let mut at = [(0_u64, 0_u64); 101];
    for (sample, n) in samples {
        let hundredths = usize::try_from(sample.confidence.clamp(0, 1_000) / STEP).unwrap_or(0);
        at[hundredths].0 += n;
        at[hundredths].1 += if sample.right { 0 } else { n };
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
                let seen = samples[..n * look / looks].iter().map(|sample| (*sample, 1));
                super::certified(&tested(seen, PROMISE)).map(|tested| tested.threshold)
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
        assert_eq!((certificate.threshold, certificate.coverage), (Some(960), 1.0), "no lower than was seen");
        assert!(certificate.curve.iter().all(|point| point.certified && point.upper < 0.05));
    }

    #[test]
    fn what_is_surer_than_any_threshold_that_was_tested_is_not_said_to_keep_the_promise_by_itself() {
        let right = |confidence, n| (Sample { confidence, right: true }, n);
        let certificate = Certificate::of_counts([right(980, 90), right(930, 90)], PROMISE);
        assert_eq!(certificate.threshold, Some(930));
        let kept: Vec<_> = certificate.curve.iter().map(|point| (point.threshold, point.certified)).collect();
        // The 90 surest are those above 0.95, which was tested.
        assert_eq!(kept, [(980, true), (930, true)]);
        let certificate = Certificate::of_counts([right(990, 90), right(960, 90)], PROMISE);
        let kept: Vec<_> = certificate.curve.iter().map(|point| (point.threshold, point.certified)).collect();
        assert_eq!(kept, [(990, false), (960, true)], "0.99 by itself was not tested");
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
            let seen = samples.iter().map(|sample| sample.confidence / STEP * STEP).min();
            prop_assert!(before.threshold >= seen || before.threshold.is_none());
            for certificate in [&before, &after] {
                let Bet { capital, needed, .. } = certificate.bet;
                prop_assert_eq!(certificate.threshold.is_some(), capital >= needed);
            }
            prop_assert!(before.curve.windows(2).all(|pair| pair[0].threshold > pair[1].threshold && pair[0].n < pair[1].n));
        }
    }
}
