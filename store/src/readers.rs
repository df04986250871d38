//! Connections that are read through.
//!
//! The pool asks the database whether it is still there each time a connection is given back, which
//! doubles the way to it for a read of one row. So those on which a read went well are kept at hand
//! here; all others, broken ones and ones whose reader gave up half way, go back to the pool, which
//! sorts them out.

use std::{
    ops::{Deref, DerefMut},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use sqlx::{Any, AnyConnection, AnyPool, Connection as _, pool::PoolConnection};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use crate::StoreError;

/// A connection over a network that rested longer is asked whether it is still there.
const REST: Duration = Duration::from_secs(1);

pub(crate) struct Readers {
    pool: AnyPool,
    /// Keeps none: the pool's only connection is shared with the writer.
    shares: bool,
    /// Whether the other end can go away.
    remote: bool,
    places: Semaphore,
    idle: Mutex<Vec<(PoolConnection<Any>, Instant)>>,
}

/// A connection for one read.
pub(crate) struct Reader<'a> {
    connection: PoolConnection<Any>,
    readers: &'a Readers,
    _place: SemaphorePermit<'a>,
}

impl Readers {
    pub(crate) fn new(pool: AnyPool, shares: bool, remote: bool, connections: u32) -> Self {
        let places = Semaphore::new(usize::try_from(connections).unwrap_or(1).max(1));
        Self { pool, shares, remote, places, idle: Mutex::default() }
    }

    /// For what takes more than one connection can give, such as migrations.
    pub(crate) fn pool(&self) -> &AnyPool {
        // One goes back, so that there is one to be had.
        drop(self.take());
        &self.pool
    }

    /// The one that was used last, so that few are used when few are needed.
    pub(crate) async fn get(&self) -> Result<Reader<'_>, StoreError> {
        let place = self.places.acquire().await.map_err(|_| StoreError::Closed)?;
        while let Some((mut connection, since)) = self.take() {
            if self.remote && since.elapsed() > REST && connection.ping().await.is_err() {
                continue;
            }
            return Ok(Reader { connection, readers: self, _place: place });
        }
        Ok(Reader { connection: self.pool.acquire().await?, readers: self, _place: place })
    }

    fn take(&self) -> Option<(PoolConnection<Any>, Instant)> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    /// Lets go of all connections. Readers fail from here on.
    pub(crate) async fn close(&self) {
        self.places.close();
        while let Some((connection, _)) = self.take() {
            drop(connection);
        }
        self.pool.close().await;
    }
}

impl Reader<'_> {
    /// The read went well: keeps the connection at hand for the next.
    pub(crate) fn keep(self) {
        if !self.readers.shares {
            let mut idle = self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner);
            // Nobody would take it out again, and the pool would wait for it for ever.
            if !self.readers.places.is_closed() {
                idle.push((self.connection, Instant::now()));
            }
        }
    }
}

impl Deref for Reader<'_> {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.connection
    }
}

impl DerefMut for Reader<'_> {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }
}
