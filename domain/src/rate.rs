//! How many calls a far side takes, and the bucket that keeps all processes together within that.
//!
//! The bucket is the generic cell rate algorithm: one time says how full it is (`full_at`, when it would be
//! full again if nothing more were taken). Processes lease a few permits at a time; what was leased has to
//! be used within [`RateLimit::lasts`], and the pace is slower by that much, so that a lease that is used
//! late does not push more calls into a period than the limit says.

use std::{fmt, time::Duration};

use crate::Timestamp;

/// The longest period a rate may have.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);
/// The most calls of a period.
const MOST: u32 = 1_000_000;

/// So many calls in a period. Without a burst no period sees more calls than that, however it is laid; a
/// tenth of them may go at once. With one it is a bucket of that size which refills at the rate, as leaky
/// buckets are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    calls: u32,
    per: Duration,
    burst: Option<u32>,
}

impl RateLimit {
    /// Of `100/minute`; the error says what to write.
    pub fn parse(rate: &str, burst: Option<u32>) -> Result<Self, String> {
        let wrong = || {
            format!(
                "`{rate}` is no rate such as `100/minute`: write a number, a slash, and second, minute, hour, day or a \
                 number of seconds such as `10s`"
            )
        };
        let (calls, per) = rate.split_once('/').ok_or_else(wrong)?;
        let calls: u32 = calls.trim().parse().map_err(|_| wrong())?;
        let per = match per.trim() {
            "second" => 1,
            "minute" => 60,
            "hour" => 60 * 60,
            "day" => 24 * 60 * 60,
            other => other.strip_suffix('s').and_then(|n| n.parse().ok()).ok_or_else(wrong)?,
        };
        Self::new(calls, Duration::from_secs(per), burst)
    }

    pub fn new(calls: u32, per: Duration, burst: Option<u32>) -> Result<Self, String> {
        if calls == 0 || calls > MOST || per < Duration::from_secs(1) || per > LONGEST {
            return Err(format!("a rate is 1 to {MOST} calls in a period of a second to a day"));
        }
        if burst.is_some_and(|burst| burst == 0 || burst > MOST) {
            return Err(format!("a burst is 1 to {MOST} calls"));
        }
        Ok(Self { calls, per, burst })
    }

    /// Permits that may be there at once.
    pub fn capacity(&self) -> u32 {
        match self.burst {
            None => (self.calls / 10).max(1),
            // What a lease that is used late may add comes off it.
            Some(burst) => {
                let late = self.lasts().as_secs_f64() / self.interval().as_secs_f64();
                burst.saturating_sub(late.ceil() as u32).max(1)
            }
        }
    }

    /// From one permit to the next.
    pub fn interval(&self) -> Duration {
        let interval = match self.burst {
            None => (self.per + self.lasts()) / (self.calls - self.capacity() + 1),
            Some(_) => self.per / self.calls,
        };
        // Rounded up: time is kept in whole microseconds.
        Duration::from_micros(interval.as_nanos().div_ceil(1_000).max(1) as u64)
    }

    /// Permits that are leased together.
    pub fn batch(&self) -> u32 {
        (self.burst.unwrap_or(self.calls / 10) / 4).max(1)
    }

    /// How long leased permits are good for; those of a batch of one are used at once.
    pub fn lasts(&self) -> Duration {
        if self.batch() == 1 { Duration::ZERO } else { self.per / 20 }
    }

    fn capacity_micros(&self) -> i64 {
        micros(self.interval()).saturating_mul(i64::from(self.capacity()))
    }
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per = match self.per.as_secs() {
            1 => "second".to_owned(),
            60 => "minute".to_owned(),
            3600 => "hour".to_owned(),
            86_400 => "day".to_owned(),
            other => format!("{other}s"),
        };
        write!(f, "{}/{per}", self.calls)
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// What all processes have taken together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bucket {
    /// When it is full again if nothing more is taken.
    pub full_at: Timestamp,
}

impl Bucket {
    /// Takes up to so many permits; an empty one says when there is one again.
    pub fn lease(&mut self, limit: &RateLimit, wanted: u32, now: Timestamp) -> Result<u32, Timestamp> {
        let interval = micros(limit.interval());
        // A limit that was raised or lowered since must not leave the bucket empty for longer than it can be.
        let full_at = self.full_at.0.clamp(now.0, now.0.saturating_add(limit.capacity_micros()));
        let room = now.0.saturating_add(limit.capacity_micros()) - full_at;
        let granted = u32::try_from(room / interval).unwrap_or(u32::MAX).min(wanted);
        if granted == 0 {
            return Err(Timestamp(full_at + interval - limit.capacity_micros()));
        }
        self.full_at = Timestamp(full_at + interval * i64::from(granted));
        Ok(granted)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn limit(rate: &str) -> RateLimit {
        RateLimit::parse(rate, None).unwrap()
    }

    #[test]
    fn a_rate_is_read_as_it_is_written() {
        assert_eq!(limit("100/minute"), RateLimit::new(100, Duration::from_secs(60), None).unwrap());
        assert_eq!(limit(" 2 / second ").to_string(), "2/second");
        assert_eq!(limit("100/10s").to_string(), "100/10s");
        for wrong in
            ["", "100", "0/minute", "x/minute", "5/fortnight", "1/0s", "-1/second", "99999999/second"]
        {
            RateLimit::parse(wrong, None).unwrap_err();
        }
        RateLimit::parse("1/second", Some(0)).unwrap_err();
    }

    #[test]
    fn a_bucket_that_is_empty_says_when_there_is_a_permit_again() {
        let limit = RateLimit::parse("2/second", Some(3)).unwrap();
        let (mut bucket, now) = (Bucket::default(), Timestamp(1_000_000_000));
        assert_eq!(bucket.lease(&limit, 5, now), Ok(3));
        let again = bucket.lease(&limit, 1, now).unwrap_err();
        assert_eq!(again.since(now), Duration::from_millis(500));
        assert_eq!(bucket.lease(&limit, 1, Timestamp(again.0 - 1)), Err(again));
        assert_eq!(bucket.lease(&limit, 1, again), Ok(1));
    }

    fn limits() -> impl Strategy<Value = RateLimit> {
        (1u32..400, prop::sample::select(vec![1u64, 10, 60]), prop::option::of(1u32..100))
            .prop_map(|(calls, per, burst)| RateLimit::new(calls, Duration::from_secs(per), burst).unwrap())
    }

    proptest! {
        /// Processes that lease as much as they get and use it as late as they may.
        #[test]
        fn no_period_sees_more_calls_than_the_limit_says(
            limit in limits(),
            wants in prop::collection::vec((0u64..2_000, 1u32..30, 0u32..=100), 1..300),
        ) {
            let (mut bucket, mut now) = (Bucket::default(), Timestamp(1_000_000_000_000));
            let mut used: Vec<i64> = Vec::new();
            for (wait, wanted, late) in wants {
                now = now.plus(Duration::from_millis(wait));
                if let Ok(granted) = bucket.lease(&limit, wanted.min(limit.batch()), now) {
                    let at = now.plus(limit.lasts() * late / 100);
                    used.extend(std::iter::repeat_n(at.0, granted as usize));
                }
            }
            used.sort_unstable();
            let per = micros(limit.per);
            for (first, start) in used.iter().enumerate() {
                let count = used[first..].iter().take_while(|at| **at < start + per).count() as u32;
                let most = limit.calls + limit.burst.unwrap_or(0);
                prop_assert!(count <= most, "{count} of {most}");
            }
        }

        #[test]
        fn who_waits_as_long_as_it_is_told_gets_a_permit(limit in limits(), waits in prop::collection::vec(0u64..500, 1..100)) {
            let (mut bucket, mut now) = (Bucket::default(), Timestamp(1_000_000_000_000));
            for wait in waits {
                now = now.plus(Duration::from_millis(wait));
                if let Err(until) = bucket.lease(&limit, 1, now) {
                    prop_assert!(until > now && until.since(now) <= limit.interval());
                    now = until;
                    prop_assert_eq!(bucket.lease(&limit, 1, now), Ok(1));
                }
            }
        }
    }
}
