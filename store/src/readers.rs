//! Connections that are read through.
//!
//! The pool asks the database whether it is still there each time a connection is given back, which
//! doubles the way to it for a read of one row. So those on which a read went well are kept at hand
//! here. All others, broken ones and ones whose reader gave up half way, are closed where the database is
//! beyond a network, because the pool would ask them too and wait for as long as it takes; those of a file
//! go back to the pool, which sorts them out.

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
    time::{self, Instant},
};

use crate::{
    StoreError,
    dialect::{Dialect, SILENCE},
    scope::Scope,
};

/// A connection over a network that rested longer is asked whether it is still there.
const REST: Duration = Duration::from_secs(1);
/// One that does not say so by then is given up, and all that rested with it: what took one away from us, a
/// failover or a router that forgot it, took the others too.
const PATIENCE: Duration = Duration::from_secs(2);

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
        let place = async { self.places.acquire().await.map_err(|_| StoreError::Closed) };
        let place = self.dialect.answered_in(SILENCE, place).await?;
        while let Some(mut idle) = self.take(Some(&scope)) {
            if self.is_sound(&mut idle, &scope).await {
                return Ok(Reader { connection: idle.connection, readers: self, scope, _place: place });
            }
        }
        let mut connection = self.pool.acquire().await?;
        if self.dialect == Dialect::Postgres {
            // Whenever it is let go of, whether or not the other side still listens.
            connection.close_on_drop();
        }
        let told = async { Ok::<_, StoreError>(self.tell(&mut connection, &scope).await?) };
        self.dialect.answered_in(SILENCE, told).await?;
        Ok(Reader { connection, readers: self, scope, _place: place })
    }

    /// Whether it is still there, and may read those rows now.
    async fn is_sound(&self, idle: &mut Idle, scope: &Scope) -> bool {
        if self.dialect == Dialect::Sqlite {
            return true;
        }
        let rested = idle.since.elapsed() > REST;
        let asked = async {
            match idle.scope == *scope {
                true if rested => idle.connection.ping().await,
                true => Ok(()),
                false => self.tell(&mut idle.connection, scope).await,
            }
        };
        let Ok(answer) = time::timeout(PATIENCE, asked).await else {
            let others = std::mem::take(&mut *self.idle.lock().unwrap_or_else(PoisonError::into_inner));
            tracing::warn!(
                others = others.len(),
                "a connection to the database does not answer; it is given up, with those that rested beside it"
            );
            return false;
        };
        answer.is_ok()
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

#[cfg(test)]
mod tests;
