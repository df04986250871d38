//! Breakers that open by themselves when what they guard keeps failing, and close when it works again.
//!
//! Closed, failures are counted ([`Tally`]). So many in a row, or too large a share of many, open it. Open,
//! nothing is attempted until its cool-down is over. Half-open, one probe at a time may go out: so many that
//! succeed close it, one that fails opens it again for twice as long.
//!
//! A failure is an error or a timeout of the far side. What it refuses because of what was asked is not one,
//! and neither is what a policy refuses. Everything here is pure: who keeps the state applies [`Move`]s to it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::BreakerOf;
use crate::Timestamp;

/// Parts of a window in which outcomes are counted: what is older than the window by a part is forgotten.
const SLOTS: usize = 10;
/// Characters that are kept of a failure.
pub const MAX_ERROR: usize = 300;

/// When a breaker opens and closes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Failures in a row that open it; none do when it is 0.
    pub failures: u32,
    /// The share of failures that opens it, of at least `minimum` outcomes within `window`; none does when
    /// it is 0.
    pub error_rate: f64,
    pub window: Duration,
    pub minimum: u32,
    /// From opening to the first probe; doubles with each probe that fails, up to `longest`.
    pub cool_down: Duration,
    pub longest: Duration,
    /// Probes that have to succeed.
    pub probes: u32,
}

/// Outcomes of what is closed, as one process saw them.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    in_a_row: u32,
    slots: [Slot; SLOTS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    number: i64,
    outcomes: u32,
    failures: u32,
}

impl Tally {
    pub fn succeeded(&mut self, now: Timestamp, terms: &Terms) {
        self.in_a_row = 0;
        self.count(now, terms, 0);
    }

    /// Why the breaker has to open, in words that follow its name; none when it may stay closed.
    pub fn failed(&mut self, now: Timestamp, terms: &Terms) -> Option<String> {
        self.in_a_row = self.in_a_row.saturating_add(1);
        self.count(now, terms, 1);
        if terms.failures > 0 && self.in_a_row >= terms.failures {
            let times = if self.in_a_row == 1 {
                "once".to_owned()
            } else {
                format!("{} times in a row", self.in_a_row)
            };
            return Some(format!("failed {times}"));
        }
        let (outcomes, failures) = self.within(now, terms);
        let many = terms.error_rate > 0.0
            && outcomes >= terms.minimum.max(1)
            && f64::from(failures) >= f64::from(outcomes) * terms.error_rate;
        many.then(|| format!("failed {failures} of {outcomes} times within {} s", terms.window.as_secs()))
    }

    fn count(&mut self, now: Timestamp, terms: &Terms, failures: u32) {
        let number = number(now, terms);
        let slot = &mut self.slots[number.rem_euclid(SLOTS as i64) as usize];
        if slot.number != number {
            *slot = Slot { number, ..Slot::default() };
        }
        slot.outcomes = slot.outcomes.saturating_add(1);
        slot.failures = slot.failures.saturating_add(failures);
    }

    fn within(&self, now: Timestamp, terms: &Terms) -> (u32, u32) {
        let last = number(now, terms);
        let recent =
            self.slots.iter().filter(|slot| (last - slot.number) < SLOTS as i64 && slot.number <= last);
        recent.fold((0, 0), |(outcomes, failures), slot| {
            (slot.outcomes.saturating_add(outcomes), slot.failures.saturating_add(failures))
        })
    }
}

fn number(now: Timestamp, terms: &Terms) -> i64 {
    let slot = (terms.window.as_micros() / SLOTS as u128).clamp(1, i64::MAX as u128) as i64;
    now.0.div_euclid(slot)
}

/// How a breaker stands that is not closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakerState {
    /// Nothing is attempted.
    Open,
    /// It is being tried whether it works again, one attempt at a time.
    HalfOpen,
}

impl BreakerState {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::HalfOpen].into_iter().find(|state| state.as_str() == text)
    }
}

/// A breaker that opened by itself and has not closed yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AutomaticBreaker {
    pub of: BreakerOf,
    pub state: BreakerState,
    /// Why it opened, in words that follow the name: `failed 5 times in a row`.
    pub reason: String,
    /// The last failure, without secrets.
    pub last_error: String,
    /// Since when it has not been closed.
    pub opened_at: Timestamp,
    /// Since when it is in this state.
    pub changed_at: Timestamp,
    /// Open: when the next probe may go out. Half-open: when a probe of which nothing was heard is given up.
    pub probe_at: Timestamp,
    /// Probes that failed since it opened; each doubles the time to the next one.
    pub failed_probes: u32,
    /// Probes that succeeded since the last one that failed.
    pub passed_probes: u32,
    /// Whose probe is out.
    #[serde(skip)]
    pub probe: Option<String>,
}

/// What becomes of a breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Move {
    Open {
        reason: String,
        error: String,
    },
    /// A probe goes out; until then nobody else's does.
    Claim {
        probe: String,
        until: Timestamp,
    },
    Passed {
        probe: String,
    },
    Failed {
        probe: String,
        error: String,
    },
    /// The probe came to nothing that tells anything.
    Released {
        probe: String,
    },
}

/// What a move makes of a breaker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// The move came too late, or too early.
    Same,
    Now(AutomaticBreaker),
    Closed,
}

impl AutomaticBreaker {
    /// For people: what is waited for.
    pub fn words(&self) -> String {
        let next = match self.state {
            BreakerState::Open => format!("tried again at {}", self.probe_at.clock_words()),
            BreakerState::HalfOpen => "it is being tried now".to_owned(),
        };
        format!("{} {}; {next}", self.of.words(), self.reason)
    }

    /// Whether a probe may go out.
    pub fn is_due(&self, now: Timestamp) -> bool {
        now >= self.probe_at
    }

    fn cool_down(&self, terms: &Terms) -> Duration {
        let doubled = terms.cool_down.saturating_mul(1 << self.failed_probes.min(20));
        doubled.min(terms.longest.max(terms.cool_down))
    }

    fn has_out(&self, probe: &str) -> bool {
        self.probe.as_deref() == Some(probe)
    }
}

/// What a move makes of the breaker as it stands; none stands for a closed one.
pub fn after(
    current: Option<AutomaticBreaker>,
    of: &BreakerOf,
    step: Move,
    terms: &Terms,
    now: Timestamp,
) -> After {
    let Some(mut breaker) = current else {
        let Move::Open { reason, error } = step else { return After::Same };
        return After::Now(AutomaticBreaker {
            of: of.clone(),
            state: BreakerState::Open,
            reason,
            last_error: short(&error),
            opened_at: now,
            changed_at: now,
            probe_at: now.plus(terms.cool_down),
            failed_probes: 0,
            passed_probes: 0,
            probe: None,
        });
    };
    match step {
        Move::Open { .. } => return After::Same,
        Move::Claim { probe, until } => {
            if !breaker.is_due(now) {
                return After::Same;
            }
            breaker.changed_at = match breaker.state {
                BreakerState::Open => now,
                BreakerState::HalfOpen => breaker.changed_at,
            };
            breaker.state = BreakerState::HalfOpen;
            breaker.probe_at = until.max(Timestamp(now.0.saturating_add(1)));
            breaker.probe = Some(probe);
        }
        Move::Passed { probe } => {
            if !breaker.has_out(&probe) {
                return After::Same;
            }
            breaker.passed_probes = breaker.passed_probes.saturating_add(1);
            if breaker.passed_probes >= terms.probes.max(1) {
                return After::Closed;
            }
            breaker.probe = None;
            breaker.probe_at = now;
        }
        Move::Failed { probe, error } => {
            if !breaker.has_out(&probe) {
                return After::Same;
            }
            breaker.failed_probes = breaker.failed_probes.saturating_add(1);
            breaker.passed_probes = 0;
            breaker.state = BreakerState::Open;
            breaker.last_error = short(&error);
            breaker.changed_at = now;
            breaker.probe = None;
            breaker.probe_at = now.plus(breaker.cool_down(terms));
        }
        Move::Released { probe } => {
            if !breaker.has_out(&probe) {
                return After::Same;
            }
            breaker.probe = None;
            breaker.probe_at = now;
        }
    }
    After::Now(breaker)
}

/// One line of at most so many characters.
fn short(error: &str) -> String {
    let mut line: String =
        error.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MAX_ERROR).collect();
    if line.len() < error.len() {
        line.push('…');
    }
    line
}

#[cfg(test)]
mod tests;
