//! The real clock and the real randomness. Everything else gets them through the ports.

use std::{
    sync::{PoisonError, RwLock},
    time::Duration,
};

use domain::{Clock, Ids, Timestamp};
use rand::{RngCore as _, TryRngCore as _};
use store::Store;
use tokio::time::{self, Instant, MissedTickBehavior};
use tracing::debug;
use uuid::Uuid;

const ASKED_EVERY: Duration = Duration::from_secs(1);
const SLOW: Duration = Duration::from_millis(500);

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock port's own implementation")]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Timestamp(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// The time of a database that several processes share, so that none is early or late by a clock of its own:
/// leases, retries and deadlines are compared across processes. In between it goes on by a clock that nobody
/// sets, so that a machine whose clock jumps, or is wrong, notices nothing.
#[derive(Debug)]
pub struct SharedClock(RwLock<(Timestamp, Instant)>);

impl Default for SharedClock {
    /// By the machine's clock until the database is heard.
    fn default() -> Self {
        Self(RwLock::new((SystemClock.now(), Instant::now())))
    }
}

impl SharedClock {
    /// The database said that it was `now` at some moment after `asked`, and has just said so.
    pub fn heard(&self, now: Timestamp, asked: Instant) {
        let way = asked.elapsed();
        // An answer that took long tells little.
        if way < SLOW {
            *self.0.write().unwrap_or_else(PoisonError::into_inner) = (now, asked + way / 2);
        }
    }

    /// Goes on asking.
    pub async fn follow(&self, store: &Store) {
        let mut tick = time::interval(ASKED_EVERY);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tick.tick().await;
            self.ask(store).await;
        }
    }

    pub(crate) async fn ask(&self, store: &Store) {
        let asked = Instant::now();
        match store.time().await {
            Ok(Some(now)) => self.heard(now, asked),
            Ok(None) => {}
            Err(error) => debug!(%error, "the database cannot be asked what time it is"),
        }
    }
}

impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        let (then, at) = *self.0.read().unwrap_or_else(PoisonError::into_inner);
        then.plus(at.elapsed())
    }
}

/// The operating system's randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "this is the Ids port's own implementation")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }

    #[expect(clippy::expect_used, reason = "without the system's randomness no secret may be made at all")]
    fn secret(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        rand::rngs::OsRng.try_fill_bytes(&mut bytes).expect("the operating system provides randomness");
        bytes
    }

    #[expect(clippy::disallowed_methods, reason = "this is the Ids port's own implementation")]
    fn fraction(&self) -> f64 {
        (rand::rng().next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_databases_time_counts_and_an_answer_that_took_long_does_not() {
        let clock = SharedClock::default();
        let asked = Instant::now();
        let wrong = clock.now().plus(Duration::from_secs(3600));
        clock.heard(wrong, asked);
        assert!(clock.now() >= wrong, "whatever the machine says");
        clock.heard(Timestamp(0), asked.checked_sub(SLOW).unwrap());
        assert!(clock.now() >= wrong);
    }
}
