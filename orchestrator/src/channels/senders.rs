//! How much mail one sender may send: what stops two machines from answering each other forever.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{Timestamp, WorkspaceId};
use moka::sync::Cache;

/// Mails an hour that are taken from one address.
pub const MAILS_PER_HOUR: usize = 20;
const HOUR: Duration = Duration::from_secs(3600);

/// The mails taken in the last hour, per workspace and sender, by this process.
pub struct Senders(Cache<(WorkspaceId, String), Arc<Mutex<VecDeque<Timestamp>>>>);

impl Default for Senders {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(100_000).time_to_idle(HOUR).build())
    }
}

impl Senders {
    /// Whether one more is allowed.
    pub(super) fn may_send(&self, workspace: WorkspaceId, from: &str, now: Timestamp) -> bool {
        let Some(times) = self.0.get(&(workspace, from.to_owned())) else { return true };
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
        while times.front().is_some_and(|at| now.since(*at) >= HOUR) {
            times.pop_front();
        }
        times.len() < MAILS_PER_HOUR
    }

    /// One was taken in.
    pub(super) fn took(&self, workspace: WorkspaceId, from: &str, now: Timestamp) {
        let times = self.0.get_with((workspace, from.to_owned()), Arc::default);
        let mut times = times.lock().unwrap_or_else(PoisonError::into_inner);
        times.push_back(now);
        while times.len() > MAILS_PER_HOUR {
            times.pop_front();
        }
    }
}
