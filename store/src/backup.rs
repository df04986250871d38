//! Backups of an embedded database: one file, which is a database itself, with a table of its own that says
//! what it is. On Postgres its own tools do this. What was restored, by whatever, is an earlier state of the
//! world: what must not go on by itself from there is ended here.

use std::path::Path;

use domain::Timestamp;
use sqlx::{
    AnyConnection, AssertSqlSafe, Connection as _, Executor as _, Row as _,
    sqlite::{SqliteConnectOptions, SqliteConnection},
};

use crate::{Store, StoreError, dialect::Dialect, migrations, row_security, scope::Scope, sql::Binds};

/// Holds [`BackupFacts`]; only backups have it.
const TABLE: &str = "countersign_backup";
/// The index of knowledge is built anew.
const FORGET_INDEX: &str = "DELETE FROM index_marks";
/// Who was signed in then is not any more.
const END_SESSIONS: [&str; 3] =
    ["DELETE FROM sessions", "DELETE FROM customer_sessions", "DELETE FROM customer_links"];
/// Mails that waited may have gone out since.
const HOLD_MAILS: &str = "UPDATE deliveries SET status = 'unknown', next_attempt_at = NULL, error = 'restored from a \
                          backup: it may have been sent since; ask the customer, or send it again' \
                          WHERE status IN ('pending', 'sending')";

/// What a backup says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupFacts {
    pub made_at: Timestamp,
    /// Of the program that made it.
    pub version: String,
    /// The newest migration in it.
    pub schema: i64,
    /// What tells the key that its secrets are sealed under from others.
    pub key_print: String,
    /// The key itself, where whoever made the backup asked for that.
    pub key: Option<String>,
}

fn failed(file: &Path, why: impl std::fmt::Display) -> StoreError {
    StoreError::Backup { file: file.display().to_string(), why: why.to_string() }
}

impl Store {
    /// The newest migration that was applied; none before the first.
    pub async fn schema(&self) -> Result<Option<i64>, StoreError> {
        let mut reader = self.reader(Scope::Everywhere).await?;
        let sql = "SELECT max(version) AS version FROM _sqlx_migrations";
        let rows = self.heard(Binds::default().fetch_all(&mut reader, sql.into())).await?;
        reader.keep();
        Ok(rows.first().map(|row| row.try_get("version")).transpose()?.flatten())
    }

    /// Writes all of an embedded database into a file that is not there yet, as of one moment, while others
    /// read and write. The file is on the disk when this returns.
    pub async fn back_up(&self, file: &Path, facts: &BackupFacts) -> Result<(), StoreError> {
        if self.address.dialect != Dialect::Sqlite {
            return Err(failed(file, "only an embedded database is backed up like this; use pg_dump"));
        }
        let name = file.to_str().ok_or_else(|| failed(file, "its name is not UTF-8"))?;
        let mut reader = self.reader(Scope::Everywhere).await?;
        let mut binds = Binds::default();
        binds.text(name);
        binds.execute(&mut reader, "VACUUM INTO $1").await?;
        drop(reader);
        let mut copy = open(file, false).await?;
        copy.execute(AssertSqlSafe(format!(
            "CREATE TABLE {TABLE} (name text PRIMARY KEY, value text NOT NULL)"
        )))
        .await?;
        let made_at = facts.made_at.0.to_string();
        let schema = facts.schema.to_string();
        let mut rows = vec![
            ("made_at", made_at.as_str()),
            ("version", &facts.version),
            ("schema", &schema),
            ("key_print", &facts.key_print),
        ];
        rows.extend(facts.key.as_deref().map(|key| ("key", key)));
        for (name, value) in rows {
            let sql = AssertSqlSafe(format!("INSERT INTO {TABLE} (name, value) VALUES ($1, $2)"));
            sqlx::query(sql).bind(name).bind(value).execute(&mut copy).await?;
        }
        copy.close().await?;
        Ok(())
    }

    /// For a database that another program has made what it was earlier, before anybody works on it. Something
    /// has happened since: who was signed in then is not any more, and mails that waited are not sent again by
    /// themselves; returns how many. The index of knowledge is filled anew.
    pub async fn came_back(&self) -> Result<u64, StoreError> {
        let mut connection = AnyConnection::connect(&self.address.url).await?;
        if self.address.dialect == Dialect::Postgres {
            connection.execute(row_security::AS_OWNER).await?;
        }
        let mut transaction = connection.begin().await?;
        for sql in std::iter::once(FORGET_INDEX).chain(END_SESSIONS) {
            transaction.execute(sql).await?;
        }
        let held = transaction.execute(HOLD_MAILS).await?.rows_affected();
        transaction.commit().await?;
        connection.close().await?;
        Ok(held)
    }
}

async fn open(file: &Path, read_only: bool) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(file).read_only(read_only).foreign_keys(true);
    SqliteConnection::connect_with(&options).await.map_err(|error| failed(file, error))
}

/// What a backup is, after looking whether it is whole.
pub async fn read_backup(file: &Path) -> Result<BackupFacts, StoreError> {
    let mut connection = open(file, true).await?;
    let facts = facts(&mut connection)
        .await
        .map_err(|error| failed(file, format!("it is no backup of Countersign, or damaged: {error}")))?;
    let sound: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(3)")
        .fetch_all(&mut connection)
        .await
        .map_err(|error| failed(file, format!("it is damaged: {error}")))?;
    connection.close().await?;
    if sound != ["ok"] {
        return Err(failed(file, format!("it is damaged: {}", sound.join("; "))));
    }
    let newest = migrations::newest();
    if facts.schema > newest {
        let (has, version) = (facts.schema, &facts.version);
        return Err(failed(
            file,
            format!(
                "its schema is {has} and this program knows {newest}; restore it with version {version} or newer"
            ),
        ));
    }
    Ok(facts)
}

async fn facts(connection: &mut SqliteConnection) -> Result<BackupFacts, sqlx::Error> {
    let rows: Vec<(String, String)> =
        sqlx::query_as(AssertSqlSafe(format!("SELECT name, value FROM {TABLE}")))
            .fetch_all(connection)
            .await?;
    let of = |name: &str| rows.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let text =
        |name: &str| of(name).ok_or_else(|| sqlx::Error::Protocol(format!("it does not say its {name}")));
    let number = |name: &str| {
        let text = text(name)?;
        text.parse().map_err(|error| sqlx::Error::Protocol(format!("its {name} is `{text}`: {error}")))
    };
    Ok(BackupFacts {
        made_at: Timestamp(number("made_at")?),
        version: text("version")?,
        schema: number("schema")?,
        key_print: text("key_print")?,
        key: of("key"),
    })
}

/// Makes a copy of a backup a database that the service can open. The index of knowledge is built anew from
/// it. Unless `goes_on`, something has happened since: who was signed in then is not any more, and mails that
/// waited are not sent again by themselves.
pub async fn revive(file: &Path, goes_on: bool) -> Result<(), StoreError> {
    let mut connection = open(file, false).await?;
    let mut transaction = connection.begin().await?;
    transaction.execute(AssertSqlSafe(format!("DROP TABLE {TABLE}"))).await?;
    transaction.execute(FORGET_INDEX).await?;
    if !goes_on {
        for sql in END_SESSIONS.into_iter().chain([HOLD_MAILS]) {
            transaction.execute(sql).await?;
        }
    }
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}
