//! Threads for calls that block, with queues that make callers wait when they are full.

use std::{
    any::Any,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread::{self, JoinHandle},
};

use rag::vectors::IndexError;
use tokio::sync::{mpsc, oneshot};
use tracing::{debug, error};

type Job = Box<dyn FnOnce() + Send>;

/// Searches that may wait for each reading thread.
const WAITING_PER_READER: usize = 128;

/// One thread, one piece of work after the other.
pub(super) struct Line {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Line {
    pub(super) fn start(name: String, waiting: NonZeroUsize) -> Result<Self, IndexError> {
        let (queue, mut jobs) = mpsc::channel::<Job>(waiting.get());
        let thread = start(name, move || {
            while let Some(job) = jobs.blocking_recv() {
                job();
            }
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs it when its turn comes, also when nobody waits for it any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        hand_over(self.queue.as_ref(), work, false).await
    }

    /// Leaves it to the thread and goes on; false when too much waits for it already.
    pub(super) fn leave(&self, work: impl FnOnce() -> Result<(), IndexError> + Send + 'static) -> bool {
        let job: Job = Box::new(move || {
            if let Err(error) = guarded(work) {
                error!(%error, "the index could not tidy up; it tries again after more changes");
            }
        });
        self.queue.as_ref().is_some_and(|queue| queue.try_send(job).is_ok())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        drop(self.queue.take());
        join(self.thread.take());
    }
}

/// Some threads, each taking the next search.
pub(super) struct Readers {
    queue: Option<mpsc::Sender<Job>>,
    threads: Vec<JoinHandle<()>>,
}

impl Readers {
    pub(super) fn start(count: NonZeroUsize) -> Result<Self, IndexError> {
        let (queue, jobs) = mpsc::channel::<Job>(WAITING_PER_READER * count.get());
        let jobs = Arc::new(Mutex::new(jobs));
        let threads = (0..count.get()).map(|at| {
            let jobs = Arc::clone(&jobs);
            start(format!("index-read-{at}"), move || {
                // The lock is held while waiting for the next job and not while doing it.
                let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).blocking_recv();
                while let Some(job) = next() {
                    job();
                }
            })
        });
        Ok(Self { queue: Some(queue), threads: threads.collect::<Result<_, _>>()? })
    }

    /// Runs a search, unless by then nobody waits for it.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        search: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        hand_over(self.queue.as_ref(), search, true).await
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.queue.take());
        self.threads.drain(..).for_each(|thread| join(Some(thread)));
    }
}

async fn hand_over<T: Send + 'static>(
    queue: Option<&mpsc::Sender<Job>>,
    work: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
    skip_when_unwanted: bool,
) -> Result<T, IndexError> {
    let closed = || IndexError::Unavailable("it is shutting down".to_owned());
    let (answer, answered) = oneshot::channel();
    let job: Job = Box::new(move || {
        if skip_when_unwanted && answer.is_closed() {
            return;
        }
        if answer.send(guarded(work)).is_err() {
            debug!("nobody waits for the index's answer any more");
        }
    });
    queue.ok_or_else(closed)?.send(job).await.map_err(|_| closed())?;
    answered.await.map_err(|_| closed())?
}

/// The engine panics where it finds its files broken; that must not take the thread along.
fn guarded<T>(work: impl FnOnce() -> Result<T, IndexError>) -> Result<T, IndexError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

fn panicked(panic: &(dyn Any + Send)) -> IndexError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let why = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason given");
    error!(why, "the index engine panicked");
    IndexError::Engine(format!("the engine panicked ({why}); if it stays so, rebuild the index"))
}

fn start(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, IndexError> {
    thread::Builder::new()
        .name(name)
        .spawn(work)
        .map_err(|error| IndexError::Unavailable(format!("no thread could be started: {error}")))
}

fn join(thread: Option<JoinHandle<()>>) {
    if let Some(thread) = thread
        && thread.join().is_err()
    {
        error!("a thread of the index had panicked");
    }
}
