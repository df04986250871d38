//! The records on SQL: one set of queries that runs on SQLite and on Postgres.
//!
//! A [`Store`] is the whole database; a [`WorkspaceStore`] is one workspace of it and the only way
//! to its rows. Everything is written by one task per process, the group-commit writer, so that
//! what waits shares a transaction. Nothing here decides anything: commits are applied with the
//! domain's own functions.

mod apply;
mod backup;
mod batch;
mod bell;
mod claim;
mod desk;
mod dialect;
mod error;
mod leases;
mod load;
mod migrations;
mod page;
mod read;
mod readers;
mod records;
mod row_security;
mod rows;
mod scope;
mod sql;
mod state;
#[cfg(feature = "testing")]
pub mod testing;
mod verify;
mod writer;

use std::{
    sync::{Arc, Once},
    time::Duration,
};

use domain::{
    Clock, Ids, Timestamp, WorkspaceId,
    commit::{Commit, CommitError, Receipt},
};
use sqlx::{
    AnyPool, Executor as _,
    any::{AnyPoolOptions, install_default_drivers},
};
use tokio::{
    sync::{broadcast, mpsc},
    task::AbortHandle,
};

pub use backup::{BackupFacts, read_backup, revive};
pub use bell::Word;
pub use error::StoreError;
pub use leases::{Lease, Term};
pub use page::{Key, MAX_LIMIT, Page};
pub use read::{
    AccountDeed, AgentFigures, AgentPeriod, Asker, AuditFilter, AuditReport, Became, CreditReport, DeskDay,
    DeskNow, Forgotten, Joining, KnowledgeFact, Mention, Moved, PageDocument, PersonChange, PersonChanged,
    Redaction, RedactionOutcome, Resolved, ResultFilter, Reviewed, Surroundings, ToMail, Tracks, Waiting,
};
pub use records::{
    Account, ApiKey, ApprovalFilter, Assigned, Attachment, ChannelChange, ChannelSettings, Counts,
    CustomerSession, Delivery, FollowUp, Invitation, KeyOwner, Load, Membership, Notice, Passkey, ReadyRun,
    RegistrationStatus, RunFilter, ServiceAccount, Session, TicketDifference, TicketFilter, ToolRegistration,
    Totp, Workspace,
};

use dialect::{Address, Dialect, SILENCE};
use read::{RunAsked, together::Together};
use readers::{Reader, Readers};
use rows::Columns;
use scope::Scope;
use sql::Binds;
use writer::{Scoped, WriterHandle};

/// How a process uses its store.
#[derive(Clone, Debug)]
pub struct StoreOptions {
    /// Names this process in leases; must differ from every other process on the database.
    pub owner: String,
    /// How long a run stays leased after its last sign of life.
    pub lease: Duration,
    /// Runs that this process works on at once; with 0 it never leases one.
    pub max_claimed: usize,
    /// Commits that may wait to be written; beyond it they are refused with [`CommitError::Busy`].
    pub queue: usize,
    pub read_connections: u32,
}

impl Default for StoreOptions {
    fn default() -> Self {
        Self {
            owner: "countersign".to_owned(),
            lease: Duration::from_secs(30),
            max_claimed: 64,
            queue: 4096,
            read_connections: 8,
        }
    }
}

/// A cheap handle to the whole database.
#[derive(Clone)]
pub struct Store {
    read: Arc<Readers>,
    write: AnyPool,
    writer: WriterHandle,
    address: Arc<Address>,
    /// What the service works as on Postgres, unless as the configured user.
    role: Option<&'static str>,
    around: Arc<Together<RunAsked, Surroundings>>,
    /// Rings and listens while there is a handle.
    ringing: Option<Arc<Ringing>>,
}

struct Ringing(AbortHandle);

impl Drop for Ringing {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One workspace. The answer to a question about another workspace's ids is the same as about ids
/// that do not exist.
#[derive(Clone)]
pub struct WorkspaceStore {
    store: Store,
    id: WorkspaceId,
}

static DRIVERS: Once = Once::new();

impl Store {
    /// Connects to `sqlite:PATH`, `sqlite::memory:` or `postgres://…`, and starts the writer. Does
    /// not touch the schema; see [`Self::migrate`]. An in-memory database has one connection, which
    /// reads and writes share. On Postgres the role that the service works as is made, where there is none
    /// and the user may; [`StoreError::RowSecurity`] when row-level security could not bind the service.
    pub async fn open(
        url: &str,
        options: StoreOptions,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
    ) -> Result<Self, StoreError> {
        DRIVERS.call_once(install_default_drivers);
        let address = Address::parse(url)?;
        let role = match address.dialect {
            Dialect::Postgres => {
                let role = row_security::drops_to(&address.url).await?;
                tracing::debug!(role = role.unwrap_or("the configured user"), "bound by row-level security");
                role
            }
            Dialect::Sqlite => None,
        };
        let lease = options.lease;
        let write = pool(&address, role, 1, Some(lease)).await?;
        let read = if address.in_memory {
            write.clone()
        } else {
            pool(&address, role, options.read_connections.max(1), None).await?
        };
        let read = Readers::new(read, address.in_memory, address.dialect, options.read_connections);
        let writer =
            WriterHandle::start(write.clone(), address.in_memory, address.dialect, &options, clock, ids);
        let ringing = (address.dialect == Dialect::Postgres).then(|| {
            let bell = Arc::clone(&writer.shared.bell);
            Arc::new(Ringing(tokio::spawn(bell.ring(address.url.clone())).abort_handle()))
        });
        let (read, address) = (Arc::new(read), Arc::new(address));
        Ok(Self { read, write, writer, address, role, around: Arc::default(), ringing })
    }

    /// Brings the schema up to date, on Postgres as the configured user and with every table under
    /// row-level security. Safe to call from several processes at once.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self.address.dialect {
            Dialect::Sqlite => migrations::migrator().run(self.read.pool()).await?,
            Dialect::Postgres => row_security::migrate(&self.address.url, self.role).await?,
        }
        Ok(())
    }

    /// The way to the rows of a workspace. Does not check that it exists.
    pub fn workspace(&self, id: WorkspaceId) -> WorkspaceStore {
        WorkspaceStore { store: self.clone(), id }
    }

    /// Every commit of this process that appended events, in the order they were written. A
    /// listener that falls thousands behind misses some and can read them by position.
    pub fn notices(&self) -> broadcast::Receiver<Arc<Notice>> {
        self.writer.shared.notices.subscribe()
    }

    /// What other processes on the same Postgres tell. Nothing on SQLite, and words may be lost: whoever goes by
    /// them looks from time to time as well.
    pub fn words(&self) -> broadcast::Receiver<Word> {
        self.writer.shared.bell.listen()
    }

    /// How long leases are, where several processes share the database.
    pub fn shared_lease(&self) -> Option<Duration> {
        (self.address.dialect == Dialect::Postgres).then_some(self.writer.shared.lease)
    }

    /// What time the database has, where several processes share it.
    pub async fn time(&self) -> Result<Option<Timestamp>, StoreError> {
        if self.address.dialect == Dialect::Sqlite {
            return Ok(None);
        }
        let sql = "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS now";
        let mut reader = self.reader(Scope::Everywhere).await?;
        let rows = self.heard(Binds::default().fetch_all(&mut reader, sql.into())).await?;
        reader.keep();
        rows.first().map(|row| Columns { table: "the clock", row }.at("now")).transpose()
    }

    /// Runs that were leased to this process, to be worked on. Handed out once.
    pub fn ready(&self) -> Option<mpsc::UnboundedReceiver<ReadyRun>> {
        self.writer.ready()
    }

    /// A run that came through [`Self::ready`] is finished with: frees its place.
    pub fn release(&self) {
        self.writer.shared.release();
    }

    /// The process is to end: it leases no more runs. What is being written at this moment may still bring some
    /// to [`Self::ready`]; they are there when a [`Self::hand_back`] that was asked for after this has returned.
    pub fn drain(&self) {
        self.writer.shared.drain();
    }

    /// Puts runs that came through [`Self::ready`] and were not begun back in the queue, for any process to take
    /// at once, and frees their places. Returns how many were this process's still.
    pub async fn hand_back(&self, runs: Vec<ReadyRun>) -> Result<u64, StoreError> {
        self.writer.hand_back(runs).await
    }

    /// Leases due runs, up to the free places; they appear in [`Self::ready`]. Returns how many.
    pub async fn claim_due(&self) -> Result<usize, StoreError> {
        self.writer.claim_due().await
    }

    /// Extends all leases of this process.
    pub async fn heartbeat(&self) -> Result<(), StoreError> {
        self.writer.heartbeat().await
    }

    /// Puts every leased run back in the queue, whoever holds it. For the start of a process that
    /// has the database to itself. Returns how many.
    pub async fn take_over_all(&self) -> Result<u64, StoreError> {
        self.writer.take_over_all().await
    }

    /// How busy this process is with its database.
    pub fn load(&self) -> Load {
        let (reading, readers) = self.read.load();
        let (writes_waiting, writes_limit) = self.writer.load();
        let (runs_leased, runs_limit) = self.writer.shared.places();
        Load { writes_waiting, writes_limit, reading, readers, runs_leased, runs_limit }
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let mut reader = self.reader(Scope::Everywhere).await?;
        self.heard(async { Ok(reader.execute("SELECT 1").await?) }).await?;
        reader.keep();
        Ok(())
    }

    /// Writes what is queued and lets go of the database. Other handles to this store fail from
    /// here on.
    pub async fn close(self) {
        self.writer.close().await;
        self.writer.shared.bell.last_word(&self.address.url).await;
        if let Some(ringing) = &self.ringing {
            ringing.0.abort();
        }
        self.read.close().await;
        self.write.close().await;
    }

    async fn reader(&self, scope: impl Into<Scope>) -> Result<Reader<'_>, StoreError> {
        self.read.get(scope.into()).await
    }

    /// What is read, or that the database has not answered for too long. The connection is then not kept.
    async fn heard<T>(&self, read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
        self.address.dialect.answered_in(SILENCE, read).await
    }
}

impl WorkspaceStore {
    pub fn id(&self) -> WorkspaceId {
        self.id
    }

    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Writes all of `commit` or none of it, together with whatever else waits.
    pub async fn commit(&self, commit: impl Into<Arc<Commit>>) -> Result<Receipt, CommitError> {
        self.store.writer.commit(self.id, commit.into()).await
    }

    async fn reader(&self) -> Result<Reader<'_>, StoreError> {
        self.store.reader(self.id).await
    }

    fn writer(&self) -> Scoped<'_> {
        self.store.writer.within(self.id)
    }
}

/// `writes`: how long this process's leases are, on the connection that writes.
async fn pool(
    address: &Address,
    role: Option<&'static str>,
    connections: u32,
    writes: Option<Duration>,
) -> Result<AnyPool, StoreError> {
    let (dialect, in_memory) = (address.dialect, address.in_memory);
    let mut options = AnyPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(Duration::from_secs(10))
        // A local file needs no asking whether it is still there.
        .test_before_acquire(dialect == Dialect::Postgres)
        .after_connect(move |connection, _| Box::pin(dialect.prepare(connection, (in_memory, writes), role)));
    if in_memory {
        options = options.min_connections(1).idle_timeout(None).max_lifetime(None);
    }
    Ok(options.connect(&address.url).await?)
}
