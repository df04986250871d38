//! What stated confidence is worth, judged by what came of it.
//!
//! Calls that a person decided on, and calls that ran and of which something was heard, are samples: how sure the
//! house was, and whether it was right. From them come a curve of probabilities (`platt`, `isotonic`, with little
//! pooled into more by `pooled`), how far the stated confidence is off (`reliability`), the lowest threshold above
//! which the share of errors stays under a ceiling (`certified`), and tests that may be looked at after every sample
//! (`sequential`), and of whether calls still come as they came (`drift`). Nothing here decides what an agent may do: that is [`crate::autonomy`].

pub mod certified;
pub mod drift;
pub mod isotonic;
pub mod platt;
pub mod pooled;
pub mod reliability;
pub mod sequential;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use isotonic::Isotonic;
use platt::Platt;

/// Below this many samples there are too few for folds: Platt's curve alone, whose two numbers are smoothed.
pub const LEAST_TO_CHOOSE: usize = 20;
const FOLDS: usize = 5;

/// How sure the house was of one call, and whether it was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Confidence in thousandths, 0 to 1000, as [`thousandths`] rounds it.
    pub confidence: i64,
    pub right: bool,
}

impl Sample {
    pub fn score(&self) -> f64 {
        self.confidence as f64 / 1_000.0
    }
}

/// Samples of one confidence: a curve is fitted to these, of which there are never many.
#[derive(Clone, Copy, Debug)]
struct Tally {
    confidence: i64,
    right: f64,
    wrong: f64,
}

impl Tally {
    /// The least sure first.
    fn all(samples: &[Sample]) -> Vec<Self> {
        let mut counted = vec![(0_u64, 0_u64); 1_001];
        for sample in samples {
            let at = usize::try_from(sample.confidence.clamp(0, 1_000)).unwrap_or(0);
            counted[at].0 += u64::from(sample.right);
            counted[at].1 += u64::from(!sample.right);
        }
        let tally = |(confidence, (right, wrong)): (i64, (u64, u64))| {
            (right + wrong > 0).then_some(Self { confidence, right: right as f64, wrong: wrong as f64 })
        };
        (0..).zip(counted).filter_map(tally).collect()
    }

    fn score(&self) -> f64 {
        self.confidence as f64 / 1_000.0
    }

    fn n(&self) -> f64 {
        self.right + self.wrong
    }
}

/// A confidence as samples and thresholds are kept; what is no number is none.
pub fn thousandths(confidence: f32) -> i64 {
    if confidence.is_nan() { 0 } else { (f64::from(confidence.clamp(0.0, 1.0)) * 1_000.0).round() as i64 }
}

/// A way from stated confidence to probability.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    Platt,
    Isotonic,
}

/// The probability that a call of some confidence is right; it never falls as the confidence rises.
#[derive(Clone, Debug, PartialEq)]
pub enum Calibrator {
    Platt(Platt),
    Isotonic(Isotonic),
}

impl Calibrator {
    fn by(method: Method, samples: &[Sample]) -> Self {
        match method {
            Method::Platt => Self::Platt(Platt::fit(samples)),
            Method::Isotonic => Self::Isotonic(Isotonic::fit(samples)),
        }
    }

    pub fn method(&self) -> Method {
        match self {
            Self::Platt(_) => Method::Platt,
            Self::Isotonic(_) => Method::Isotonic,
        }
    }

    pub fn probability(&self, score: f64) -> f64 {
        match self {
            Self::Platt(platt) => platt.probability(score),
            Self::Isotonic(isotonic) => isotonic.probability(score),
        }
    }
}

/// A curve, and how it was chosen.
#[derive(Clone, Debug, PartialEq)]
pub struct Fitted {
    pub calibrator: Calibrator,
    /// Mean log loss over five folds, each judged by a curve that has not seen it; none of too few samples.
    pub losses: Option<Losses>,
    /// What such curves said of each sample, in the order of the samples; empty of too few.
    pub held_out: Vec<f64>,
}

/// Mean log loss of each method on samples that it was not fitted to.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Losses {
    pub platt: f64,
    pub isotonic: f64,
}

impl Fitted {
    /// The method with the smaller loss over five folds; samples are dealt out in turn, so that each fold has old and
    /// new ones. None of nothing.
    pub fn of(samples: &[Sample]) -> Option<Self> {
        if samples.is_empty() {
            return None;
        }
        if samples.len() < LEAST_TO_CHOOSE {
            let calibrator = Calibrator::by(Method::Platt, samples);
            return Some(Self { calibrator, losses: None, held_out: Vec::new() });
        }
        let platt = held_out(Method::Platt, samples);
        let isotonic = held_out(Method::Isotonic, samples);
        let losses = Losses { platt: log_loss(&platt, samples), isotonic: log_loss(&isotonic, samples) };
        let (method, held_out) = if losses.isotonic < losses.platt {
            (Method::Isotonic, isotonic)
        } else {
            (Method::Platt, platt)
        };
        Some(Self { calibrator: Calibrator::by(method, samples), losses: Some(losses), held_out })
    }
}

fn held_out(method: Method, samples: &[Sample]) -> Vec<f64> {
    let mut said = vec![0.0; samples.len()];
    for fold in 0..FOLDS {
        let others: Vec<Sample> = samples
            .iter()
            .enumerate()
            .filter(|(at, _)| at % FOLDS != fold)
            .map(|(_, sample)| *sample)
            .collect();
        let calibrator = Calibrator::by(method, &others);
        for (said, sample) in said.iter_mut().zip(samples).skip(fold).step_by(FOLDS) {
            *said = calibrator.probability(sample.score());
        }
    }
    said
}

/// Certainty that proves wrong would cost without end, so no probability counts as surer than the samples make it.
fn log_loss(said: &[f64], samples: &[Sample]) -> f64 {
    let least = 1.0 / (samples.len() as f64 + 2.0);
    let loss = |(said, sample): (&f64, &Sample)| {
        let said = said.clamp(least, 1.0 - least);
        if sample.right { -said.ln() } else { -(1.0 - said).ln() }
    };
    said.iter().zip(samples).map(loss).sum::<f64>() / samples.len().max(1) as f64
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha12Rng;

    use super::*;

    pub(crate) fn samples() -> impl Strategy<Value = Vec<Sample>> {
        proptest::collection::vec((0_i64..=1_000, any::<bool>()), 1..120).prop_map(|drawn| {
            drawn.into_iter().map(|(confidence, right)| Sample { confidence, right }).collect()
        })
    }

    /// Calls whose confidence is even between 0.3 and 1, each right with the probability that `truth` gives.
    pub(crate) fn drawn(n: usize, seed: u64, truth: impl Fn(f64) -> f64) -> Vec<Sample> {
        let mut rng = ChaCha12Rng::seed_from_u64(seed);
        let one = |rng: &mut ChaCha12Rng| {
            let confidence = rng.random_range(300..=1_000);
            Sample { confidence, right: rng.random_bool(truth(confidence as f64 / 1_000.0).clamp(0.0, 1.0)) }
        };
        (0..n).map(|_| one(&mut rng)).collect()
    }

    #[test]
    fn the_method_that_foretells_better_is_taken() {
        // A curve of Platt's own form, and one with a step that it cannot follow.
        let smooth = drawn(400, 1, |score| 1.0 / (1.0 + (-8.0 * (score - 0.6)).exp()));
        assert_eq!(Fitted::of(&smooth).unwrap().calibrator.method(), Method::Platt);
        let step = drawn(2_000, 2, |score| if score < 0.5 { 0.05 } else { 0.6 });
        let fitted = Fitted::of(&step).unwrap();
        assert_eq!(fitted.calibrator.method(), Method::Isotonic, "{:?}", fitted.losses);
        assert!((fitted.calibrator.probability(0.45) - 0.05).abs() < 0.08);
        assert!((fitted.calibrator.probability(0.75) - 0.6).abs() < 0.08);
    }

    #[test]
    fn of_a_few_samples_nothing_is_certain() {
        let three = vec![Sample { confidence: 900, right: true }; 3];
        let fitted = Fitted::of(&three).unwrap();
        let said = fitted.calibrator.probability(0.9);
        assert!(said > 0.6 && said < 0.9, "{said}");
        assert_eq!(Fitted::of(&[]), None);
    }

    proptest! {
        #[test]
        fn what_is_stated_surer_is_never_less_probable(samples in samples(), one in 0.0_f64..=1.0, other in 0.0_f64..=1.0) {
            let fitted = Fitted::of(&samples).unwrap();
            let (low, high) = if one < other { (one, other) } else { (other, one) };
            let (low, high) = (fitted.calibrator.probability(low), fitted.calibrator.probability(high));
            prop_assert!((0.0..=1.0).contains(&low) && (0.0..=1.0).contains(&high));
            prop_assert!(low <= high + 1e-9);
        }
    }
}
