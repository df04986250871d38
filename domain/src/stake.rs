//! What is at stake in an approval, and the order in which approvals are worked on.
//!
//! Stake = expected loss × uncertainty, in cents:
//!
//! - *Loss* is what a mistake would cost: of the risk class a flat sum ([`flat`]), to which the amount
//!   comes that the tool declares ([`crate::policy::Facts::amount`]): all of it where it cannot be undone, a
//!   tenth where a person can.
//! - *Uncertainty* is 1 − confidence · ½ⁿ with n findings: what it would carry out of the house, what
//!   reads like an order to the agent, values that nothing carries, protected arguments from places that
//!   are not trusted. It is never below [`LEAST_UNCERTAINTY`], because the gate stopped the call.
//!
//! Urgency doubles with every [`DOUBLES`] that the deadline comes nearer, so what is asked for first is the
//! greatest stake · 2^(−time left / [`DOUBLES`]). Its logarithm is log₂ stake − (deadline − now) / [`DOUBLES`],
//! in which `now` is the same for all: the order of two approvals never changes while they wait. So it can be
//! kept in a column and paged by with a cursor, as [`rank`]: the deadline, brought forward by [`DOUBLES`] for
//! every doubling of the stake.

use std::time::Duration;

use crate::{
    Timestamp,
    approval::{Approval, Question},
    tool::Risk,
};

/// Four hours nearer to the deadline weigh as much as twice the stake.
pub const DOUBLES: Duration = Duration::from_secs(4 * 60 * 60);
const LEAST_UNCERTAINTY: f64 = 0.02;
/// Above this every loss is the same: 10 million in units.
const MOST_CENTS: f64 = 1e9;

/// What a mistake costs by its kind alone, in cents: the time to put it right, and what a customer thinks of it.
fn flat(risk: Risk) -> f64 {
    match risk {
        Risk::Read => 10.0,
        Risk::Reversible => 100.0,
        Risk::Outward => 1_000.0,
        Risk::Irreversible => 5_000.0,
    }
}

fn loss(risk: Risk, amount: Option<i64>) -> f64 {
    let amount = amount.filter(|cents| *cents > 0).map_or(0.0, |cents| cents as f64);
    let share = if risk == Risk::Irreversible { 1.0 } else { 0.1 };
    (flat(risk) + share * amount).min(MOST_CENTS)
}

fn uncertainty(confidence: f32, findings: usize) -> f64 {
    // Written so that what is no number is no confidence.
    let confidence = if confidence >= 0.0 { f64::from(confidence.min(1.0)) } else { 0.0 };
    let halvings = i32::try_from(findings).unwrap_or(i32::MAX).min(60);
    (1.0 - confidence * 0.5_f64.powi(halvings)).max(LEAST_UNCERTAINTY)
}

/// Cents that are expected to be lost if it is waved through.
fn stake(risk: Risk, amount: Option<i64>, confidence: f32, findings: usize) -> f64 {
    loss(risk, amount) * uncertainty(confidence, findings)
}

/// When it would have to be decided if every stake were one cent. The least first.
fn rank(stake: f64, deadline: Timestamp) -> i64 {
    let doublings = stake.max(1.0).log2();
    let forward = doublings * DOUBLES.as_micros() as f64;
    deadline.0.saturating_sub(forward as i64)
}

impl Approval {
    /// What was found that speaks against it.
    fn findings(&self) -> usize {
        let untrusted = self.origins.iter().filter(|origin| !origin.kind.is_trusted()).count();
        self.carries.len() + self.suspicions.len() + self.confidence.stops.len() + untrusted
    }

    fn at_stake(&self) -> f64 {
        let amount = self.facts.as_ref().and_then(|facts| facts.amount);
        // Nobody knows what was done: as uncertain as can be.
        let confidence = if self.question == Question::Outcome { 0.0 } else { self.confidence.score };
        stake(self.risk, amount, confidence, self.findings())
    }

    /// Expected loss × uncertainty, in whole cents.
    pub fn stake_cents(&self) -> i64 {
        self.at_stake().round() as i64
    }

    /// Its place in the queue, the least first: a time in microseconds, as the head of this module explains.
    pub fn rank(&self) -> i64 {
        rank(self.at_stake(), self.expires_at)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RISKS: [Risk; 4] = [Risk::Read, Risk::Reversible, Risk::Outward, Risk::Irreversible];

    #[test]
    fn a_dear_refund_comes_before_a_cheap_one_and_before_a_sure_reply() {
        let refund = |cents| stake(Risk::Irreversible, Some(cents), 0.8, 0);
        assert!(refund(50_000) > refund(5_000));
        assert!(refund(5_000) > stake(Risk::Outward, None, 0.95, 0));
        assert!(stake(Risk::Outward, None, 0.95, 2) > stake(Risk::Outward, None, 0.95, 0));
        let noon = Timestamp(1_000_000_000_000);
        assert!(rank(refund(50_000), noon) < rank(refund(5_000), noon));
    }

    #[test]
    fn four_hours_nearer_weigh_as_much_as_twice_the_stake() {
        let noon = Timestamp(1_000_000_000_000);
        assert_eq!(rank(2_048.0, noon.plus(DOUBLES)), rank(1_024.0, noon));
        assert!(rank(1_000.0, noon) < rank(1_999.0, noon.plus(DOUBLES)));
    }

    proptest! {
        #[test]
        fn a_stake_is_a_finite_number_that_grows_with_the_amount_and_with_findings(
            risk in 0_usize..4, amount in proptest::option::of(any::<i64>()), score in any::<f32>(),
            findings in 0_usize..1_000, expires in any::<i64>(),
        ) {
            let risk = RISKS[risk];
            let at = stake(risk, amount, score, findings);
            prop_assert!(at.is_finite() && at > 0.0);
            prop_assert!(stake(risk, amount.map(|cents| cents.saturating_add(1)), score, findings) >= at);
            prop_assert!(stake(risk, amount, score, findings + 1) >= at);
            prop_assert!(rank(at, Timestamp(expires)) <= expires);
        }

        #[test]
        fn the_order_of_two_is_that_of_stake_times_urgency_at_any_time(
            a in (1.0_f64..1e9, 0_i64..30 * 86_400), b in (1.0_f64..1e9, 0_i64..30 * 86_400), now in 0_i64..86_400,
        ) {
            let weight = |(stake, left): (f64, i64)| {
                stake.log2() - (left - now) as f64 / DOUBLES.as_secs_f64()
            };
            let ranked = |(stake, left): (f64, i64)| rank(stake, Timestamp(left * 1_000_000));
            prop_assume!((weight(a) - weight(b)).abs() > 1e-6);
            prop_assert_eq!(weight(a) > weight(b), ranked(a) < ranked(b));
        }
    }
}
