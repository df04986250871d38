//! How often strangers may knock, at this process. What must hold for all processes together is counted in the
//! store: failed sign-ins, and what a person has unmasked ([`super::unmask`]).

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    num::NonZeroU32,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use domain::{ContactId, TicketId, UserId};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter, clock::Clock as _};

use super::problem::{Kind, Problem};

/// Requests a minute from one place by who is not signed in and wants to be: questions for a passkey, links.
const ARRIVALS_A_MINUTE: u32 = 30;
/// Tests a minute, by one person, of whether others answer: they cost money, and mail.
const TESTS_A_MINUTE: u32 = 6;
/// Requests a minute by one person's links to decide with.
const BY_LINK_A_MINUTE: u32 = 60;
/// Requests a minute by one customer who signed in.
const BY_CUSTOMER_A_MINUTE: u32 = 240;
/// Checks after which a limiter forgets the keys that are at rest, so that it remembers about as
/// many as knocked lately.
const SWEEP: usize = 10_000;

/// The limits of one process.
pub struct Limits {
    conversations: Limiter<IpAddr>,
    help: Limiter<IpAddr>,
    visitors: Limiter<TicketId>,
    messages: Limiter<TicketId>,
    arrivals: Limiter<IpAddr>,
    connection_tests: Limiter<UserId>,
    links: Limiter<UserId>,
    customers: Limiter<ContactId>,
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
        self.buckets.check_key(key).map_err(|until| too_many(until.wait_time_from(self.clock.now())))
    }
}

impl Limits {
    /// All per minute: new conversations and looks into the help centre from one place, requests and messages
    /// of one conversation.
    pub fn new(conversations: u32, help: u32, requests: u32, messages: u32) -> Self {
        Self {
            conversations: Limiter::per_minute(conversations),
            help: Limiter::per_minute(help),
            visitors: Limiter::per_minute(requests),
            messages: Limiter::per_minute(messages),
            arrivals: Limiter::per_minute(ARRIVALS_A_MINUTE),
            connection_tests: Limiter::per_minute(TESTS_A_MINUTE),
            links: Limiter::per_minute(BY_LINK_A_MINUTE),
            customers: Limiter::per_minute(BY_CUSTOMER_A_MINUTE),
        }
    }

    /// One more conversation from this place.
    pub fn conversation(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        self.conversations.check(&place(from))
    }

    /// One more look into the help centre from this place.
    pub fn help(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        self.help.check(&place(from))
    }

    /// One more request by somebody who wants to be signed in.
    pub fn arrival(&self, from: Option<IpAddr>) -> Result<(), Problem> {
        self.arrivals.check(&place(from))
    }

    /// One more request by a link of this person's to decide with.
    pub fn link(&self, user: UserId) -> Result<(), Problem> {
        self.links.check(&user)
    }

    /// One more request by this contact, signed in.
    pub fn customer(&self, contact: ContactId) -> Result<(), Problem> {
        self.customers.check(&contact)
    }

    /// One more request with this conversation's token.
    pub fn visitor(&self, ticket: TicketId) -> Result<(), Problem> {
        self.visitors.check(&ticket)
    }

    /// One more message by this conversation's visitor.
    pub fn message(&self, ticket: TicketId) -> Result<(), Problem> {
        self.messages.check(&ticket)
    }

    /// One more test of whether others answer, by this person.
    pub fn connection_test(&self, user: UserId) -> Result<(), Problem> {
        self.connection_tests.check(&user)
    }
}

pub(super) fn too_many(wait: Duration) -> Problem {
    Problem::new(Kind::TooManyRequests, "too many requests; wait a moment and try again").retry_after(wait)
}

/// What counts as one place: an address, or the network of a subscriber, who has 2^64 addresses of IPv6. Where it is
/// not known there is one bucket for all of them.
pub(super) fn place(from: Option<IpAddr>) -> IpAddr {
    match from {
        Some(IpAddr::V6(address)) => {
            IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
        }
        Some(address) => address,
        None => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_that_is_empty_says_when_to_come_back() {
        let limits = Limits::new(2, 1, 1, 1);
        let from = Some(IpAddr::from([10, 0, 0, 1]));
        assert!(limits.conversation(from).is_ok());
        assert!(limits.conversation(from).is_ok());
        let problem = limits.conversation(from).unwrap_err();
        assert!(problem.retry_after.is_some_and(|after| after <= Duration::from_secs(30)));
        assert!(limits.conversation(Some(IpAddr::from([10, 0, 0, 2]))).is_ok());
    }

    #[test]
    fn the_addresses_of_one_subscriber_are_one_place() {
        let limits = Limits::new(1, 1, 1, 1);
        let of = |network, host| Some(IpAddr::from([0x2001, 0xdb8, 0, network, 0, 0, 0, host]));
        assert!(limits.conversation(of(1, 1)).is_ok());
        assert!(limits.conversation(of(1, 2)).is_err());
        assert!(limits.conversation(of(2, 1)).is_ok());
    }
}
