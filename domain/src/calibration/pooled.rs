//! Thin data: what a few samples say is drawn towards what more of them say of something wider, as shrinkage
//! estimators do. B. Efron and C. Morris, “Data analysis using Stein's estimator and its generalizations”, JASA 70
//! (1975), 311–319.

use super::{Fitted, Sample};

/// Samples of its own that count as much as all of what is wider.
const WORTH_OF_THE_WIDER: f64 = 30.0;

/// Curves from the widest to the narrowest, each with how much it counts against those before it.
#[derive(Clone, Debug, Default)]
pub struct Pooled {
    levels: Vec<(Fitted, f64)>,
}

impl Pooled {
    /// `levels` go from the widest to the narrowest, such as all calls, those of a tool, those of a tool and an
    /// intent. One without samples says nothing.
    pub fn of(levels: &[&[Sample]]) -> Self {
        let curve = |samples: &&[Sample]| {
            let weight = samples.len() as f64 / (samples.len() as f64 + WORTH_OF_THE_WIDER);
            Fitted::of(samples).map(|fitted| (fitted, weight))
        };
        Self { levels: levels.iter().filter_map(curve).collect() }
    }

    /// None when nothing is known of anything.
    pub fn probability(&self, score: f64) -> Option<f64> {
        let mut levels = self.levels.iter();
        let (widest, _) = levels.next()?;
        let narrow = |wider: f64, (fitted, weight): &(Fitted, f64)| {
            weight * fitted.calibrator.probability(score) + (1.0 - weight) * wider
        };
        Some(levels.fold(widest.calibrator.probability(score), narrow))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::tests::drawn;

    #[test]
    fn few_samples_lean_on_the_wider_and_many_stand_alone() {
        let wide = drawn(500, 5, |_| 0.9);
        let said = |n: usize| {
            let own = drawn(n, 6, |_| 0.2);
            Pooled::of(&[wide.as_slice(), own.as_slice()]).probability(0.8).unwrap()
        };
        assert!(said(0) > 0.85);
        assert!((0.6..0.9).contains(&said(5)), "{}", said(5));
        assert!(said(1_000) < 0.3, "{}", said(1_000));
        assert!(Pooled::of(&[&[], &[]]).probability(0.8).is_none());
    }
}
