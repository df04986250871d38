//! The clock of an evaluation: it begins at one moment, whatever the day, and can be set forward. So what a case
//! comes to does not depend on when it is held.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use domain::{Clock, Timestamp};
use tokio::time::Instant;

/// A Friday morning within support hours.
const BEGINNING: &str = "2026-11-20T10:00:00Z";

pub struct EvalClock {
    beginning: Timestamp,
    since: Instant,
    forward: AtomicI64,
}

impl EvalClock {
    pub fn new() -> Self {
        let beginning = Timestamp::parse_rfc3339(BEGINNING).unwrap_or(Timestamp(0));
        Self { beginning, since: Instant::now(), forward: AtomicI64::new(0) }
    }

    pub fn forward(&self, by: Duration) {
        self.forward.fetch_add(i64::try_from(by.as_micros()).unwrap_or(0), Ordering::SeqCst);
    }
}

impl Default for EvalClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for EvalClock {
    fn now(&self) -> Timestamp {
        let gone = i64::try_from(self.since.elapsed().as_micros()).unwrap_or(i64::MAX);
        Timestamp(self.beginning.0.saturating_add(gone).saturating_add(self.forward.load(Ordering::SeqCst)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_begins_on_that_day_and_goes_on_and_forward() {
        let clock = EvalClock::new();
        assert!(clock.now().rfc3339().starts_with("2026-11-20T10:0"));
        clock.forward(Duration::from_secs(25 * 3600));
        assert!(clock.now().rfc3339().starts_with("2026-11-21T11:0"));
    }
}
