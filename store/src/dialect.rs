//! The few places where SQLite and Postgres differ. Everything else is one set of SQL.

use std::{borrow::Cow, path::PathBuf, time::Duration};

use sqlx::{AnyConnection, AssertSqlSafe, Executor as _};
use tokio::time;

use crate::{StoreError, row_security, scope::Scope};

/// Between two statements of a transaction; what takes longer has stopped.
const SHORTEST_IDLE: Duration = Duration::from_secs(2);
const LONGEST_IDLE: Duration = Duration::from_secs(10);

/// A database over a network that has said nothing for so long will not answer on this connection any more.
pub(crate) const SILENCE: Duration = Duration::from_secs(30);
/// The same for work that may walk through whole tables.
pub(crate) const LONG_SILENCE: Duration = Duration::from_secs(300);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

/// A database URL, understood.
#[derive(Clone, Debug)]
pub(crate) struct Address {
    pub dialect: Dialect,
    /// What the driver is given.
    pub url: String,
    /// Lives in memory, and only as long as its one connection.
    pub in_memory: bool,
}

impl Address {
    pub(crate) fn parse(url: &str) -> Result<Self, StoreError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Ok(Self {
                dialect: Dialect::Postgres,
                url: with_parameter(url, "statement-cache-capacity", "400"),
                in_memory: false,
            });
        }
        let Some(path) = url.strip_prefix("sqlite:") else {
            // A URL may hold a password, so only what stands before it is repeated.
            let shown = url.split(':').next().unwrap_or_default().to_owned();
            return Err(StoreError::Url { url: shown, why: "its scheme is unknown".to_owned() });
        };
        let in_memory = path.contains(":memory:") || path.contains("mode=memory");
        if in_memory {
            return Ok(Self { dialect: Dialect::Sqlite, url: url.to_owned(), in_memory });
        }
        let file = PathBuf::from(path.split('?').next().unwrap_or(path).trim_start_matches("//"));
        if file.as_os_str().is_empty() {
            return Err(StoreError::Url { url: url.to_owned(), why: "it names no file".to_owned() });
        }
        if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| StoreError::Url {
                url: url.to_owned(),
                why: format!("its folder cannot be made: {error}"),
            })?;
        }
        Ok(Self { dialect: Dialect::Sqlite, url: with_parameter(url, "mode", "rwc"), in_memory })
    }
}

/// Adds a query parameter unless the URL sets it itself.
fn with_parameter(url: &str, name: &str, value: &str) -> String {
    match url.split_once('?') {
        Some((_, query)) if query.split('&').any(|pair| pair.split('=').next() == Some(name)) => {
            url.to_owned()
        }
        Some(_) => format!("{url}&{name}={value}"),
        None => format!("{url}?{name}={value}"),
    }
}

impl Dialect {
    /// Starts a transaction that will write. SQLite takes the write lock at once, because a lock
    /// that is upgraded later can fail without waiting. Postgres locks rows, and must see what was
    /// committed while it waited for them; whose rows these may be goes the same way, so that it costs
    /// none of its own.
    pub(crate) fn begin(self, scope: &Scope) -> Cow<'static, str> {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE".into(),
            Self::Postgres => {
                let workspaces = scope.setting();
                format!(
                    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL countersign.workspaces = '{workspaces}'"
                )
                .into()
            }
        }
    }

    /// Changes whose rows the rest of a transaction may touch.
    pub(crate) fn here_alone(self, scope: &Scope) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(format!("SET LOCAL countersign.workspaces = '{}'", scope.setting())),
        }
    }

    /// Says whose rows a connection may read until it is told otherwise.
    pub(crate) fn reads(self, scope: &Scope) -> Option<String> {
        match self {
            Self::Sqlite => None,
            Self::Postgres => Some(format!("SET countersign.workspaces = '{}'", scope.setting())),
        }
    }

    /// The place of the `number`th value in a statement over many rows. SQLite keeps the names of
    /// numbered ones in a list that the driver walks for every value, which is quadratic; unnamed
    /// ones cost nothing.
    pub(crate) fn push_placeholder(self, sql: &mut String, number: usize) {
        match self {
            Self::Sqlite => sql.push('?'),
            Self::Postgres => {
                sql.push('$');
                sql.push_str(&number.to_string());
            }
        }
    }

    /// Whether an insert of many rows may name more of them than there are: SQLite takes a value that is not given
    /// for NULL. Postgres has to be told of what type such a row would be.
    pub(crate) fn pads_inserts(self) -> bool {
        self == Self::Sqlite
    }

    /// Ends a select by key whose rows will be changed: locks them in the order of their ids. Keys
    /// never change, so rows that refer to these may still be inserted by others. SQLite's writers
    /// exclude each other as a whole.
    pub(crate) fn lock_by_id(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " ORDER BY t.workspace_id, t.id FOR NO KEY UPDATE OF t",
        }
    }

    /// What tells a connection that others have written since it last asked; none where several
    /// processes write side by side, so that there is no use in remembering rows.
    pub(crate) fn data_version(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("PRAGMA data_version"),
            Self::Postgres => None,
        }
    }

    /// Starts a transaction whose reads all see the same moment.
    pub(crate) fn snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Whether others may write side by side, so that rows have to be locked.
    pub(crate) fn locks_rows(self) -> bool {
        self == Self::Postgres
    }

    /// Ends a select of one row that will be changed.
    pub(crate) fn lock_one(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE",
        }
    }

    /// Like [`Self::lock_by_id`], for the workspaces themselves.
    pub(crate) fn lock_workspaces(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " ORDER BY t.id FOR NO KEY UPDATE OF t",
        }
    }

    /// Locks rows, leaving out those that another process is changing.
    pub(crate) fn skip_locked(self) -> &'static str {
        match self {
            Self::Sqlite => "",
            Self::Postgres => " FOR NO KEY UPDATE SKIP LOCKED",
        }
    }

    /// A file answers or fails; what is beyond a network may do neither.
    pub(crate) async fn answered_in<T>(
        self,
        limit: Duration,
        work: impl Future<Output = Result<T, StoreError>>,
    ) -> Result<T, StoreError> {
        match self {
            Self::Sqlite => work.await,
            Self::Postgres => {
                time::timeout(limit, work).await.unwrap_or(Err(StoreError::Silent(limit.as_secs())))
            }
        }
    }

    /// Sets a fresh connection up.
    pub(crate) async fn prepare(
        self,
        connection: &mut AnyConnection,
        (in_memory, writes): (bool, Option<Duration>),
        role: Option<&'static str>,
    ) -> Result<(), sqlx::Error> {
        if let Some(role) = role {
            connection.execute(AssertSqlSafe(row_security::take_role(role))).await?;
        }
        if self == Self::Postgres {
            // A plan that is kept for all workspaces is one for their average: a large one's list would walk through
            // all of its tickets for the names on one page.
            connection.execute("SET plan_cache_mode = force_custom_plan").await?;
        }
        if self == Self::Postgres
            && let Some(lease) = writes
        {
            // A process that is stopped or cut off in the middle of a transaction holds rows that others need.
            let idle = (lease / 3).clamp(SHORTEST_IDLE, LONGEST_IDLE).as_millis();
            let sql = format!(
                "SET idle_in_transaction_session_timeout = {idle}; SET tcp_user_timeout = {}",
                LONGEST_IDLE.as_millis()
            );
            connection.execute(AssertSqlSafe(sql)).await?;
        }
        if self == Self::Sqlite {
            // A log that is folded back rarely costs fewer fsyncs; FULL makes every commit durable.
            connection
                .execute("PRAGMA busy_timeout = 10000; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;")
                .await?;
            // Each commit empties the caches of those who only read, which takes the longer the larger
            // they are; what they read again is the system's to keep.
            connection
                .execute(match writes.is_some() {
                    true => "PRAGMA cache_size = -65536;",
                    false => "PRAGMA cache_size = -2048; PRAGMA mmap_size = 268435456;",
                })
                .await?;
            if !in_memory {
                connection
                    .execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 4000;")
                    .await?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sqlx::Connection as _;

    use super::*;
    use crate::testing::postgres_database;

    #[test]
    fn a_url_that_is_not_understood_is_refused_without_repeating_its_password() {
        let error = Address::parse("mysql://root:hunter2@localhost/x").unwrap_err().to_string();
        assert!(error.contains("mysql") && !error.contains("hunter2"), "{error}");
    }

    #[tokio::test]
    async fn only_what_is_beyond_a_network_is_given_up() {
        let (limit, answer) = (Duration::from_millis(1), Duration::from_millis(50));
        let slow = || async {
            time::sleep(answer).await;
            Ok(1)
        };
        assert_eq!(Dialect::Sqlite.answered_in(limit, slow()).await.unwrap(), 1);
        let silent = Dialect::Postgres.answered_in(limit, slow()).await;
        assert!(matches!(silent, Err(StoreError::Silent(_))), "{silent:?}");
    }

    #[tokio::test]
    async fn postgres_plans_for_the_workspace_that_asks() {
        sqlx::any::install_default_drivers();
        for writes in [None, Some(Duration::from_secs(30))] {
            let mut fresh = AnyConnection::connect(&postgres_database()).await.unwrap();
            Dialect::Postgres.prepare(&mut fresh, (false, writes), None).await.unwrap();
            let mode = sqlx::query_scalar::<_, String>("SHOW plan_cache_mode").fetch_one(&mut fresh).await;
            assert_eq!(mode.unwrap(), "force_custom_plan");
        }
    }

    #[test]
    fn parameters_of_the_url_win() {
        assert_eq!(with_parameter("sqlite:x?mode=ro", "mode", "rwc"), "sqlite:x?mode=ro");
        assert_eq!(with_parameter("sqlite:x", "mode", "rwc"), "sqlite:x?mode=rwc");
        assert_eq!(with_parameter("postgres:///x?host=/a", "b", "1"), "postgres:///x?host=/a&b=1");
    }
}
