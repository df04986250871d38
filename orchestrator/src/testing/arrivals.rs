//! Requests that come when they come, whether or not the earlier ones were answered.
//!
//! A driver that waits for an answer before it asks again asks less while the service is slow, and so leaves out
//! what the slow moments would have cost others (coordinated omission). Here each request is due at a moment that
//! is fixed beforehand, and its time counts from that moment, however late it could be sent.

#![allow(clippy::disallowed_methods, reason = "a benchmark is its own clock")]

use std::{
    collections::BTreeMap,
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

use super::load::percentile;

/// Requests under way at once; what is due beyond it counts as failed, unsent.
const AT_ONCE: usize = 4096;
/// How long those that are under way at the end are waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of requests of one kind.
#[derive(Default)]
pub struct Kind {
    /// Milliseconds from when each was due to its answer.
    pub ms: Vec<f64>,
    pub failed: usize,
}

impl Kind {
    pub fn report(&mut self) -> Value {
        self.ms.sort_by(f64::total_cmp);
        json!({
            "requests": self.ms.len() + self.failed,
            "failed": self.failed,
            "p50_ms": percentile(&self.ms, 0.5),
            "p99_ms": percentile(&self.ms, 0.99),
        })
    }
}

/// What became of all.
pub struct Outcome {
    pub kinds: BTreeMap<&'static str, Kind>,
    /// From the first to the last answer.
    pub elapsed: Duration,
}

impl Outcome {
    pub fn all(&self) -> Kind {
        let mut all = Kind::default();
        for kind in self.kinds.values() {
            all.ms.extend(&kind.ms);
            all.failed += kind.failed;
        }
        all
    }

    /// Requests a second that were answered.
    pub fn answered_per_s(&self) -> f64 {
        let answered: usize = self.kinds.values().map(|kind| kind.ms.len()).sum();
        (answered as f64 / self.elapsed.as_secs_f64() * 10.0).round() / 10.0
    }
}

/// Sends `rate` requests a second for `time`. `ask` is given the number of the request and says of which kind it
/// is; what it resolves to says whether it was answered as it should.
pub async fn arrive<F>(rate: f64, time: Duration, mut ask: impl FnMut(usize) -> (&'static str, F)) -> Outcome
where
    F: Future<Output = bool> + Send + 'static,
{
    let started = Instant::now();
    let count = (rate * time.as_secs_f64()).round() as usize;
    let kinds: Arc<Mutex<BTreeMap<&'static str, Kind>>> = Arc::default();
    let under_way = Arc::new(AtomicUsize::new(0));
    let mut tasks = JoinSet::new();
    let mut sent: BTreeMap<&'static str, usize> = BTreeMap::new();
    for number in 0..count {
        let due = started + Duration::from_secs_f64(number as f64 / rate);
        sleep_until(due).await;
        let (kind, answer) = ask(number);
        *sent.entry(kind).or_default() += 1;
        if under_way.fetch_add(1, Ordering::Relaxed) >= AT_ONCE {
            under_way.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (kinds, under_way) = (Arc::clone(&kinds), Arc::clone(&under_way));
        tasks.spawn(async move {
            let answered = answer.await;
            let ms = due.elapsed().as_secs_f64() * 1000.0;
            under_way.fetch_sub(1, Ordering::Relaxed);
            if answered {
                kinds.lock().unwrap().entry(kind).or_default().ms.push(ms);
            }
        });
        while tasks.try_join_next().is_some() {}
    }
    if timeout(PATIENCE, async { while tasks.join_next().await.is_some() {} }).await.is_err() {
        tasks.shutdown().await;
    }
    let elapsed = started.elapsed();
    let mut kinds = std::mem::take(&mut *kinds.lock().unwrap());
    // Whatever was due and has no answer has failed, for whatever reason.
    for (kind, sent) in sent {
        let kind = kinds.entry(kind).or_default();
        kind.failed = sent - kind.ms.len();
    }
    Outcome { kinds, elapsed }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stall_counts_for_all_that_were_due_while_it_lasted() {
        // One at a time, and the first holds the others up until the tenth has come.
        let (gate, tenth) = (Arc::new(tokio::sync::Mutex::new(())), Arc::new(tokio::sync::Notify::new()));
        let outcome = arrive(100.0, Duration::from_millis(200), |number| {
            let (gate, tenth) = (Arc::clone(&gate), Arc::clone(&tenth));
            if number == 9 {
                tenth.notify_one();
            }
            let answer = async move {
                let _turn = gate.lock().await;
                if number == 0 {
                    tenth.notified().await;
                }
                number != 19
            };
            (if number == 0 { "first" } else { "others" }, answer)
        })
        .await;
        let others = &outcome.kinds["others"];
        assert_eq!((others.ms.len(), others.failed), (18, 1));
        // Answered in the order in which they came; each was due ten milliseconds after the one before.
        for (place, ms) in others.ms.iter().take(8).enumerate() {
            let stalled = 10.0 * (8 - place) as f64;
            assert!(*ms >= stalled, "request {}: {ms} ms, and it was held up for {stalled}", place + 1);
        }
        assert_eq!((outcome.all().ms.len(), outcome.all().failed), (19, 1));
    }
}
