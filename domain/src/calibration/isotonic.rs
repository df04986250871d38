//! Isotonic regression: the curve that never falls and is nearest to the samples, found by pooling neighbours that
//! are out of order. M. Ayer, H. D. Brunk, G. M. Ewing, W. T. Reid and E. Silverman, “An empirical distribution
//! function for sampling with incomplete information”, Annals of Mathematical Statistics 26 (1955), 641–647; for
//! calibration B. Zadrozny and C. Elkan, “Transforming classifier scores into accurate multiclass probability
//! estimates”, KDD 2002.

use super::{Sample, Tally};

/// Steps in order: from this score on, this probability.
#[derive(Clone, Debug, PartialEq)]
pub struct Isotonic {
    steps: Vec<Step>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    from: i64,
    n: f64,
    right: f64,
}

impl Step {
    fn share(&self) -> f64 {
        self.right / self.n
    }
}

impl Isotonic {
    pub fn fit(samples: &[Sample]) -> Self {
        let mut steps: Vec<Step> = Vec::new();
        for tally in Tally::all(samples) {
            steps.push(Step { from: tally.confidence, n: tally.n(), right: tally.right });
            pool(&mut steps);
        }
        Self { steps }
    }

    /// Of what is below every sample, the first step's.
    pub fn probability(&self, score: f64) -> f64 {
        let above = self.steps.partition_point(|step| step.from as f64 <= score * 1_000.0 + 1e-6);
        self.steps.get(above.saturating_sub(1)).map_or(0.5, Step::share)
    }
}

/// Joins the last step with those before it until none is above its successor.
fn pool(steps: &mut Vec<Step>) {
    while let [.., before, last] = steps.as_slice()
        && before.share() >= last.share()
    {
        let joined = Step { from: before.from, n: before.n + last.n, right: before.right + last.right };
        steps.truncate(steps.len() - 2);
        steps.push(joined);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calibration::tests::samples;

    fn squares(samples: &[Sample], said: impl Fn(&Sample) -> f64) -> f64 {
        let target = |sample: &Sample| if sample.right { 1.0 } else { 0.0 };
        samples.iter().map(|sample| (said(sample) - target(sample)).powi(2)).sum()
    }

    #[test]
    fn neighbours_out_of_order_share_their_mean() {
        let of = |confidence, right| Sample { confidence, right };
        let curve = Isotonic::fit(&[of(100, false), of(200, true), of(300, false), of(400, true)]);
        let said = [0.1, 0.2, 0.3, 0.4].map(|score| curve.probability(score));
        assert_eq!(said, [0.0, 0.5, 0.5, 1.0]);
        assert_eq!((curve.probability(0.0), curve.probability(1.0)), (0.0, 1.0));
    }

    proptest! {
        #[test]
        fn the_mean_stays_and_no_other_rising_curve_is_nearer(samples in samples(), slope in 0.0_f64..2.0, shift in -1.0_f64..1.0, cut in 0.0_f64..1.0, low in 0.0_f64..1.0, more in 0.0_f64..1.0) {
            let curve = Isotonic::fit(&samples);
            let said: f64 = samples.iter().map(|sample| curve.probability(sample.score())).sum();
            let right = samples.iter().filter(|sample| sample.right).count() as f64;
            prop_assert!((said - right).abs() < 1e-6);
            let own = squares(&samples, |sample| curve.probability(sample.score()));
            prop_assert!(own <= squares(&samples, |sample| slope * sample.score() + shift) + 1e-9);
            let step = |sample: &Sample| if sample.score() < cut { low } else { low + more };
            prop_assert!(own <= squares(&samples, step) + 1e-9);
        }
    }
}
