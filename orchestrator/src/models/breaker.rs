//! A switch per provider: after failures in a row the provider is left alone for a while, then one
//! call may try it again.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{Clock, Timestamp};

use super::config::BreakerConfig;

/// Opens after `failures` in a row; after `open_ms` lets one probe through, whose outcome closes it
/// or opens it again.
pub struct Breaker {
    config: BreakerConfig,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
enum State {
    Closed {
        failures: u32,
    },
    Open {
        until: Timestamp,
    },
    /// One probe is under way. If it never reports, another may start after `until`.
    HalfOpen {
        until: Timestamp,
    },
}

/// Why a call may not go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resting {
    /// Until the next probe may start.
    pub remaining: Duration,
}

/// Leave to make one attempt. Its outcome must be reported; one that is dropped without (because
/// its caller went away) counts as neither, and frees the probe's place.
pub struct Pass<'a> {
    breaker: &'a Breaker,
    reported: bool,
    probe: bool,
}

impl Breaker {
    pub fn new(config: BreakerConfig, clock: Arc<dyn Clock>) -> Self {
        Self { config, clock, state: Mutex::new(State::Closed { failures: 0 }) }
    }

    /// Asks to make one attempt.
    pub fn admit(&self) -> Result<Pass<'_>, Resting> {
        let now = self.clock.now();
        let mut state = self.lock();
        let probe = match *state {
            State::Closed { .. } => false,
            State::Open { until } | State::HalfOpen { until } if now < until => {
                return Err(Resting { remaining: until.since(now) });
            }
            State::Open { .. } | State::HalfOpen { .. } => {
                *state = State::HalfOpen { until: now.plus(self.open_for()) };
                true
            }
        };
        Ok(Pass { breaker: self, reported: false, probe })
    }

    /// Whether calls are being turned away right now.
    pub fn is_open(&self) -> bool {
        !self.remaining().is_zero()
    }

    /// How long calls are still turned away.
    pub fn remaining(&self) -> Duration {
        match *self.lock() {
            State::Closed { .. } => Duration::ZERO,
            State::Open { until } | State::HalfOpen { until } => until.since(self.clock.now()),
        }
    }

    fn open_for(&self) -> Duration {
        Duration::from_millis(self.config.open_ms)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        // The state is a plain value that is replaced whole, so a panic elsewhere cannot leave it
        // half written.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pass<'_> {
    /// The provider answered, whatever it said.
    pub fn success(mut self) {
        self.reported = true;
        let mut state = self.breaker.lock();
        // A success that started before the breaker opened says nothing about now.
        if self.probe || matches!(*state, State::Closed { .. }) {
            *state = State::Closed { failures: 0 };
        }
    }

    /// The provider failed. True if that opened the breaker.
    pub fn failure(mut self) -> bool {
        self.reported = true;
        let now = self.breaker.clock.now();
        let mut state = self.breaker.lock();
        let opens = match *state {
            State::Closed { failures } => {
                let failures = failures.saturating_add(1);
                *state = State::Closed { failures };
                failures >= self.breaker.config.failures
            }
            State::Open { .. } | State::HalfOpen { .. } => self.probe,
        };
        if opens {
            *state = State::Open { until: now.plus(self.breaker.open_for()) };
        }
        opens
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        if self.reported || !self.probe {
            return;
        }
        let now = self.breaker.clock.now();
        let mut state = self.breaker.lock();
        if matches!(*state, State::HalfOpen { .. }) {
            *state = State::Open { until: now };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    #[derive(Default)]
    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
    }

    fn breaker(failures: u32, open_ms: u64) -> (Arc<Hand>, Breaker) {
        let clock = Arc::new(Hand::default());
        (clock.clone(), Breaker::new(BreakerConfig { failures, open_ms }, clock))
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_a_success_starts_the_count_again() {
        let (_, breaker) = breaker(2, 100);
        assert!(!breaker.admit().unwrap().failure());
        breaker.admit().unwrap().success();
        assert!(!breaker.admit().unwrap().failure());
        assert!(breaker.admit().unwrap().failure());
        assert_eq!(breaker.admit().err(), Some(Resting { remaining: Duration::from_millis(100) }));
    }

    #[test]
    fn one_probe_is_let_through_and_its_outcome_decides() {
        let (clock, breaker) = breaker(1, 100);
        assert!(breaker.admit().unwrap().failure());
        clock.0.store(100_000, Ordering::SeqCst);
        let probe = breaker.admit().unwrap();
        assert!(breaker.admit().is_err(), "a second probe");
        assert!(probe.failure());
        assert!(breaker.is_open());
        clock.0.store(200_000, Ordering::SeqCst);
        breaker.admit().unwrap().success();
        assert!(!breaker.is_open());
        breaker.admit().unwrap().success();
    }

    #[test]
    fn a_probe_whose_caller_goes_away_frees_its_place() {
        let (clock, breaker) = breaker(1, 100);
        assert!(breaker.admit().unwrap().failure());
        clock.0.store(100_000, Ordering::SeqCst);
        drop(breaker.admit().unwrap());
        breaker.admit().unwrap().success();
        assert!(!breaker.is_open());
    }
}
