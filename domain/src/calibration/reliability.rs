//! How far probabilities are from what came of them: Brier's score (G. W. Brier, Monthly Weather Review 78 (1950),
//! 1–3) with Murphy's parts (A. H. Murphy, Journal of Applied Meteorology 12 (1973), 595–600), and the expected
//! calibration error over bins of about as many samples each (K. Nguyen and B. O'Connor, EMNLP 2015; C. Guo, G. Pleiss,
//! Y. Sun and K. Q. Weinberger, ICML 2017).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::review::Rate;

const BINS: usize = 10;
/// A bin of fewer says little.
const LEAST_IN_BIN: usize = 5;

/// Samples of about the same stated probability.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReliabilityBin {
    /// The lowest and the highest in it.
    pub from: f64,
    pub to: f64,
    /// What was stated, on average.
    pub stated: f64,
    /// How many of them were right, with the interval.
    pub right: Rate,
}

/// How probabilities and outcomes go together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Reliability {
    pub n: i64,
    /// Share that was right.
    pub share: f64,
    /// Mean squared difference; 0 is perfect, and whoever always says the share has `uncertainty`.
    pub brier: f64,
    /// The part of it that miscalibration makes up; less is better.
    pub miscalibration: f64,
    /// The part that telling calls apart takes away; more is better.
    pub resolution: f64,
    /// What the outcomes alone make up.
    pub uncertainty: f64,
    /// Expected calibration error: the mean distance between what was stated and what was right.
    pub ece: f64,
    pub bins: Vec<ReliabilityBin>,
}

impl Reliability {
    /// Pairs of a probability and whether it was right.
    pub fn of(pairs: &[(f64, bool)]) -> Self {
        let n = pairs.len();
        if n == 0 {
            return Self::default();
        }
        let mut sorted = pairs.to_vec();
        sorted.sort_by(|one, other| one.0.total_cmp(&other.0));
        let target = |right: bool| if right { 1.0 } else { 0.0 };
        let share = sorted.iter().map(|pair| target(pair.1)).sum::<f64>() / n as f64;
        let brier =
            sorted.iter().map(|(said, right)| (said - target(*right)).powi(2)).sum::<f64>() / n as f64;
        let bins: Vec<ReliabilityBin> = parts(&sorted).into_iter().filter_map(bin).collect();
        let mean = |of: &dyn Fn(&ReliabilityBin) -> f64| {
            bins.iter().map(|bin| bin.right.n as f64 * of(bin)).sum::<f64>() / n as f64
        };
        Self {
            n: n as i64,
            share,
            brier,
            miscalibration: mean(&|bin| (bin.stated - bin.right.share).powi(2)),
            resolution: mean(&|bin| (bin.right.share - share).powi(2)),
            uncertainty: share * (1.0 - share),
            ece: mean(&|bin| (bin.stated - bin.right.share).abs()),
            bins,
        }
    }
}

fn bin(pairs: &[(f64, bool)]) -> Option<ReliabilityBin> {
    let right = pairs.iter().filter(|pair| pair.1).count() as i64;
    Some(ReliabilityBin {
        from: pairs.first()?.0,
        to: pairs.last()?.0,
        stated: pairs.iter().map(|pair| pair.0).sum::<f64>() / pairs.len() as f64,
        right: Rate::of(right, pairs.len() as i64)?,
    })
}

/// About as many in each, and what was stated alike is never parted.
fn parts(sorted: &[(f64, bool)]) -> Vec<&[(f64, bool)]> {
    let size = sorted.len().div_ceil(BINS).max(LEAST_IN_BIN);
    let (mut parts, mut rest) = (Vec::new(), sorted);
    while !rest.is_empty() {
        let mut end = size.min(rest.len());
        let last = rest[end - 1].0;
        while end < rest.len() && rest[end].0.total_cmp(&last).is_eq() {
            end += 1;
        }
        if rest.len() - end < LEAST_IN_BIN {
            end = rest.len();
        }
        let (part, after) = rest.split_at(end);
        parts.push(part);
        rest = after;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whoever_says_nine_of_ten_and_is_right_half_the_time_is_off_by_four_tenths() {
        let pairs: Vec<(f64, bool)> = (0..100).map(|at| (0.9, at % 2 == 0)).collect();
        let found = Reliability::of(&pairs);
        assert_eq!(found.bins.len(), 1, "what is stated alike is one bin");
        assert!((found.ece - 0.4).abs() < 1e-9 && (found.brier - 0.41).abs() < 1e-9, "{found:?}");
        assert_eq!(Reliability::of(&[]), Reliability::default());
    }

    proptest! {
        #[test]
        fn the_parts_of_briers_score_make_it_up(pairs in proptest::collection::vec((0_u8..=10, any::<bool>()), 1..300)) {
            let pairs: Vec<(f64, bool)> = pairs.into_iter().map(|(tenths, right)| (f64::from(tenths) / 10.0, right)).collect();
            let found = Reliability::of(&pairs);
            prop_assert_eq!(found.bins.iter().map(|bin| bin.right.n).sum::<i64>(), found.n);
            prop_assert!((0.0..=1.0).contains(&found.ece) && (0.0..=1.0).contains(&found.brier));
            // Exactly where each bin holds one value; else what was stated varies within it.
            if found.bins.iter().all(|bin| bin.to - bin.from < 1e-12) {
                let whole = found.miscalibration - found.resolution + found.uncertainty;
                prop_assert!((whole - found.brier).abs() < 1e-9);
            }
        }
    }
}
