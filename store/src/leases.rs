//! Until when this process may work on each run it has leased, by a clock that nobody sets.
//!
//! The database says whose a run is, and lets others take it when its lease has passed there. Whoever had it
//! has to be done by then, also when it cannot ask: cut off from the database, or stopped for a while without
//! knowing. So a lease is reckoned here from the moment before it was asked for, and ends a little early.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use domain::RunId;
use tokio::{
    sync::watch,
    time::{self, Instant},
};

#[derive(Debug)]
pub(crate) struct Leases {
    length: Duration,
    held: Mutex<HashMap<RunId, Held>>,
}

#[derive(Debug)]
struct Held {
    fence: i64,
    until: watch::Sender<Instant>,
}

impl Leases {
    /// Leases are `length` long in the database.
    pub(crate) fn new(length: Duration) -> Self {
        // What is sent in the last moment takes a moment to arrive.
        Self { length: length - length / 10, held: Mutex::default() }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<RunId, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A run that was leased by something that was sent after `asked`. An older lease of it is over.
    pub(crate) fn take(self: &Arc<Self>, run: RunId, fence: i64, asked: Instant) -> Lease {
        let (until, watched) = watch::channel(asked + self.length);
        if let Some(older) = self.held().insert(run, Held { fence, until }) {
            older.until.send_replace(asked);
        }
        Lease { run, fence, leases: Arc::clone(self), term: Term { until: watched } }
    }

    /// Those that are worked on and surely this process's. What nobody works on any more is let go of, so that
    /// its lease passes.
    pub(crate) fn holding(&self) -> Vec<RunId> {
        let now = Instant::now();
        self.held().iter().filter(|(_, held)| now < *held.until.borrow()).map(|(run, _)| *run).collect()
    }

    /// These were still held, and are from here on, when something was done that was sent after `asked`.
    pub(crate) fn extend(&self, still: &[(RunId, i64)], asked: Instant) {
        let held = self.held();
        for (run, fence) in still {
            if let Some(held) = held.get(run).filter(|held| held.fence == *fence) {
                let until = asked + self.length;
                held.until.send_if_modified(|known| {
                    let later = until > *known;
                    if later {
                        *known = until;
                    }
                    later
                });
            }
        }
    }
}

/// Held for as long as a run is worked on.
#[derive(Debug)]
pub struct Lease {
    run: RunId,
    fence: i64,
    leases: Arc<Leases>,
    term: Term,
}

impl Lease {
    pub fn term(&self) -> Term {
        self.term.clone()
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut held = self.leases.held();
        if held.get(&self.run).is_some_and(|held| held.fence == self.fence) {
            held.remove(&self.run);
        }
    }
}

/// How long a lease goes on.
#[derive(Clone, Debug)]
pub struct Term {
    until: watch::Receiver<Instant>,
}

impl Term {
    /// Whether the run is surely still this process's, now.
    pub fn holds(&self) -> bool {
        self.holds_at(Instant::now())
    }

    #[cfg(test)]
    pub(crate) fn until(&self) -> Instant {
        *self.until.borrow()
    }

    fn holds_at(&self, now: Instant) -> bool {
        now < *self.until.borrow()
    }

    /// Resolves when it is not.
    pub async fn ended(&mut self) {
        loop {
            let until = *self.until.borrow_and_update();
            if !self.holds() {
                return;
            }
            tokio::select! {
                () = time::sleep_until(until) => {}
                changed = self.until.changed() => if changed.is_err() {
                    // Nobody extends it any more.
                    time::sleep_until(until).await;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    const LEASE: Duration = Duration::from_secs(30);

    fn run(number: u128) -> RunId {
        RunId(Uuid::from_u128(number))
    }

    #[tokio::test]
    async fn a_lease_that_nobody_extends_ends_before_it_does_in_the_database() {
        let leases = Arc::new(Leases::new(LEASE));
        let now = Instant::now();
        let lease = leases.take(run(1), 1, now);
        assert!(lease.term().holds_at(now) && lease.term().holds());
        assert!(!lease.term().holds_at(now + LEASE - Duration::from_secs(1)));
        // One that was asked for so long ago that it is over when it is heard of.
        let late = leases.take(run(2), 1, now.checked_sub(LEASE).unwrap());
        assert!(!late.term().holds());
        late.term().ended().await;
    }

    #[tokio::test]
    async fn what_was_still_held_goes_on_and_what_another_has_taken_does_not() {
        let leases = Arc::new(Leases::new(LEASE));
        let now = Instant::now();
        let (one, two) = (leases.take(run(1), 1, now), leases.take(run(2), 1, now));
        assert_eq!(leases.holding().len(), 2);
        // Of the second another process has the next fence by now.
        leases.extend(&[(run(1), 1), (run(2), 2), (run(3), 1)], now + LEASE / 2);
        assert!(one.term().holds_at(now + LEASE) && !two.term().holds_at(now + LEASE));
        // An answer that comes late takes nothing back.
        leases.extend(&[(run(1), 1)], now);
        assert!(one.term().holds_at(now + LEASE));
    }

    #[tokio::test]
    async fn a_run_that_comes_back_to_the_same_process_ends_the_older_lease() {
        let leases = Arc::new(Leases::new(LEASE));
        let older = leases.take(run(1), 1, Instant::now());
        let newer = leases.take(run(1), 2, Instant::now());
        older.term().ended().await;
        assert!(newer.term().holds());
        drop(older);
        leases.extend(&[(run(1), 2)], Instant::now() + LEASE);
        assert!(newer.term().holds_at(Instant::now() + LEASE), "dropping the older one has not touched it");
        drop(newer);
        assert!(leases.held().is_empty());
    }
}
