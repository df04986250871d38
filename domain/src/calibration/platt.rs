//! Platt's curve: a logistic one with two numbers. J. Platt, “Probabilistic outputs for support vector machines and
//! comparisons to regularized likelihood methods” (1999), with its smoothed targets, by Newton's method as in
//! H.-T. Lin, C.-J. Lin and R. C. Weng, “A note on Platt's probabilistic outputs for support vector machines”,
//! Machine Learning 68 (2007), 267–276.

use super::{Sample, Tally};

/// 1 / (1 + exp(slope · score + shift)); the slope is never above zero.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Platt {
    slope: f64,
    shift: f64,
}

const STEPS: usize = 100;
/// Added to the curvature, so that Newton's step exists where all samples are alike.
const RIDGE: f64 = 1e-12;
const SMALLEST_STEP: f64 = 1e-10;

impl Platt {
    pub fn fit(samples: &[Sample]) -> Self {
        let right = samples.iter().filter(|sample| sample.right).count() as f64;
        let wrong = samples.len() as f64 - right;
        let aims = ((right + 1.0) / (right + 2.0), 1.0 / (wrong + 2.0));
        let flat = Self { slope: 0.0, shift: ((wrong + 1.0) / (right + 1.0)).ln() };
        let fitted = flat.improved(&Tally::all(samples), aims);
        // Where the unsure are right more often than the sure, confidence tells nothing.
        if fitted.slope > 0.0 || !fitted.slope.is_finite() || !fitted.shift.is_finite() {
            flat
        } else {
            fitted
        }
    }

    pub fn probability(&self, score: f64) -> f64 {
        let at = self.slope * score + self.shift;
        if at >= 0.0 { (-at).exp() / (1.0 + (-at).exp()) } else { 1.0 / (1.0 + at.exp()) }
    }

    /// Newton's method with a line search by halves.
    fn improved(self, tallies: &[Tally], aims: (f64, f64)) -> Self {
        let mut now = self;
        let mut loss = now.loss(tallies, aims);
        for _ in 0..STEPS {
            let (mut h11, mut h22, mut h21, mut g1, mut g2) = (RIDGE, RIDGE, 0.0, 0.0, 0.0);
            for tally in tallies {
                let score = tally.score();
                let p = now.probability(score);
                let bend = tally.n() * p * (1.0 - p);
                let off = tally.right * (aims.0 - p) + tally.wrong * (aims.1 - p);
                h11 += score * score * bend;
                h22 += bend;
                h21 += score * bend;
                g1 += score * off;
                g2 += off;
            }
            if g1.abs() < 1e-5 && g2.abs() < 1e-5 {
                break;
            }
            let det = h11 * h22 - h21 * h21;
            let (by_slope, by_shift) = (-(h22 * g1 - h21 * g2) / det, -(-h21 * g1 + h11 * g2) / det);
            let down = g1 * by_slope + g2 * by_shift;
            let mut step = 1.0;
            let next = loop {
                let tried = Self { slope: now.slope + step * by_slope, shift: now.shift + step * by_shift };
                let its = tried.loss(tallies, aims);
                if its < loss + 1e-4 * step * down {
                    break Some((tried, its));
                }
                step /= 2.0;
                if step < SMALLEST_STEP || !its.is_finite() && step < 1e-6 {
                    break None;
                }
            };
            let Some(next) = next else { break };
            (now, loss) = next;
        }
        now
    }

    /// Cross entropy, written so that nothing overflows.
    fn loss(&self, tallies: &[Tally], aims: (f64, f64)) -> f64 {
        let one = |tally: &Tally| {
            let at = self.slope * tally.score() + self.shift;
            let of = |aim: f64| {
                if at >= 0.0 { aim * at + (-at).exp().ln_1p() } else { (aim - 1.0) * at + at.exp().ln_1p() }
            };
            tally.right * of(aims.0) + tally.wrong * of(aims.1)
        };
        tallies.iter().map(one).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calibration::tests::{drawn, samples};

    #[test]
    fn the_numbers_of_the_curve_that_drew_the_samples_come_back() {
        let curve = Platt::fit(&drawn(20_000, 3, |score| 1.0 / (1.0 + (-8.0 * score + 5.0).exp())));
        assert!((curve.slope + 8.0).abs() < 0.4 && (curve.shift - 5.0).abs() < 0.3, "{curve:?}");
    }

    #[test]
    fn confidence_that_says_the_opposite_says_nothing() {
        let curve = Platt::fit(&drawn(500, 4, |score| 1.0 - score));
        assert_eq!(curve.slope, 0.0);
        assert!((curve.probability(0.9) - 0.35).abs() < 0.1);
    }

    proptest! {
        /// Also where all are right, all are wrong, or all are stated alike.
        #[test]
        fn no_curve_with_these_aims_fits_better(samples in samples(), slope in -20.0_f64..0.0, shift in -10.0_f64..10.0) {
            let curve = Platt::fit(&samples);
            let right = samples.iter().filter(|sample| sample.right).count() as f64;
            let aims = ((right + 1.0) / (right + 2.0), 1.0 / (samples.len() as f64 - right + 2.0));
            let other = Platt { slope, shift };
            let tallies = Tally::all(&samples);
            let (own, its) = (curve.loss(&tallies, aims), other.loss(&tallies, aims));
            prop_assert!(curve.slope == 0.0 || own <= its + 1e-3, "{curve:?} {own} {its}");
        }
    }
}
