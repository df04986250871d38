//! What can be said of attempts that passed and failed, and how surely.

pub use domain::evaluation::{pass_hat, wilson, wilson_of};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha12Rng;

const RESAMPLES: usize = 10_000;

/// How likely gains and losses fall at least as far apart when neither version is better: McNemar's test
/// ("Note on the sampling error of the difference between correlated proportions or percentages", Psychometrika
/// 12, 1947) as the exact binomial one, two-sided.
pub fn mcnemar(gains: usize, losses: usize) -> f64 {
    let all = gains + losses;
    let fewer = gains.min(losses);
    let half = (all as f64) * 0.5_f64.ln();
    let mut logarithm = 0.0; // of the binomial coefficient
    let mut tail = 0.0;
    for i in 0..=fewer {
        if i > 0 {
            logarithm += ((all - i + 1) as f64 / i as f64).ln();
        }
        tail += (logarithm + half).exp();
    }
    (2.0 * tail).min(1.0)
}

/// The mean of differences between pairs and the interval it lies in: the percentiles of the means of samples
/// drawn from them with replacement (Efron, "Bootstrap methods: another look at the jackknife", Annals of
/// Statistics 7, 1979). The same differences and seed give the same interval.
pub fn paired_bootstrap(differences: &[f64], seed: u64) -> (f64, (f64, f64)) {
    let mean = |sum: f64| sum / differences.len() as f64;
    if differences.is_empty() {
        return (0.0, (0.0, 0.0));
    }
    let mut rng = ChaCha12Rng::seed_from_u64(seed);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            let drawn = (0..differences.len()).map(|_| differences[rng.random_range(0..differences.len())]);
            mean(drawn.sum())
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: f64| means[((RESAMPLES as f64 * share) as usize).min(RESAMPLES - 1)];
    (mean(differences.iter().sum()), (at(0.025), at(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(one: f64, other: f64) -> bool {
        (one - other).abs() < 1e-6
    }

    #[test]
    fn passing_k_times_in_a_row_is_counted_without_bias() {
        // 3 of 4 passed: of the six pairs of attempts three are of those that passed.
        assert!(near(pass_hat(3, 4, 2).unwrap(), 0.5));
        assert!(near(pass_hat(3, 4, 1).unwrap(), 0.75));
        assert!(near(pass_hat(3, 4, 4).unwrap(), 0.0));
        assert!(near(pass_hat(4, 4, 4).unwrap(), 1.0));
        assert_eq!(pass_hat(4, 4, 5), None);
        // Averaged over all outcomes of a coin that falls right 6 of 10 times, it is 0.6^k.
        let (n, p): (u32, f64) = (5, 0.6);
        for k in 1..=n {
            let choose = |c: u32| (0..c).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
            let mean: f64 = (0..=n)
                .map(|c| {
                    let likely = choose(c) * p.powi(c as i32) * (1.0 - p).powi((n - c) as i32);
                    likely * pass_hat(c, n, k).unwrap()
                })
                .sum();
            assert!(near(mean, p.powi(k as i32)), "{k}: {mean}");
        }
    }

    #[test]
    fn intervals_are_those_of_the_tables() {
        let (low, high) = wilson(15, 20);
        assert!((low - 0.531).abs() < 0.001 && (high - 0.888).abs() < 0.001, "{low} {high}");
        let (low, high) = wilson(0, 10);
        assert!(near(low, 0.0) && (high - 0.278).abs() < 0.001, "{high}");
        assert_eq!(wilson(0, 0), (0.0, 1.0));
    }

    #[test]
    fn gains_and_losses_are_weighed_exactly() {
        assert!(near(mcnemar(5, 5), 1.0));
        // Two-sided, of 2^10 equally likely outcomes: 2 * (1 + 10) of them.
        assert!(near(mcnemar(9, 1), 22.0 / 1024.0));
        assert!(near(mcnemar(0, 6), 2.0 / 64.0));
        assert!(near(mcnemar(0, 0), 1.0));
        assert!(mcnemar(10_000, 9_000) < 1e-6, "large numbers do not overflow");
    }

    #[test]
    fn a_difference_that_is_always_the_same_is_known_surely() {
        let (mean, (low, high)) = paired_bootstrap(&[0.5; 20], 1);
        assert!(near(mean, 0.5) && near(low, 0.5) && near(high, 0.5));
        let mixed: Vec<f64> = (0..40).map(|i| if i % 4 == 0 { 1.0 } else { 0.0 }).collect();
        let (mean, (low, high)) = paired_bootstrap(&mixed, 1);
        assert!(near(mean, 0.25) && low > 0.05 && low < 0.2 && high > 0.3 && high < 0.45, "{low} {high}");
        assert_eq!(paired_bootstrap(&mixed, 1), paired_bootstrap(&mixed, 1));
    }
}
