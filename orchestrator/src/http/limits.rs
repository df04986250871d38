//! How often strangers may knock: visitors' requests and failed sign-ins.

use std::{
    net::IpAddr,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{TicketId, UserId};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};
use moka::sync::Cache;

use super::problem::{Kind, Problem};

/// Failures of one address from one place before sign-in is closed to it.
const SIGN_IN_FAILURES: u32 = 5;
const SIGN_IN_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Things that one person may have unmasked a minute: enough to work, too few to copy a desk.
const UNMASKED_A_MINUTE: u32 = 20;
/// Checks after which a limiter forgets the keys that are at rest, so that it remembers about as
/// many as knocked lately.
const SWEEP: usize = 10_000;

/// The limits of one process.
pub struct Limits {
    conversations: Limiter<IpAddr>,
    visitors: Limiter<TicketId>,
    messages: Limiter<TicketId>,
    unmasked: Limiter<UserId>,
    failures: Cache<(String, Option<IpAddr>), Arc<AtomicU32>>,
}

/// A token bucket per key.
struct Limiter<K: std::hash::Hash + Eq + Clone> {
    buckets: DefaultKeyedRateLimiter<K>,
    clock: governor::clock::DefaultClock,
    checks: AtomicUsize,
}

impl<K: std::hash::Hash + Eq + Clone> Limiter<K> {
    fn per_minute(count: u32) -> Self {
        let count = NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN);
        Self {
            buckets: RateLimiter::keyed(Quota::per_minute(count)),
            clock: Default::default(),
            checks: AtomicUsize::new(0),
        }
    }

    fn check(&self, key: &K) -> Result<(), Problem> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            self.buckets.retain_recent();
        }
        self.buckets.check_key(key).map_err(|until| {
            Problem::new(Kind::TooManyRequests, "too many requests; wait a moment and try again")
                .retry_after(until.wait_time_from(self.clock.now()))
        })
    }
}

impl Limits {
    /// All per minute: new conversations from one place, requests and messages of one conversation.
    pub fn new(conversations: u32, requests: u32, messages: u32) -> Self {
        Self {
            conversations: Limiter::per_minute(conversations),
            visitors: Limiter::per_minute(requests),
            messages: Limiter::per_minute(messages),
            unmasked: Limiter::per_minute(UNMASKED_A_MINUTE),
            failures: Cache::builder().max_capacity(100_000).time_to_live(SIGN_IN_WINDOW).build(),
        }
    }

    /// One more conversation from this place. Where the place is not known there is one bucket for
    /// all of them.
    pub fn conversation(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        self.conversations.check(&from.unwrap_or(IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED)))
    }

    /// One more request with this conversation's token.
    pub fn visitor(&self, ticket: TicketId) -> Result<(), Problem> {
        self.visitors.check(&ticket)
    }

    /// One more message by this conversation's visitor.
    pub fn message(&self, ticket: TicketId) -> Result<(), Problem> {
        self.messages.check(&ticket)
    }

    /// One more thing that this person has unmasked.
    pub fn unmask(&self, user: UserId) -> Result<(), Problem> {
        self.unmasked.check(&user)
    }

    /// Whether this address may try to sign in from this place. Counts the try as a failure before
    /// the password is looked at, so that tries side by side cannot pass the limit;
    /// [`Limits::signed_in`] forgets them.
    pub fn sign_in(&self, email: &str, from: Option<IpAddr>) -> Result<(), Problem> {
        let failures = self.failures.get_with((email.to_owned(), from), Arc::default);
        if failures.fetch_add(1, Ordering::SeqCst) < SIGN_IN_FAILURES {
            return Ok(());
        }
        Err(Problem::new(
            Kind::TooManyRequests,
            "too many failed sign-ins; wait a quarter of an hour and try again",
        )
        .retry_after(SIGN_IN_WINDOW))
    }

    /// The password was right.
    pub fn signed_in(&self, email: &str, from: Option<IpAddr>) {
        self.failures.invalidate(&(email.to_owned(), from));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sixth_failed_sign_in_is_refused_and_a_good_one_clears_the_count() {
        let limits = Limits::new(1, 1, 1);
        let tries = |email: &str| (0..SIGN_IN_FAILURES).all(|_| limits.sign_in(email, None).is_ok());
        assert!(tries("a@x.de"));
        assert_eq!(limits.sign_in("a@x.de", None).unwrap_err().kind, Kind::TooManyRequests);
        assert!(limits.sign_in("b@x.de", None).is_ok());
        limits.signed_in("a@x.de", None);
        assert!(tries("a@x.de"));
    }

    #[test]
    fn a_bucket_that_is_empty_says_when_to_come_back() {
        let limits = Limits::new(2, 1, 1);
        let from = Some(IpAddr::from([10, 0, 0, 1]));
        assert!(limits.conversation(from).is_ok());
        assert!(limits.conversation(from).is_ok());
        let problem = limits.conversation(from).unwrap_err();
        assert!(problem.retry_after.is_some_and(|after| after <= Duration::from_secs(30)));
        assert!(limits.conversation(Some(IpAddr::from([10, 0, 0, 2]))).is_ok());
    }
}
