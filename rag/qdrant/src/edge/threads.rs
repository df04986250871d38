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

/// One thread, one change after the other.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(collection: &str, waiting: NonZeroUsize) -> Result<Self, IndexError> {
        let (queue, mut jobs) = mpsc::channel::<Job>(waiting.get());
        let thread = start(format!("index-write-{collection}"), move || {
            while let Some(job) = jobs.blocking_recv() {
                job();
            }
        })?;
        Ok(Self { queue: Some(queue), thread: Some(thread) })
    }

    /// Runs a change when its turn comes, also when nobody waits for it any more.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        change: impl FnOnce() -> Result<T, IndexError> + Send + 'static,
    ) -> Result<T, IndexError> {
        hand_over(self.queue.as_ref(), change, false).await
    }
}

impl Drop for Writer {
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
        // The engine panics where it finds its files broken; that must not take the thread along.
        let result = catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)));
        if answer.send(result).is_err() {
            debug!("nobody waits for the index's answer any more");
        }
    });
    queue.ok_or_else(closed)?.send(job).await.map_err(|_| closed())?;
    answered.await.map_err(|_| closed())?
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
