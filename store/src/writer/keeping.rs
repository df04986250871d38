//! Which runs are this process's: taken, kept, handed back.

use domain::{
    RunId, Timestamp,
    commit::{Op, RunTo},
    run::{Run, RunStatus},
};
use tokio::{sync::oneshot, time::Instant};

use super::{Job, WriterHandle};
use crate::{ReadyRun, StoreError, bell::Word, claim, scope::Scope};

impl WriterHandle {
    pub(crate) async fn claim_due(&self) -> Result<usize, StoreError> {
        if self.shared.free() == 0 {
            return Ok(0);
        }
        let (answer, answered) = oneshot::channel();
        self.jobs.send(Job::Claim(answer)).await.map_err(|_| StoreError::Closed)?;
        answered.await.map_err(|_| StoreError::Closed)?
    }

    /// Goes before everything that waits to be written: runs that are worked on must not be lost to a long queue.
    pub(crate) async fn heartbeat(&self) -> Result<(), StoreError> {
        let owner = self.shared.owner.clone();
        let held = self.shared.leases.holding();
        if held.is_empty() {
            return Ok(());
        }
        let asked = Instant::now();
        let until = self.shared.clock.now().plus(self.shared.lease);
        let still = self
            .within(Scope::Everywhere)
            .promptly()
            .first()
            .transact(move |connection| {
                Box::pin(async move { claim::heartbeat(connection, &owner, until, &held).await })
            })
            .await?;
        self.shared.leases.extend(&still, asked);
        Ok(())
    }

    /// Puts runs back in the queue that were leased and not begun. What was queued before this is written when
    /// it returns.
    pub(crate) async fn hand_back(&self, runs: Vec<ReadyRun>) -> Result<u64, StoreError> {
        let (owner, now) = (self.shared.owner.clone(), self.shared.clock.now());
        let fences: Vec<(RunId, i64)> = runs.iter().map(|ready| (ready.run.id, ready.run.fence)).collect();
        let back = self
            .within(Scope::Everywhere)
            .promptly()
            .transact(move |connection| {
                Box::pin(async move { claim::hand_back(connection, &owner, now, &fences).await })
            })
            .await;
        for run in runs {
            drop(run);
            self.shared.release();
        }
        if back.as_ref().is_ok_and(|back| *back > 0) {
            self.shared.bell.say(Word::Due);
        }
        back
    }

    pub(crate) async fn take_over_all(&self) -> Result<u64, StoreError> {
        let now = self.shared.clock.now();
        self.within(Scope::Everywhere)
            .transact(move |connection| Box::pin(claim::take_over_all(connection, now)))
            .await
    }
}

/// Of whose run it says that it goes on, and with which fence.
pub(super) fn goes_on(op: &Op) -> Option<(RunId, i64)> {
    match op {
        Op::Run(change) if matches!(change.to, RunTo::Running | RunTo::Prepared) => {
            Some((change.run_id, change.fence))
        }
        _ => None,
    }
}

/// Whether a run could be worked on now and nobody has it.
pub(super) fn is_left(run: &Run, now: Timestamp) -> bool {
    match run.status {
        RunStatus::Queued => run.wake_at.is_none_or(|at| at <= now),
        RunStatus::Waiting => run.wake_at.is_some_and(|at| at <= now),
        _ => false,
    }
}
