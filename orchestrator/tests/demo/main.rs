//! The demo shop and the seed of its workspace.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod seed;
mod shop;

use std::{
    sync::Arc,
    sync::atomic::{AtomicU64, Ordering},
};

use domain::{Clock, Ids, Timestamp};
use uuid::Uuid;

/// 21 November 2026, 10:00 UTC, for as long as the test runs.
pub const NOW: Timestamp = Timestamp(1_795_255_200_000_000);

pub struct Standing;

impl Clock for Standing {
    fn now(&self) -> Timestamp {
        NOW
    }
}

#[derive(Default)]
pub struct Counting(AtomicU64);

impl Ids for Counting {
    fn uuid(&self) -> Uuid {
        // The version and variant bits of a UUIDv7, so that it passes for one.
        Uuid::from_u128(
            0x0192_0000_0000_7000_8000_0000_0000_0000 | u128::from(self.0.fetch_add(1, Ordering::Relaxed)),
        )
    }
    fn secret(&self) -> [u8; 32] {
        [7; 32]
    }
    fn fraction(&self) -> f64 {
        0.5
    }
}

pub fn clock() -> Arc<dyn Clock> {
    Arc::new(Standing)
}

pub fn ids() -> Arc<dyn Ids> {
    Arc::new(Counting::default())
}
