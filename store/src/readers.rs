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

use sqlx::{
    Any, AnyConnection, AnyPool, AssertSqlSafe, Connection as _, Executor as _, pool::PoolConnection,
};
use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::Instant,
};

use crate::{StoreError, dialect::Dialect, scope::Scope};

/// A connection over a network that rested longer is asked whether it is still there.
const REST: Duration = Duration::from_secs(1);

pub(crate) struct Readers {
    pool: AnyPool,
    /// Keeps none: the pool's only connection is shared with the writer.
    shares: bool,
    dialect: Dialect,
    places: Semaphore,
    limit: usize,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: PoolConnection<Any>,
    since: Instant,
    /// Whose rows it was told it may read.
    scope: Scope,
}

/// A connection for one read.
pub(crate) struct Reader<'a> {
    connection: PoolConnection<Any>,
    readers: &'a Readers,
    scope: Scope,
    _place: SemaphorePermit<'a>,
}

impl Readers {
    pub(crate) fn new(pool: AnyPool, shares: bool, dialect: Dialect, connections: u32) -> Self {
        let limit = usize::try_from(connections).unwrap_or(1).max(1);
        Self { pool, shares, dialect, places: Semaphore::new(limit), limit, idle: Mutex::default() }
    }

    /// How many are read through, of how many.
    pub(crate) fn load(&self) -> (usize, usize) {
        (self.limit.saturating_sub(self.places.available_permits()), self.limit)
    }

    /// For what takes more than one connection can give, such as migrations.
    pub(crate) fn pool(&self) -> &AnyPool {
        // One goes back, so that there is one to be had.
        drop(self.take(None));
        &self.pool
    }

    /// One that read the same rows last, or else the one that was used last, so that few are used when few
    /// are needed, and are seldom told whose rows they may read.
    pub(crate) async fn get(&self, scope: Scope) -> Result<Reader<'_>, StoreError> {
        let place = self.places.acquire().await.map_err(|_| StoreError::Closed)?;
        while let Some(mut idle) = self.take(Some(&scope)) {
            let remote = self.dialect == Dialect::Postgres;
            let sound = if remote && idle.scope != scope {
                self.tell(&mut idle.connection, &scope).await.is_ok()
            } else {
                !remote || idle.since.elapsed() <= REST || idle.connection.ping().await.is_ok()
            };
            if sound {
                return Ok(Reader { connection: idle.connection, readers: self, scope, _place: place });
            }
        }
        let mut connection = self.pool.acquire().await?;
        self.tell(&mut connection, &scope).await?;
        Ok(Reader { connection, readers: self, scope, _place: place })
    }

    /// Postgres shows no row to those who have not said whose they read. Once for as long as it stays the
    /// same: a transaction around each read would cost two ways more.
    async fn tell(&self, connection: &mut AnyConnection, scope: &Scope) -> Result<(), sqlx::Error> {
        if let Some(sql) = self.dialect.reads(scope) {
            connection.execute(AssertSqlSafe(sql)).await?;
        }
        Ok(())
    }

    fn take(&self, scope: Option<&Scope>) -> Option<Idle> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        match idle.iter().rposition(|idle| scope == Some(&idle.scope)) {
            Some(place) => Some(idle.remove(place)),
            None => idle.pop(),
        }
    }

    /// Lets go of all connections. Readers fail from here on.
    pub(crate) async fn close(&self) {
        self.places.close();
        while let Some(idle) = self.take(None) {
            drop(idle);
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
                idle.push(Idle { connection: self.connection, since: Instant::now(), scope: self.scope });
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
