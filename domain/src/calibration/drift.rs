//! Whether calls still come as those came by which a threshold was certified.
//!
//! What was right of one kind of call says nothing of another. So the stated confidence of what acts is held against
//! that of what certified it, in bins of about a quarter of the latter each. The gaps between sorted values of one
//! kind hold, of further values of that kind, shares that are drawn from a Dirichlet distribution by how many values
//! lie in them (S. S. Wilks, “Determination of sample sizes for setting tolerance limits”, Annals of Mathematical
//! Statistics 12 (1941), 91–96). Whoever bets that new values fall otherwise than that wins in the long run only if
//! they do, and passes 1/δ by chance with a probability of at most δ, whenever somebody looks (J. Ville, “Étude
//! critique de la notion de collectif”, 1939). The bets are mixed over all other shares,
//! weighed as in W. Perks, “Some observations on inverse probability”, Journal of the Institute of Actuaries 73 (1947),
//! 285–334; so the capital has a closed form, in which the order of the calls does not matter.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use statrs::function::gamma::ln_gamma;

/// Bins that the calls of the reference fill alike.
const PARTS: i64 = 4;
/// With fewer calls before, nobody can say how they came.
const LEAST: i64 = 20;

/// Calls by stated confidence, in thousandths.
pub type Histogram = BTreeMap<i64, i64>;

/// How what acts comes, beside what it was certified by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Drift {
    /// Calls before it was let act.
    pub before: i64,
    pub n: i64,
    /// Mean stated confidence before and since.
    pub stated_before: f64,
    pub stated: f64,
    /// What bets that they come otherwise have come to.
    pub capital: f64,
    pub needed: f64,
    /// It is taken as shown that they do.
    pub shown: bool,
}

impl Drift {
    /// None of too few.
    pub fn of(before: &Histogram, since: &Histogram, delta: f64) -> Option<Self> {
        let (reference, n) = (before.values().sum(), since.values().sum());
        if reference < LEAST || n == 0 {
            return None;
        }
        let bins = bins(before, reference);
        let capital = capital(&counts(&bins, before), &counts(&bins, since));
        let needed = 1.0 / delta;
        Some(Self {
            before: reference,
            n,
            stated_before: mean(before, reference),
            stated: mean(since, n),
            capital,
            needed,
            shown: capital >= needed,
        })
    }
}

/// The highest confidence of each bin. A value that many calls have is a bin of its own, so that it is seen when
/// others come instead.
fn bins(before: &Histogram, n: i64) -> Vec<i64> {
    let mut bins: Vec<i64> = Vec::new();
    let mut held = 0;
    for (value, count) in before {
        if count * PARTS >= n {
            if bins.last().is_none_or(|last| *last < value - 1) {
                bins.push(value - 1);
            }
            bins.push(*value);
            held = 0;
        } else {
            held += count;
            if held * PARTS >= n {
                bins.push(*value);
                held = 0;
            }
        }
    }
    bins.push(i64::MAX);
    bins
}

fn counts(bins: &[i64], values: &Histogram) -> Vec<i64> {
    let mut counts = vec![0; bins.len()];
    for (value, count) in values {
        let bin = bins.partition_point(|highest| highest < value);
        if let Some(held) = counts.get_mut(bin) {
            *held += count;
        }
    }
    counts
}

fn capital(before: &[i64], since: &[i64]) -> f64 {
    let other = vec![1.0 / before.len() as f64; before.len()];
    // A gap more than there are values, and none is empty.
    let same: Vec<f64> = before.iter().map(|count| *count as f64 + 1.0).collect();
    (likelihood(&other, since) - likelihood(&same, since)).min(700.0).exp()
}

/// Logarithm of how likely these are, one after the other, when their shares are drawn from a Dirichlet distribution.
fn likelihood(weights: &[f64], counts: &[i64]) -> f64 {
    let (all, n) = (weights.iter().sum::<f64>(), counts.iter().sum::<i64>() as f64);
    let each = weights.iter().zip(counts).map(|(weight, n)| ln_gamma(weight + *n as f64) - ln_gamma(*weight));
    ln_gamma(all) - ln_gamma(all + n) + each.sum::<f64>()
}

fn mean(values: &Histogram, n: i64) -> f64 {
    values.iter().map(|(value, count)| (value * count) as f64).sum::<f64>() / (n as f64 * 1_000.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha12Rng;

    use super::*;

    const DELTA: f64 = 0.1;

    fn histogram(values: impl IntoIterator<Item = i64>) -> Histogram {
        let mut histogram = Histogram::new();
        for value in values {
            *histogram.entry(value).or_default() += 1;
        }
        histogram
    }

    /// A way in which confidence comes.
    type Source = fn(&mut ChaCha12Rng) -> i64;

    fn even(rng: &mut ChaCha12Rng) -> i64 {
        rng.random_range(800..=1_000)
    }

    fn three(rng: &mut ChaCha12Rng) -> i64 {
        [880, 930, 960][rng.random_range(0..3)]
    }

    fn nearly_always(rng: &mut ChaCha12Rng) -> i64 {
        if rng.random_bool(0.02) { rng.random_range(800..960) } else { 960 }
    }

    fn low(rng: &mut ChaCha12Rng) -> i64 {
        rng.random_range(800..=860)
    }

    /// How many of 100 new calls it took until it was shown; none when it was not.
    fn shown_after(rng: &mut ChaCha12Rng, before: Source, since: Source) -> Option<usize> {
        let reference = histogram((0..80).map(|_| before(rng)));
        let mut seen = Histogram::new();
        (1..=100).find(|_| {
            *seen.entry(since(rng)).or_default() += 1;
            Drift::of(&reference, &seen, DELTA).is_some_and(|drift| drift.shown)
        })
    }

    #[test]
    fn what_comes_as_before_is_taken_for_drift_once_in_ten_times_at_most_however_often_one_looks() {
        let mut rng = ChaCha12Rng::seed_from_u64(5);
        for source in [even as Source, three, nearly_always] {
            let misled = (0..1_000).filter(|_| shown_after(&mut rng, source, source).is_some()).count();
            assert!(misled <= 100, "{misled} of 1,000");
        }
    }

    #[test]
    fn what_comes_otherwise_is_seen_within_a_few_calls() {
        let mut rng = ChaCha12Rng::seed_from_u64(6);
        for (before, since) in [(even as Source, low as Source), (three, low), (nearly_always, low)] {
            let mut after: Vec<_> =
                (0..100).map(|_| shown_after(&mut rng, before, since).unwrap_or(usize::MAX)).collect();
            after.sort_unstable();
            assert!(after[50] <= 8 && after[99] <= 30, "{} {}", after[50], after[99]);
        }
    }

    #[test]
    fn of_too_few_nothing_is_said() {
        let few = histogram([900; 19]);
        assert_eq!(Drift::of(&few, &few, DELTA), None);
        assert_eq!(Drift::of(&histogram([900; 20]), &Histogram::new(), DELTA), None);
    }

    proptest! {
        /// A fair game: whatever was seen, the capital after the next call is on average no more than before.
        #[test]
        fn nobody_wins_on_average_while_nothing_changed(before in prop::collection::vec(0_i64..60, 2..6), since in prop::collection::vec(0_i64..60, 6)) {
            let since = &since[..before.len()];
            let now = capital(&before, since);
            let all = (before.iter().chain(since).sum::<i64>() + before.len() as i64) as f64;
            let mean: f64 = (0..before.len()).map(|bin| {
                let mut next = since.to_vec();
                next[bin] += 1;
                (before[bin] + since[bin] + 1) as f64 / all * capital(&before, &next)
            }).sum();
            prop_assert!(mean <= now * (1.0 + 1e-6) + 1e-12, "{mean} {now}");
        }

        /// Each call is in one bin.
        #[test]
        fn bins_hold_every_call(values in prop::collection::vec(0_i64..=1_000, 20..200)) {
            let reference = histogram(values.iter().copied());
            let bins = bins(&reference, values.len() as i64);
            prop_assert!(bins.windows(2).all(|pair| pair[0] < pair[1]));
            prop_assert_eq!(counts(&bins, &reference).iter().sum::<i64>(), values.len() as i64);
        }
    }
}
