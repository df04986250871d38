//! Tests that may be looked at after every sample, for as long as one likes.
//!
//! Whoever bets against a share of errors, and could not win in the long run if it were true, proves it wrong as far
//! as their capital grows: it passes 1/δ with a probability of at most δ, ever (Ville's inequality). I.
//! Waudby-Smith and A. Ramdas, “Estimating means of bounded random variables by betting”, Journal of the Royal
//! Statistical Society B 86 (2024), 1–27, arXiv:2010.09686. Of samples that are right or wrong a bet is a likelihood
//! ratio; the bets are mixed over all shares on the other side of the ceiling, as in H. Robbins, “Statistical methods
//! related to the law of the iterated logarithm”, Annals of Mathematical Statistics 41 (1970), 1397–1409. So the
//! capital has a closed form, in which the order of the samples does not matter.

use statrs::function::beta::{checked_beta_reg, ln_beta};

/// Capital of bets that the share of errors is below `ceiling`, after `n` samples of which `wrong` were wrong. It
/// passes 1/δ with a probability of at most δ while the share is at the ceiling or above it. The bets lean towards
/// shares near zero, whose density is that of 1/√share.
pub fn below(ceiling: f64, n: u64, wrong: u64) -> f64 {
    let (k, right) = (wrong.min(n) as f64, n.saturating_sub(wrong) as f64);
    let part = share_of_beta(k + 0.5, right + 1.0, ceiling);
    let mixed = ln_beta(k + 0.5, right + 1.0) + part.ln() - (2.0 * ceiling.sqrt()).ln();
    capital(mixed - at(ceiling, k, right))
}

/// Capital of bets that the share of errors is above `ceiling`: it passes 1/δ with a probability of at most δ while
/// the share is at the ceiling or below it.
pub fn above(ceiling: f64, n: u64, wrong: u64) -> f64 {
    let (k, right) = (wrong.min(n) as f64, n.saturating_sub(wrong) as f64);
    let part = share_of_beta(right + 1.0, k + 1.0, 1.0 - ceiling);
    let mixed = ln_beta(k + 1.0, right + 1.0) + part.ln() - (1.0 - ceiling).ln();
    capital(mixed - at(ceiling, k, right))
}

/// Samples without an error after which [`below`] passes `capital`.
pub fn flawless(ceiling: f64, capital: f64) -> u64 {
    let (mut low, mut high) = (0, 1);
    while below(ceiling, high, 0) < capital && high < 1 << 40 {
        (low, high) = (high, high * 2);
    }
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if below(ceiling, middle, 0) < capital { low = middle } else { high = middle }
    }
    high
}

/// Logarithm of how likely these samples are if the share is at the ceiling.
fn at(ceiling: f64, wrong: f64, right: f64) -> f64 {
    wrong * ceiling.ln() + right * (-ceiling).ln_1p()
}

/// What cannot be told is no evidence.
fn share_of_beta(a: f64, b: f64, x: f64) -> f64 {
    checked_beta_reg(a, b, x).unwrap_or(0.0)
}

fn capital(logarithm: f64) -> f64 {
    if logarithm.is_nan() { 0.0 } else { logarithm.min(700.0).exp() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rand::{Rng as _, SeedableRng as _};
    use rand_chacha::ChaCha12Rng;

    use super::*;

    #[test]
    fn capital_begins_at_one_and_grows_with_what_speaks_for_it() {
        assert!((below(0.05, 0, 0) - 1.0).abs() < 1e-9 && (above(0.05, 0, 0) - 1.0).abs() < 1e-9);
        assert!(below(0.05, 100, 0) > 40.0 && below(0.05, 100, 5) < 1.5);
        assert!(above(0.05, 20, 6) > 100.0 && above(0.05, 100, 1) < 0.1);
        assert_eq!(flawless(0.05, 40.0), (0..).find(|n| below(0.05, *n, 0) >= 40.0).unwrap());
    }

    #[test]
    fn with_a_share_at_the_ceiling_one_in_ten_is_misled_at_most_however_long_they_look() {
        let (ceiling, delta) = (0.1, 0.1);
        let mut rng = ChaCha12Rng::seed_from_u64(11);
        let (mut too_early, mut too_late) = (0, 0);
        for _ in 0..1_000 {
            let (mut wrong, mut promoted, mut demoted) = (0, false, false);
            for n in 1..=200 {
                wrong += u64::from(rng.random_bool(ceiling));
                promoted |= below(ceiling, n, wrong) >= 1.0 / delta;
                demoted |= above(ceiling, n, wrong) >= 1.0 / delta;
            }
            too_early += u32::from(promoted);
            too_late += u32::from(demoted);
        }
        assert!(too_early <= 100 && too_late <= 100, "{too_early} {too_late}");
    }

    proptest! {
        /// A fair game: whatever was seen, the capital after the next sample is on average no more than before.
        #[test]
        fn nobody_wins_on_average_while_the_ceiling_holds(ceiling in 0.01_f64..0.5, n in 0_u64..400, part in 0.0_f64..=1.0, beside in 0.0_f64..=1.0) {
            let wrong = (n as f64 * part) as u64;
            let worse = ceiling + (1.0 - ceiling) * beside;
            let mean = worse * below(ceiling, n + 1, wrong + 1) + (1.0 - worse) * below(ceiling, n + 1, wrong);
            prop_assert!(mean <= below(ceiling, n, wrong) * (1.0 + 1e-6) + 1e-12);
            let better = ceiling * beside;
            let mean = better * above(ceiling, n + 1, wrong + 1) + (1.0 - better) * above(ceiling, n + 1, wrong);
            prop_assert!(mean <= above(ceiling, n, wrong) * (1.0 + 1e-6) + 1e-12);
        }
    }
}
