//! Replays that somebody watches: begun, followed and stopped by their id.
//!
//! They are kept in the memory of the process that was asked, for an hour: what they say can be had again at
//! any time from the same records, and a deploy is no time for a release gate to be under way. Behind several
//! processes, whoever watches asks the one that they began with.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{ReplayId, Timestamp, WorkspaceId, user::Actor};
use moka::sync::Cache;
use thiserror::Error;
use tokio::sync::Semaphore;
use tracing::warn;

use super::{ReplayFindings, Selection};
use crate::{app::App, engine::rerun::Changes};

/// How long a replay that is over can be looked at.
const KEPT: Duration = Duration::from_secs(3_600);
/// Replays that are kept, of all workspaces.
const MOST: u64 = 64;
/// Replays that are driven at the same time, of all workspaces; others wait.
const AT_ONCE: usize = 2;

pub struct Replays {
    kept: Cache<(WorkspaceId, ReplayId), Arc<Job>>,
    /// The one under way in each workspace.
    under_way: Mutex<HashMap<WorkspaceId, Arc<Job>>>,
    places: Arc<Semaphore>,
}

impl Default for Replays {
    fn default() -> Self {
        Self {
            kept: Cache::builder().max_capacity(MOST).time_to_live(KEPT).build(),
            under_way: Mutex::default(),
            places: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// One replay.
pub struct Job {
    pub id: ReplayId,
    pub begun_at: Timestamp,
    pub by: Actor,
    done: AtomicUsize,
    of: AtomicUsize,
    begun: AtomicBool,
    stop: AtomicBool,
    result: OnceLock<Result<ReplayFindings, String>>,
}

/// How far a replay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Others are driven first.
    Queued,
    Running,
    Done,
    /// Somebody stopped it; what was found until then is there.
    Stopped,
    Failed,
}

impl Job {
    pub fn state(&self) -> State {
        match self.result.get() {
            Some(Ok(_)) if self.stop.load(Ordering::Relaxed) => State::Stopped,
            Some(Ok(_)) => State::Done,
            Some(Err(_)) => State::Failed,
            None if self.begun.load(Ordering::Relaxed) => State::Running,
            None => State::Queued,
        }
    }

    /// Runs that are done, of how many.
    pub fn progress(&self) -> (usize, usize) {
        (self.done.load(Ordering::Relaxed), self.of.load(Ordering::Relaxed))
    }

    /// What came of it, once it is over.
    pub fn result(&self) -> Option<&Result<ReplayFindings, String>> {
        self.result.get()
    }

    pub fn stop(&self) {
        if self.result.get().is_none() {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[derive(Debug, Error)]
#[error("a replay is under way in this workspace: wait for it, or stop it")]
pub struct UnderWay;

impl Replays {
    pub fn get(&self, workspace: WorkspaceId, id: ReplayId) -> Option<Arc<Job>> {
        let under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let known = under_way.get(&workspace).filter(|job| job.id == id).cloned();
        known.or_else(|| self.kept.get(&(workspace, id)))
    }
}

/// Begins a replay, which goes on by itself.
pub fn begin(
    app: &Arc<App>,
    workspace: WorkspaceId,
    selection: Selection,
    changes: Changes,
    by: Actor,
) -> Result<Arc<Job>, UnderWay> {
    let job = Arc::new(Job {
        id: ReplayId::new(&*app.ids),
        begun_at: app.clock.now(),
        by,
        done: AtomicUsize::new(0),
        of: AtomicUsize::new(0),
        begun: AtomicBool::new(false),
        stop: AtomicBool::new(false),
        result: OnceLock::new(),
    });
    {
        let mut under_way = app.replays.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if under_way.contains_key(&workspace) {
            return Err(UnderWay);
        }
        under_way.insert(workspace, Arc::clone(&job));
    }
    let (app, of_job) = (Arc::clone(app), Arc::clone(&job));
    tokio::spawn(async move {
        // Also when what it does panics.
        let over = Over { app: Arc::clone(&app), workspace, job: Arc::clone(&of_job) };
        // The semaphore is never closed.
        let _place = app.replays.places.acquire().await.ok();
        of_job.begun.store(true, Ordering::Relaxed);
        let store = app.store.workspace(workspace);
        let watch = |done: usize, of: usize| {
            of_job.done.store(done, Ordering::Relaxed);
            of_job.of.store(of, Ordering::Relaxed);
        };
        let found = app.replay_past(&store, &selection, &changes, (&watch, &of_job.stop)).await;
        let found = found.map_err(|error| {
            warn!(%error, "a replay failed");
            "the records could not be read; try again".to_owned()
        });
        of_job.result.get_or_init(|| found);
        drop(over);
    });
    Ok(job)
}

/// Makes room for the next one when a replay is over, however it ends.
struct Over {
    app: Arc<App>,
    workspace: WorkspaceId,
    job: Arc<Job>,
}

impl Drop for Over {
    fn drop(&mut self) {
        self.job.result.get_or_init(|| Err("it ended abnormally; the log says more".to_owned()));
        let replays = &self.app.replays;
        replays.kept.insert((self.workspace, self.job.id), Arc::clone(&self.job));
        replays.under_way.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.workspace);
    }
}
