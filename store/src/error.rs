//! What can go wrong while reading or writing.

use domain::commit::CommitError;
use thiserror::Error;

#[derive(Debug, Error)]
pub enum StoreError {
    #[error("the database is not available: {0}; check that it runs and that the configured URL is right")]
    Database(#[from] sqlx::Error),
    #[error(
        "the schema could not be brought up to date: {0}; restore the database or run the version that wrote it"
    )]
    Migrate(#[from] sqlx::migrate::MigrateError),
    #[error(
        "the database URL `{url}` is not understood: {why}; use sqlite:PATH, sqlite::memory: or postgres://USER@HOST/NAME"
    )]
    Url { url: String, why: String },
    /// A list was continued with a cursor that it did not hand out.
    #[error("the cursor is not one that this list gave; start again without one")]
    Cursor,
    /// A row that this version cannot read.
    #[error(
        "a row of `{table}` cannot be read: {why}; the database was written by another version or damaged"
    )]
    Row { table: &'static str, why: String },
    /// A value that cannot be written as JSON.
    #[error("a value cannot be stored: {0}")]
    Value(#[from] serde_json::Error),
    /// Something unique is taken: an email address, a slug.
    #[error("{0} is taken already; choose another or change the one that exists")]
    Taken(String),
    #[error("{0} does not exist")]
    NotFound(String),
    #[error(
        "the database's user `{user}` is above row-level security (a superuser, or with BYPASSRLS), and cannot work \
         as the role `countersign_service`: {why}; configure a user who is neither and owns the tables, or let a \
         superuser run: CREATE ROLE countersign_service NOLOGIN; GRANT countersign_service TO \"{user}\""
    )]
    RowSecurity { user: String, why: String },
    #[error(
        "the database has not answered for {0} seconds; if this was to be written, it is not known whether it was"
    )]
    Silent(u64),
    /// A file that a backup cannot be written to or read from.
    #[error("{file}: {why}")]
    Backup { file: String, why: String },
    #[error("the store is closed")]
    Closed,
}

impl StoreError {
    /// The same failure as the answer to a commit.
    pub(crate) fn into_commit_error(self) -> CommitError {
        let constraint = match &self {
            Self::Database(sqlx::Error::Database(error))
                if error.is_unique_violation()
                    || error.is_check_violation()
                    || error.is_foreign_key_violation() =>
            {
                Some(error.message().to_owned())
            }
            _ => None,
        };
        match (constraint, self) {
            (Some(message), _) => CommitError::Conflict(format!(
                "the database refuses this, because of its own rules: {message}"
            )),
            (None, Self::NotFound(what)) => CommitError::NotFound(what),
            (None, other) => CommitError::Unavailable(other.to_string()),
        }
    }

    /// Whether the data, and not the connection, is at fault, so that other data may pass.
    pub(crate) fn is_about_data(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                !is_locked(error.as_ref()) && !ends_connection(error.as_ref())
            }
            Self::Database(sqlx::Error::Encode(_)) | Self::Value(_) | Self::Row { .. } => true,
            _ => false,
        }
    }

    /// Whether the connection may go on being used after this.
    pub(crate) fn leaves_connection_sound(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => !ends_connection(error.as_ref()),
            Self::Database(sqlx::Error::Encode(_)) => true,
            Self::Database(_) | Self::Silent(_) => false,
            _ => true,
        }
    }

    /// Whether trying again may help: two processes got in each other's way.
    pub(crate) fn is_transient(&self) -> bool {
        match self {
            Self::Database(sqlx::Error::Database(error)) => {
                error.code().is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "55P03"))
            }
            _ => false,
        }
    }

    pub(crate) fn is_unique_violation(&self) -> bool {
        matches!(self, Self::Database(sqlx::Error::Database(error)) if error.is_unique_violation())
    }
}

/// Postgres' last words on a connection: it is shut down, restarts, or was kept waiting within a transaction.
fn ends_connection(error: &dyn sqlx::error::DatabaseError) -> bool {
    error.code().is_some_and(|code| {
        matches!(code.as_ref(), "57P01" | "57P02" | "57P03" | "57P05" | "25P03" | "25P04")
    })
}

/// SQLite's busy and locked codes, of which the low byte tells: another process holds the file.
fn is_locked(error: &dyn sqlx::error::DatabaseError) -> bool {
    error
        .try_downcast_ref::<sqlx::sqlite::SqliteError>()
        .and_then(|_| error.code())
        .and_then(|code| code.parse::<i64>().ok())
        .is_some_and(|code| matches!(code & 0xff, 5 | 6))
}
