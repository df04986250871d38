//! What the writer and its store share: ports, places for runs, and who is told of what was written.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{Clock, Ids, WorkspaceId, commit::Receipt, run::Run};
use tokio::{
    sync::{broadcast, mpsc},
    time::Instant,
};

use super::keeping;
use crate::{
    Notice, ReadyRun,
    apply::Terms,
    bell::{Bell, Word},
    dialect::Dialect,
    leases::Leases,
    sql::Statements,
};

/// What the writer and its store share.
pub(crate) struct Shared {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
    pub dialect: Dialect,
    pub statements: Statements,
    pub notices: broadcast::Sender<Arc<Notice>>,
    pub bell: Arc<Bell>,
    pub(super) leases: Arc<Leases>,
    pub(super) owner: String,
    pub(crate) lease: Duration,
    pub(super) max_claimed: usize,
    pub(super) claimed: AtomicUsize,
    /// The process is to end, and takes no more runs.
    pub(super) draining: AtomicBool,
    pub(super) ready: mpsc::UnboundedSender<ReadyRun>,
}

impl Shared {
    /// Whose work a commit of this process is, now.
    pub(crate) fn terms(&self) -> Terms {
        Terms { owner: self.owner.clone(), lease: self.lease, ids: self.ids.clone(), now: self.clock.now() }
    }

    /// What a statement needs to be written.
    pub(crate) fn how(&self) -> (&Statements, Dialect) {
        (&self.statements, self.dialect)
    }

    pub(super) fn free(&self) -> usize {
        match self.draining.load(Ordering::Acquire) {
            true => 0,
            false => self.max_claimed.saturating_sub(self.claimed.load(Ordering::Acquire)),
        }
    }

    /// Leases no more runs from here on; what is being written meanwhile still may.
    pub(crate) fn drain(&self) {
        self.draining.store(true, Ordering::Release);
    }

    /// Hands a leased run to the engine. The place is taken before the run is seen, so that giving
    /// it back cannot come first. `asked`: before its lease was asked for.
    pub(super) fn hand_over(&self, workspace_id: WorkspaceId, run: Run, asked: Instant) {
        self.claimed.fetch_add(1, Ordering::AcqRel);
        let id = run.id;
        let lease = self.leases.take(id, run.fence, asked);
        if self.ready.send(ReadyRun { workspace_id, run, lease }).is_err() {
            self.release();
            tracing::warn!(run = %id, "nobody takes runs in this process any more; its lease will pass");
        }
    }

    /// How many runs this process has, and how many it may have.
    pub(crate) fn places(&self) -> (usize, usize) {
        (self.claimed.load(Ordering::Acquire), self.max_claimed)
    }

    pub(crate) fn release(&self) {
        let freed = self.claimed.fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| n.checked_sub(1));
        if freed.is_err() {
            tracing::warn!("a claimed run was given back twice");
        }
    }

    /// Tells everybody who listens of what was written.
    pub(crate) fn publish(&self, workspace_id: WorkspaceId, receipt: &Receipt) {
        let now = self.clock.now();
        if receipt.runs.iter().any(|run| keeping::is_left(run, now)) {
            self.bell.say(Word::Due);
        }
        if !receipt.events.is_empty() {
            self.bell.say(Word::News(workspace_id));
        }
        let told = !(receipt.events.is_empty() && receipt.approvals.is_empty());
        if told && self.notices.receiver_count() > 0 {
            let notice = Arc::new(Notice { workspace_id, receipt: receipt.clone() });
            if self.notices.send(notice).is_err() {
                tracing::debug!("the last listener has just left");
            }
        }
    }
}
