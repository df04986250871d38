//! The group-commit writer: one task with one connection, through which everything is written.
//!
//! Commits that wait are written together, so that they share the transaction and its fsync. A
//! batch that the database refuses is tried again commit by commit: one that is poisoned cannot
//! hurt its neighbours.

mod keeping;
mod shared;

use std::{
    borrow::Cow,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize},
    },
    time::Duration,
};

use domain::{
    Clock, Ids, RunId, WorkspaceId,
    commit::{Commit, CommitError, Op, Receipt},
    ticket::EventBody,
};
use futures::future::BoxFuture;
use metrics::{counter, histogram};
use sqlx::{Any, AnyConnection, AnyPool, AssertSqlSafe, Connection as _, pool::PoolConnection};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, broadcast, mpsc, oneshot},
    time::{self, Instant},
};

pub(crate) use self::shared::Shared;
use crate::{
    ReadyRun, StoreError, StoreOptions,
    batch::{Batch, Done},
    bell::Bell,
    claim,
    dialect::{Dialect, LONG_SILENCE, SILENCE},
    leases::Leases,
    scope::Scope,
    sql::Statements,
    state::State,
};

/// Commits of one transaction at most. Enough to share the fsync; more would make all runs wait for
/// the writer and then the writer for all runs, in step, instead of side by side.
const BATCH: usize = 64;
/// Notices that a slow listener may be behind before it misses some.
const NOTICES: usize = 4096;
/// What a caller is told to wait when the queue is full.
const RETRY_AFTER: Duration = Duration::from_millis(50);
/// How long a connection that is given up may take to say so.
const FAREWELL: Duration = Duration::from_secs(1);

/// Returns whether the connection is still good.
type Work = Box<dyn for<'c> FnOnce(Result<&'c mut AnyConnection, StoreError>) -> BoxFuture<'c, bool> + Send>;

enum Job {
    Commit {
        workspace: WorkspaceId,
        commit: Arc<Commit>,
        answer: oneshot::Sender<Result<Receipt, CommitError>>,
    },
    /// Anything else that writes. It makes its own transaction and answers by itself. When it keeps
    /// off the rows that commits work on, they need not be loaded again.
    Work {
        work: Work,
        beside: bool,
        place: Option<OwnedSemaphorePermit>,
    },
    Claim(oneshot::Sender<Result<usize, StoreError>>),
    Close(oneshot::Sender<()>),
}

/// The way to the writer. Cheap to clone.
#[derive(Clone)]
pub(crate) struct WriterHandle {
    jobs: mpsc::Sender<Job>,
    /// Done before everything in the queue.
    first: mpsc::UnboundedSender<Job>,
    /// Of the queue's places those that other work than commits may take; beyond it waits outside.
    work: Arc<Semaphore>,
    pub shared: Arc<Shared>,
    ready: Arc<Mutex<Option<mpsc::UnboundedReceiver<ReadyRun>>>>,
}

impl WriterHandle {
    /// Starts the writer. `pool` gives it its connection; when `shares` is set the pool has no
    /// other, and it is given back between batches.
    pub(crate) fn start(
        pool: AnyPool,
        shares: bool,
        dialect: Dialect,
        options: &StoreOptions,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Self {
        let (jobs, queue) = mpsc::channel(options.queue.max(1));
        let (first, before) = mpsc::unbounded_channel();
        let (ready, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            clock,
            ids,
            dialect,
            statements: Statements::new(dialect),
            notices: broadcast::Sender::new(NOTICES),
            bell: Arc::new(Bell::new(&options.owner, dialect == Dialect::Postgres)),
            leases: Arc::new(Leases::new(options.lease)),
            owner: options.owner.clone(),
            lease: options.lease,
            max_claimed: options.max_claimed,
            claimed: AtomicUsize::new(0),
            draining: AtomicBool::new(false),
            ready,
        });
        let writer = Writer { pool, shares, held: None, state: State::default(), shared: shared.clone() };
        tokio::spawn(writer.run(queue, before));
        let work =
            Arc::new(Semaphore::new((options.queue - options.queue / 4).clamp(1, Semaphore::MAX_PERMITS)));
        Self { jobs, first, work, shared, ready: Arc::new(Mutex::new(Some(receiver))) }
    }

    pub(crate) fn ready(&self) -> Option<mpsc::UnboundedReceiver<ReadyRun>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub(crate) async fn commit(
        &self,
        workspace: WorkspaceId,
        commit: Arc<Commit>,
    ) -> Result<Receipt, CommitError> {
        // The last places are kept for what goes on already: decisions, conversations, runs under way.
        if begins_something(&commit) && self.jobs.capacity() <= self.jobs.max_capacity() / 4 {
            counter!("countersign_commits_refused_total").increment(1);
            return Err(CommitError::Busy { retry_after: RETRY_AFTER });
        }
        let (answer, answered) = oneshot::channel();
        self.jobs.try_send(Job::Commit { workspace, commit, answer }).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => {
                counter!("countersign_commits_refused_total").increment(1);
                CommitError::Busy { retry_after: RETRY_AFTER }
            }
            mpsc::error::TrySendError::Closed(_) => CommitError::Unavailable(StoreError::Closed.to_string()),
        })?;
        match answered.await {
            Ok(result) => result,
            Err(_) => Err(CommitError::Unavailable(StoreError::Closed.to_string())),
        }
    }

    /// The way for writes to those rows, and to no others where the database can tell.
    pub(crate) fn within(&self, scope: impl Into<Scope>) -> Scoped<'_> {
        Scoped { writer: self, scope: scope.into(), silence: LONG_SILENCE, first: false }
    }

    /// How many jobs wait, and how many may.
    pub(crate) fn load(&self) -> (usize, usize) {
        let limit = self.jobs.max_capacity();
        (limit.saturating_sub(self.jobs.capacity()), limit)
    }

    /// Everything queued is written; nothing more is taken.
    pub(crate) async fn close(&self) {
        let (answer, answered) = oneshot::channel();
        if self.jobs.send(Job::Close(answer)).await.is_ok() && answered.await.is_err() {
            tracing::warn!("the writer ended before it was closed");
        }
    }
}

/// Whether it opens a ticket, which whoever sends it can send again in a moment.
fn begins_something(commit: &Commit) -> bool {
    commit.ops.iter().any(|op| {
        matches!(op, Op::Append { events, .. }
            if events.iter().any(|event| matches!(event.body, EventBody::Created { .. })))
    })
}

/// Writes that touch the rows of some workspaces.
pub(crate) struct Scoped<'a> {
    writer: &'a WriterHandle,
    scope: Scope,
    silence: Duration,
    first: bool,
}

impl Scoped<'_> {
    /// For few rows that are found by an index.
    fn promptly(mut self) -> Self {
        self.silence = SILENCE;
        self
    }

    /// Before everything that waits.
    fn first(mut self) -> Self {
        self.first = true;
        self
    }

    /// Runs `work` in a transaction of its own on the writer's connection.
    pub(crate) async fn transact<T, F>(self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.hand_in(work, false).await
    }

    /// Like [`Self::transact`], for work that changes no row that a commit reads: no ticket, run,
    /// approval, decision or effect, no workspace's counters, no user's name.
    pub(crate) async fn transact_beside<T, F>(self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        self.hand_in(work, true).await
    }

    async fn hand_in<T, F>(self, work: F, beside: bool) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>> + Send + 'static,
    {
        let (answer, answered) = oneshot::channel();
        let dialect = self.writer.shared.dialect;
        let (begin, silence) = (dialect.begin(&self.scope), self.silence);
        let job: Work = Box::new(move |connection| {
            Box::pin(async move {
                let result = match connection {
                    Ok(connection) => {
                        dialect.answered_in(silence, in_transaction(connection, begin, work)).await
                    }
                    Err(error) => Err(error),
                };
                let sound = result.as_ref().err().is_none_or(StoreError::leaves_connection_sound);
                if answer.send(result).is_err() {
                    tracing::debug!("nobody waited for the outcome of a write");
                }
                sound
            })
        });
        if self.first {
            let job = Job::Work { work: job, beside, place: None };
            self.writer.first.send(job).map_err(|_| StoreError::Closed)?;
        } else {
            let place = Arc::clone(&self.writer.work).acquire_owned().await;
            let place = Some(place.map_err(|_| StoreError::Closed)?);
            let job = Job::Work { work: job, beside, place };
            self.writer.jobs.send(job).await.map_err(|_| StoreError::Closed)?;
        }
        answered.await.map_err(|_| StoreError::Closed)?
    }
}

async fn in_transaction<T, F>(
    connection: &mut AnyConnection,
    begin: Cow<'static, str>,
    work: F,
) -> Result<T, StoreError>
where
    F: for<'c> FnOnce(&'c mut AnyConnection) -> BoxFuture<'c, Result<T, StoreError>>,
{
    let mut transaction = connection.begin_with(AssertSqlSafe(begin.into_owned())).await?;
    let value = work(&mut transaction).await?;
    transaction.commit().await?;
    Ok(value)
}

type Waiting = (WorkspaceId, Arc<Commit>, oneshot::Sender<Result<Receipt, CommitError>>);

struct Writer {
    pool: AnyPool,
    shares: bool,
    held: Option<PoolConnection<Any>>,
    /// What is remembered of earlier batches; empty where others write too.
    state: State,
    shared: Arc<Shared>,
}

impl Writer {
    async fn run(mut self, mut queue: mpsc::Receiver<Job>, mut first: mpsc::UnboundedReceiver<Job>) {
        let mut jobs = Vec::with_capacity(BATCH);
        loop {
            tokio::select! {
                biased;
                Some(job) = first.recv() => jobs.push(job),
                taken = queue.recv_many(&mut jobs, BATCH) => if taken == 0 {
                    return;
                },
            }
            let mut commits: Vec<Waiting> = Vec::with_capacity(jobs.len());
            for job in jobs.drain(..) {
                while let Ok(Job::Work { work, beside, .. }) = first.try_recv() {
                    self.work(work, beside).await;
                }
                if let Job::Commit { workspace, commit, answer } = job {
                    commits.push((workspace, commit, answer));
                    continue;
                }
                self.commits(std::mem::take(&mut commits)).await;
                match job {
                    Job::Commit { .. } => {}
                    Job::Work { work, beside, place } => {
                        drop(place);
                        self.work(work, beside).await;
                    }
                    Job::Claim(answer) => {
                        let result = self.claim().await;
                        if answer.send(result).is_err() {
                            tracing::debug!("nobody waited for the outcome of a claim");
                        }
                    }
                    Job::Close(answer) => {
                        // What is queued already is still taken; `recv_many` ends after it.
                        queue.close();
                        if answer.send(()).is_err() {
                            tracing::debug!("nobody waited for the writer to close");
                        }
                    }
                }
            }
            self.commits(commits).await;
            if self.shares {
                self.held = None;
            }
        }
    }

    async fn connection(&mut self) -> Result<&mut AnyConnection, StoreError> {
        let held = match self.held.take() {
            Some(held) => held,
            None => {
                let mut fresh = self.pool.acquire().await?;
                if self.shared.dialect == Dialect::Postgres {
                    // The pool would ask it whether it is still there, for as long as that takes.
                    fresh.close_on_drop();
                }
                fresh
            }
        };
        Ok(&mut **self.held.insert(held))
    }

    /// Drops a connection on which something other than data went wrong.
    async fn distrust(&mut self) {
        if let Some(held) = self.held.take()
            && !self.shares
        {
            // Its place is free at once, whether or not the other side still listens.
            match time::timeout(FAREWELL, held.detach().close()).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a broken connection could not be closed"),
                Err(_) => tracing::debug!("the other side of a broken connection does not answer"),
            }
        }
    }

    async fn work(&mut self, work: Work, beside: bool) {
        if !beside {
            self.state = State::default();
        }
        let sound = work(self.connection().await).await;
        if !sound {
            self.distrust().await;
        }
    }

    async fn claim(&mut self) -> Result<usize, StoreError> {
        let shared = self.shared.clone();
        let free = shared.free();
        if free == 0 {
            return Ok(0);
        }
        // The clock first: what is reckoned here must end before it does there.
        let asked = Instant::now();
        let terms = shared.terms();
        let connection = self.connection().await?;
        let claimed = async {
            let mut transaction = connection
                .begin_with(AssertSqlSafe(shared.dialect.begin(&Scope::Everywhere).into_owned()))
                .await?;
            let claimed =
                claim::claim_due(&mut transaction, &shared.statements, shared.dialect, &terms, free).await?;
            transaction.commit().await?;
            Ok::<_, StoreError>(claimed)
        };
        match shared.dialect.answered_in(SILENCE, claimed).await {
            Ok(claimed) => {
                let count = claimed.len();
                if shared.dialect.data_version().is_some() {
                    self.state.learn(claimed.iter().map(|(workspace, run)| (*workspace, run)));
                }
                for (workspace, run) in claimed {
                    shared.hand_over(workspace, run, asked);
                }
                Ok(count)
            }
            Err(error) => {
                if !error.leaves_connection_sound() {
                    self.distrust().await;
                }
                Err(error)
            }
        }
    }

    async fn commits(&mut self, waiting: Vec<Waiting>) {
        if waiting.is_empty() {
            return;
        }
        let asked = Instant::now();
        let commits: Vec<_> =
            waiting.iter().map(|(workspace, commit, _)| (*workspace, commit.clone())).collect();
        match self.batch(&commits).await {
            Ok(done) => {
                for (waiting, done) in waiting.into_iter().zip(done) {
                    self.settle(waiting, done, asked);
                }
            }
            Err(error) if error.is_about_data() => {
                tracing::warn!(%error, commits = commits.len(), "a batch was refused and is written commit by commit");
                for (waiting, commit) in waiting.into_iter().zip(commits) {
                    let asked = Instant::now();
                    let done = self.alone(commit).await;
                    self.settle(waiting, done, asked);
                }
            }
            Err(error) => {
                tracing::error!(%error, commits = waiting.len(), "commits could not be written");
                let text = error.to_string();
                for waiting in waiting {
                    let done =
                        Done { result: Err(CommitError::Unavailable(text.clone())), claimed: Vec::new() };
                    self.settle(waiting, done, asked);
                }
            }
        }
    }

    async fn batch(&mut self, commits: &[(WorkspaceId, Arc<Commit>)]) -> Result<Vec<Done>, StoreError> {
        let shared = self.shared.clone();
        let terms = shared.terms();
        let batch = Batch { statements: &shared.statements, dialect: shared.dialect, terms: &terms };
        let free = shared.free();
        let mut state = std::mem::take(&mut self.state);
        let connection = self.connection().await?;
        let started = Instant::now();
        let written = batch.write(connection, commits, &mut state, free);
        let result = shared.dialect.answered_in(SILENCE, written).await;
        histogram!("countersign_write_seconds").record(started.elapsed().as_secs_f64());
        histogram!("countersign_write_commits").record(commits.len() as f64);
        if result.is_err() {
            counter!("countersign_writes_failed_total").increment(1);
        }
        if result.is_ok() && shared.dialect.data_version().is_some() {
            state.settle();
            self.state = state;
        }
        if result.as_ref().is_err_and(|error| !error.leaves_connection_sound()) {
            self.distrust().await;
        }
        result
    }

    /// One commit in its own transaction, so that the error is its own. A second try sorts out
    /// those that only lost a race, such as a deadlock.
    async fn alone(&mut self, commit: (WorkspaceId, Arc<Commit>)) -> Done {
        let commits = [commit];
        let mut result = self.batch(&commits).await;
        if result.as_ref().is_err_and(StoreError::is_transient) {
            result = self.batch(&commits).await;
        }
        match result {
            Ok(mut done) => done.pop().unwrap_or(Done {
                result: Err(CommitError::Unavailable("nothing was written".to_owned())),
                claimed: Vec::new(),
            }),
            Err(error) => Done { result: Err(error.into_commit_error()), claimed: Vec::new() },
        }
    }

    /// Publishes what was written, then answers. `asked`: before it was sent.
    fn settle(&self, (workspace, commit, answer): Waiting, done: Done, asked: Instant) {
        for run in done.claimed {
            self.shared.hand_over(workspace, run, asked);
        }
        if done.result.is_ok() {
            // What was written with a run's fence has extended its lease in the database.
            let wrote: Vec<(RunId, i64)> = commit.ops.iter().filter_map(keeping::goes_on).collect();
            self.shared.leases.extend(&wrote, asked);
        }
        if let Ok(receipt) = &done.result {
            self.shared.publish(workspace, receipt);
        }
        if answer.send(done.result).is_err() {
            tracing::debug!("nobody waited for the outcome of a commit");
        }
    }
}

#[cfg(test)]
mod tests;
