//! The run engine: asks an agent for its next step, performs it, appends the result to the journal
//! and asks again.
//!
//! - A run that is worked on is one task ([`session`]); a run that waits is a row.
//! - Nothing is performed twice: a step that is in the journal is read, not repeated; an effect is
//!   recorded before it is attempted ([`effects`]); what the process lost in a crash was never
//!   acknowledged to anyone.
//! - The journal is only written with the run's fence, so a worker that was replaced cannot write.
//! - A process that stops leases nothing more, hands back what it has not begun, and brings the rest to a good place.

mod about;
mod asked;
mod asking;
mod calls;
mod credits;
mod effects;
mod errands;
mod failure;
pub mod footing;
mod held;
mod house;
mod inquiries;
mod judging;
mod limits;
mod models;
pub mod moment;
pub mod prompt;
mod reads;
pub mod replay;
mod reports;
pub mod rerun;
mod session;
mod since;
mod stopped;
mod suspicions;
mod timers;
mod triggers;
mod turn;
mod writing;

use std::{sync::Arc, time::Duration};

use store::{ReadyRun, Word};
use tokio::{
    sync::{broadcast, mpsc, watch},
    task::JoinSet,
    time,
};
use tracing::{error, info, warn};

pub use house::{House, HouseParts, RunSettings};

use crate::intake::Intake;

/// The engine of one process.
pub struct Engine {
    house: Arc<House>,
    intake: Intake,
    poll: Duration,
    heartbeat: Duration,
    concurrency: usize,
}

/// A running engine; dropping it does not stop it.
pub struct EngineHandle {
    stop: watch::Sender<bool>,
    main: tokio::task::JoinHandle<()>,
    timers: tokio::task::JoinHandle<()>,
}

impl Engine {
    pub fn new(
        house: Arc<House>,
        intake: Intake,
        poll: Duration,
        lease: Duration,
        concurrency: usize,
    ) -> Self {
        Self { house, intake, poll, heartbeat: lease / 3, concurrency }
    }

    /// Starts working. With a concurrency of zero it only keeps time.
    pub fn start(self) -> EngineHandle {
        let (stop, stopping) = watch::channel(false);
        let engine = Arc::new(self);
        let main = tokio::spawn(Arc::clone(&engine).work(stopping.clone()));
        let timers = tokio::spawn(engine.keep_time(stopping));
        EngineHandle { stop, main, timers }
    }

    /// Takes runs as they become ready, each in a task of its own.
    async fn work(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let Some(mut ready) = self.house.store.ready() else {
            error!("another engine works on this store already");
            return;
        };
        let watched = stopping.clone();
        let mut words = self.house.store.words();
        let mut tasks = JoinSet::new();
        let mut poll = time::interval(self.poll);
        poll.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        let mut heartbeat = time::interval(self.heartbeat);
        heartbeat.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                biased;
                () = stopped(&mut stopping) => break,
                _ = heartbeat.tick() => self.keep().await,
                run = ready.recv() => match run {
                    Some(run) => self.spawn(&mut tasks, run, watched.clone()),
                    None => break,
                },
                _ = poll.tick(), if self.concurrency > 0 => self.claim().await,
                word = words.recv(), if self.concurrency > 0 => match word {
                    Ok(Word::Due | Word::Missed) | Err(broadcast::error::RecvError::Lagged(_)) => {
                        self.claim().await;
                    }
                    Ok(Word::News(_) | Word::Rules) => {}
                    Err(broadcast::error::RecvError::Closed) => break,
                },
                Some(done) = tasks.join_next(), if !tasks.is_empty() => log_panic(done),
            }
        }
        // What has not begun is anybody's; new runs are left in the queue.
        self.house.store.drain();
        tasks.spawn(hand_back(Arc::clone(&self.house), ready));
        // What comes to its end meanwhile is this process's until then.
        while !tasks.is_empty() {
            tokio::select! {
                biased;
                _ = heartbeat.tick() => self.keep().await,
                Some(done) = tasks.join_next() => log_panic(done),
            }
        }
    }

    async fn keep(&self) {
        if let Err(error) = self.house.store.heartbeat().await {
            warn!(%error, "the leases could not be extended");
        }
    }

    /// Takes what is due: its time has come, or another process has no place for it.
    async fn claim(&self) {
        if let Err(error) = self.house.store.claim_due().await {
            warn!(%error, "due runs could not be claimed");
        }
    }

    fn spawn(&self, tasks: &mut JoinSet<()>, ready: ReadyRun, stopping: watch::Receiver<bool>) {
        let house = Arc::clone(&self.house);
        tasks.spawn(async move {
            let release = Release(house.store.clone());
            session::work(house, ready, stopping).await;
            drop(release);
        });
    }
}

async fn hand_back(house: Arc<House>, mut ready: mpsc::UnboundedReceiver<ReadyRun>) {
    // Twice: what was being written when this began has brought its runs when the first time is over.
    for _ in 0..2 {
        let runs: Vec<ReadyRun> = std::iter::from_fn(|| ready.try_recv().ok()).collect();
        if let Err(error) = house.store.hand_back(runs).await {
            warn!(%error, "runs could not be handed back; their leases pass");
        }
    }
}

/// Resolves when the engine is to stop; its handle may have been dropped, which is not a stop.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    if stopping.wait_for(|stop| *stop).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Gives the place back even when the task panics.
struct Release(store::Store);

impl Drop for Release {
    fn drop(&mut self) {
        self.0.release();
    }
}

fn log_panic(done: Result<(), tokio::task::JoinError>) {
    if let Err(error) = done {
        error!(%error, "a run's task ended abnormally; its lease will run out and it will be taken up again");
    }
}

impl EngineHandle {
    /// Stops taking runs and waits for those under way to come to a good place. What is not there
    /// in time is taken up again by the next process.
    pub async fn stop(self, patience: Duration) {
        self.stop.send_replace(true);
        let aborts = [self.main.abort_handle(), self.timers.abort_handle()];
        let all = async {
            for task in [self.main, self.timers] {
                log_panic(task.await);
            }
        };
        if time::timeout(patience, all).await.is_err() {
            for abort in aborts {
                abort.abort();
            }
            info!("some runs were still under way; they continue at the next start");
        }
    }
}
