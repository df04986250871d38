//! How many calls far sides take, kept by all processes together.
//!
//! A process leases a few permits at a time from the database ([`store::Store::lease_permits`]) and uses them
//! at once or within a twentieth of the period; so the sum over all processes is within the limit, and most
//! calls ask nobody. In front stands a bucket of this process alone (`governor`), so that who is at the limit
//! by itself does not ask the database to hear it. What has no limit costs nothing.
//!
//! A far side that asks to be left alone (429) is left alone, by all processes.

use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{Arc, Mutex, PoisonError, RwLock},
    time::Duration,
};

use domain::{
    Clock, Timestamp,
    rate::{Bucket, RateLimit},
};
use governor::{
    Quota, RateLimiter,
    clock::Clock as GovernorClock,
    middleware::NoOpMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed},
};
use metrics::counter;
use store::{Store, StoreError};
use tracing::warn;

use super::automatic::Pause;

/// A far side that says 429 and not for how long, or says it again and again, is left alone for this long,
/// doubled each time.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(10 * 60);
/// However long it asks for.
const LONGEST_ASKED: Duration = Duration::from_secs(60 * 60);
/// Who waits for a far side without a limit comes back one after another.
const APART: Duration = Duration::from_millis(50);
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// What has a limit: `integration:shop`, `provider:openai`, `mail`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Limited {
    pub(crate) name: String,
    /// For people: `the integration shop`.
    pub(crate) words: String,
    pub(crate) rate: Option<RateLimit>,
}

/// The house's clock, as `governor` reads it.
#[derive(Clone)]
struct HouseClock(Arc<dyn Clock>);

impl GovernorClock for HouseClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(u64::try_from(self.0.now().0).unwrap_or_default().saturating_mul(1_000))
    }
}

type Here = RateLimiter<NotKeyed, InMemoryState, HouseClock, NoOpMiddleware<Nanos>>;

/// What this process knows of one.
struct Local {
    rate: RateLimit,
    here: Here,
    leased: u32,
    good_until: Timestamp,
    empty_until: Timestamp,
    /// Without a database.
    bucket: Bucket,
}

pub(crate) struct Rates {
    /// None: nobody else shares it.
    store: Option<Store>,
    clock: Arc<dyn Clock>,
    known: Mutex<HashMap<String, Arc<tokio::sync::Mutex<Local>>>>,
    paused: RwLock<HashMap<String, Timestamp>>,
    /// When the next one who has to wait may come back.
    queues: Mutex<HashMap<String, Timestamp>>,
    /// How often 429 was said without an answer in between.
    refusals: Mutex<HashMap<String, u32>>,
}

impl Rates {
    pub(super) fn new(store: Option<Store>, clock: Arc<dyn Clock>) -> Self {
        Self {
            store,
            clock,
            known: Mutex::default(),
            paused: RwLock::default(),
            queues: Mutex::default(),
            refusals: Mutex::default(),
        }
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks the database who asked to be left alone.
    pub(super) async fn refresh(&self) -> Result<(), StoreError> {
        let Some(store) = &self.store else { return Ok(()) };
        let rows = store.paused_rates().await?;
        let now = self.clock.now();
        let mut paused = self.paused.write().unwrap_or_else(PoisonError::into_inner);
        paused.retain(|_, until| *until > now);
        for (name, until) in rows {
            let known = paused.entry(name).or_default();
            *known = until.max(*known);
        }
        Ok(())
    }

    /// Takes one permit.
    pub(crate) async fn take(&self, of: &Limited) -> Result<(), Pause> {
        let now = self.clock.now();
        if let Some(until) = self.paused_until(&of.name, now) {
            let until = self.queue(of, until);
            let why = format!(
                "{}, which takes no more calls for now; goes on at {}",
                of.words,
                until.clock_words()
            );
            return Err(Pause { why, until, at_limit: true });
        }
        let Some(rate) = of.rate else { return Ok(()) };
        let local = self.local(&of.name, rate);
        let mut local = local.lock().await;
        if local.leased > 0 && now <= local.good_until {
            local.leased -= 1;
            return Ok(());
        }
        let leased = match local.ask_here(now) {
            Err(until) => Err(until),
            Ok(wanted) => match self.lease(&of.name, &mut local, wanted, now).await {
                Ok(leased) => leased,
                Err(error) => {
                    warn!(%error, of = of.name, "it cannot be told how many calls are left");
                    let why = format!("the limit of {}, which the database does not tell about", of.words);
                    return Err(Pause { why, until: now.plus(ASK_AGAIN), at_limit: true });
                }
            },
        };
        match leased {
            Ok(leased) => {
                local.leased = leased.saturating_sub(1);
                local.good_until = now.plus(rate.lasts());
                Ok(())
            }
            Err(until) => {
                local.empty_until = until;
                counter!("countersign_rate_waits_total", "of" => of.name.clone()).increment(1);
                let until = self.queue(of, until);
                let why = format!("the limit of {} ({rate}); goes on at {}", of.words, until.clock_words());
                Err(Pause { why, until, at_limit: true })
            }
        }
    }

    async fn lease(
        &self,
        name: &str,
        local: &mut Local,
        wanted: u32,
        now: Timestamp,
    ) -> Result<Result<u32, Timestamp>, StoreError> {
        match &self.store {
            Some(store) => store.lease_permits(name.to_owned(), local.rate, wanted).await,
            None => Ok(local.bucket.lease(&local.rate, wanted, now)),
        }
    }

    /// The far side takes no more calls, for as long as it says, if it does. All processes hear of it.
    pub(crate) async fn refused(&self, of: &Limited, after: Option<Duration>) -> Timestamp {
        let times = {
            let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
            let times = refusals.entry(of.name.clone()).or_default();
            *times = times.saturating_add(1);
            *times
        };
        let doubled = FIRST_PAUSE.saturating_mul(1 << (times - 1).min(16)).min(LONGEST_PAUSE);
        let wait = match after {
            Some(after) if times == 1 => after,
            Some(after) => after.max(doubled),
            None => doubled,
        };
        let until = self.clock.now().plus(wait.min(LONGEST_ASKED));
        {
            let mut paused = self.paused.write().unwrap_or_else(PoisonError::into_inner);
            let known = paused.entry(of.name.clone()).or_default();
            *known = until.max(*known);
        }
        counter!("countersign_rate_refusals_total", "of" => of.name.clone()).increment(1);
        warn!(of = of.name, %until, "the far side takes no more calls for now");
        if let Some(store) = &self.store
            && let Err(error) = store.pause_rate(of.name.clone(), until).await
        {
            warn!(%error, of = of.name, "other processes do not hear that it takes no more calls");
        }
        until
    }

    /// The far side took a call.
    pub(crate) fn answered(&self, of: &Limited) {
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if !refusals.is_empty() {
            refusals.remove(&of.name);
        }
    }

    fn paused_until(&self, name: &str, now: Timestamp) -> Option<Timestamp> {
        let paused = self.paused.read().unwrap_or_else(PoisonError::into_inner);
        paused.get(name).copied().filter(|until| *until > now)
    }

    /// When one of those who wait may come back: one after another, as permits come.
    fn queue(&self, of: &Limited, until: Timestamp) -> Timestamp {
        let apart = of.rate.map_or(APART, |rate| rate.interval());
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let next = queues.entry(of.name.clone()).or_default();
        let mine = until.max(*next);
        *next = mine.plus(apart);
        mine
    }

    fn local(&self, name: &str, rate: RateLimit) -> Arc<tokio::sync::Mutex<Local>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(tokio::sync::Mutex::new(Local::new(rate, &self.clock)));
        match known.get(name) {
            Some(local) => Arc::clone(local),
            None => Arc::clone(known.entry(name.to_owned()).or_insert_with(new)),
        }
    }
}

impl Local {
    fn new(rate: RateLimit, clock: &Arc<dyn Clock>) -> Self {
        let capacity = NonZeroU32::new(rate.capacity()).unwrap_or(NonZeroU32::MIN);
        // The interval is never nothing.
        let quota = Quota::with_period(rate.interval()).unwrap_or(Quota::per_second(NonZeroU32::MIN));
        let here = RateLimiter::direct_with_clock(quota.allow_burst(capacity), HouseClock(Arc::clone(clock)));
        let never = Timestamp::default();
        Self { rate, here, leased: 0, good_until: never, empty_until: never, bucket: Bucket::default() }
    }

    /// How many permits to ask for; the error is when this process alone has one again.
    fn ask_here(&self, now: Timestamp) -> Result<u32, Timestamp> {
        if self.empty_until > now {
            return Err(self.empty_until);
        }
        let batch = NonZeroU32::new(self.rate.batch().min(self.rate.capacity())).unwrap_or(NonZeroU32::MIN);
        if matches!(self.here.check_n(batch), Ok(Ok(()))) {
            return Ok(batch.get());
        }
        self.here.check().map(|()| 1).map_err(|until| {
            let at = until.earliest_possible().as_u64().div_ceil(1_000);
            Timestamp(i64::try_from(at).unwrap_or(i64::MAX))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    struct Hand(AtomicI64);

    impl Clock for Hand {
        fn now(&self) -> Timestamp {
            Timestamp(self.0.load(Ordering::SeqCst))
        }
    }

    fn rates() -> (Arc<Hand>, Rates) {
        let clock = Arc::new(Hand(AtomicI64::new(1_764_000_000_000_000)));
        (clock.clone(), Rates::new(None, clock))
    }

    fn shop(rate: Option<&str>) -> Limited {
        Limited {
            name: "integration:shop".to_owned(),
            words: "the integration shop".to_owned(),
            rate: rate.map(|rate| RateLimit::parse(rate, None).unwrap()),
        }
    }

    #[tokio::test]
    async fn those_who_have_to_wait_come_back_one_after_another() {
        let (clock, rates) = rates();
        let shop = shop(Some("20/minute"));
        assert!(rates.take(&shop).await.is_ok());
        assert!(rates.take(&shop).await.is_ok());
        let first = rates.take(&shop).await.unwrap_err();
        let second = rates.take(&shop).await.unwrap_err();
        assert_eq!(second.until.since(first.until), shop.rate.unwrap().interval());
        assert!(
            first.why.starts_with("the limit of the integration shop (20/minute); goes on at "),
            "{first:?}"
        );
        clock.0.store(first.until.0, Ordering::SeqCst);
        assert!(rates.take(&shop).await.is_ok());
        assert!(rates.take(&shop).await.is_err());
    }

    #[tokio::test]
    async fn a_busy_process_gets_what_the_limit_gives_and_no_more() {
        let (clock, rates) = rates();
        let shop = shop(Some("600/minute"));
        let mut made = 0;
        for _ in 0..60_000 {
            clock.0.fetch_add(1_000, Ordering::SeqCst);
            made += u32::from(rates.take(&shop).await.is_ok());
        }
        assert!((480..=600).contains(&made), "{made}");
    }

    #[tokio::test]
    async fn a_far_side_that_asks_for_it_is_left_alone_longer_each_time() {
        let (clock, rates) = rates();
        let shop = shop(None);
        assert!(rates.take(&shop).await.is_ok());
        let now = rates.clock.now();
        assert_eq!(rates.refused(&shop, Some(Duration::from_secs(7))).await.since(now).as_secs(), 7);
        let pause = rates.take(&shop).await.unwrap_err();
        assert!(pause.why.contains("takes no more calls for now"), "{pause:?}");
        clock.0.fetch_add(7_000_000, Ordering::SeqCst);
        assert!(rates.take(&shop).await.is_ok());
        let now = rates.clock.now();
        assert_eq!(
            rates.refused(&shop, Some(Duration::ZERO)).await.since(now).as_secs(),
            2,
            "it said so twice"
        );
        assert_eq!(rates.refused(&shop, None).await.since(now).as_secs(), 4);
        clock.0.fetch_add(4_000_000, Ordering::SeqCst);
        rates.answered(&shop);
        let now = rates.clock.now();
        assert_eq!(rates.refused(&shop, None).await.since(now).as_secs(), 1);
        let forever = Some(Duration::from_secs(1_000_000));
        rates.answered(&shop);
        assert_eq!(rates.refused(&shop, forever).await.since(now), LONGEST_ASKED);
    }
}
