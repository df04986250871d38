//! The real clock and the real randomness. Everything else gets them through the ports.

use domain::{Clock, Ids, Timestamp};
use rand::{RngCore as _, TryRngCore as _};
use uuid::Uuid;

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
