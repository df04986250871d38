//! Statements over many rows at once.
//!
//! Row counts are padded to a few sizes, or split where the database takes no padding (inserts on
//! Postgres), so that few distinct statements exist and each is prepared once per connection.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Serialize;
use sqlx::{
    AnyConnection, Arguments as _, AssertSqlSafe, Encode, Type,
    any::{Any, AnyArguments, AnyRow},
};

use crate::{StoreError, dialect::Dialect};

/// Numbers of rows that an insert may have where there are exactly so many.
const SPLIT: [usize; 12] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
/// The same where what is left of them stays empty. Each statement is a way to SQLite's thread and back, and its
/// driver keeps a hundred of them.
const PADDED: [usize; 5] = [1, 4, 12, 32, MOST_PADDED];
const MOST_PADDED: usize = 96;
/// Keys of one select at most.
const SELECT_KEYS: usize = 256;

/// Text as every backend can hold it: Postgres has no NUL in text, so it becomes the replacement
/// character.
pub(crate) fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}

/// Values on their way into a statement.
#[derive(Default)]
pub(crate) struct Binds {
    arguments: AnyArguments,
    count: usize,
    failed: Option<sqlx::Error>,
}

impl Binds {
    fn add<'t, T: Encode<'t, Any> + Type<Any>>(&mut self, value: T) -> &mut Self {
        self.count += 1;
        if let Err(error) = self.arguments.add(value) {
            self.failed = Some(sqlx::Error::Encode(error));
        }
        self
    }

    pub(crate) fn text(&mut self, value: impl Into<String>) -> &mut Self {
        self.add(storable(value.into()))
    }

    pub(crate) fn opt_text(&mut self, value: Option<impl Into<String>>) -> &mut Self {
        match value {
            Some(value) => self.text(value),
            None => self.add(None::<String>),
        }
    }

    pub(crate) fn id(&mut self, value: impl std::fmt::Display) -> &mut Self {
        self.add(value.to_string())
    }

    pub(crate) fn opt_id(&mut self, value: Option<impl std::fmt::Display>) -> &mut Self {
        self.add(value.map(|value| value.to_string()))
    }

    pub(crate) fn int(&mut self, value: i64) -> &mut Self {
        self.add(value)
    }

    pub(crate) fn at(&mut self, value: domain::Timestamp) -> &mut Self {
        self.add(value.0)
    }

    pub(crate) fn opt_int(&mut self, value: Option<i64>) -> &mut Self {
        self.add(value)
    }

    pub(crate) fn opt_at(&mut self, value: Option<domain::Timestamp>) -> &mut Self {
        self.add(value.map(|at| at.0))
    }

    /// JSON escapes NUL, so it passes as it is.
    pub(crate) fn json<T: Serialize + ?Sized>(&mut self, value: &T) -> &mut Self {
        match serde_json::to_string(value) {
            Ok(text) => self.add(text),
            Err(error) => {
                self.failed = Some(sqlx::Error::Encode(Box::new(error)));
                self
            }
        }
    }

    pub(crate) fn opt_json<T: Serialize>(&mut self, value: Option<&T>) -> &mut Self {
        match value {
            Some(value) => self.json(value),
            None => self.add(None::<String>),
        }
    }

    fn finish(self) -> Result<AnyArguments, StoreError> {
        match self.failed {
            Some(error) => Err(error.into()),
            None => Ok(self.arguments),
        }
    }

    pub(crate) async fn execute(
        self,
        connection: &mut AnyConnection,
        sql: &'static str,
    ) -> Result<u64, StoreError> {
        Ok(sqlx::query_with(sql, self.finish()?).execute(connection).await?.rows_affected())
    }

    pub(crate) async fn fetch_all(
        self,
        connection: &mut AnyConnection,
        sql: Arc<str>,
    ) -> Result<Vec<AnyRow>, StoreError> {
        Ok(sqlx::query_with(AssertSqlSafe(sql), self.finish()?).fetch_all(connection).await?)
    }
}

/// A table as the writer writes it: whole rows.
pub(crate) struct Table {
    pub name: &'static str,
    pub columns: &'static [&'static str],
    /// The primary key when rows are changed; empty when they are only ever appended.
    pub key: &'static [&'static str],
    /// Columns that keep the value a row was born with. They are left out of changes, so that the
    /// indexes on them are not written again.
    pub fixed: &'static [&'static str],
}

impl Table {
    fn insert(&self, dialect: Dialect, rows: usize) -> String {
        let pads = dialect.pads_inserts() && rows > 1;
        let (from, of_those) = match pads {
            // Every table begins with the workspace, which no row is without.
            true => ("SELECT * FROM (VALUES ", ") WHERE column1 IS NOT NULL"),
            false => ("VALUES ", ""),
        };
        let mut sql = format!("INSERT INTO {} ({}) {from}", self.name, self.columns.join(", "));
        push_tuples(&mut sql, dialect, rows, self.columns.len());
        sql.push_str(of_those);
        if !self.key.is_empty() {
            sql.push_str(&format!(" ON CONFLICT ({}) DO UPDATE SET ", self.key.join(", ")));
            let changed: Vec<String> = self
                .columns
                .iter()
                .filter(|column| !self.key.contains(column) && !self.fixed.contains(column))
                .map(|column| format!("{column} = excluded.{column}"))
                .collect();
            sql.push_str(&changed.join(", "));
        }
        sql
    }
}

/// `($1, $2), ($3, $4)`, or the dialect's way to say it.
pub(crate) fn push_tuples(sql: &mut String, dialect: Dialect, rows: usize, width: usize) {
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            sql.push_str(comma);
            dialect.push_placeholder(sql, row * width + column + 1);
        }
        sql.push(')');
    }
}

type Text = Arc<str>;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Insert,
    Select,
}

/// Statement texts that were built once.
pub(crate) struct Statements {
    dialect: Dialect,
    /// By kind, name and number of rows or keys.
    built: Mutex<HashMap<(Kind, &'static str, usize), Text>>,
}

impl Statements {
    pub(crate) fn new(dialect: Dialect) -> Self {
        Self { dialect, built: Mutex::default() }
    }

    fn get(&self, kind: Kind, name: &'static str, size: usize, build: impl FnOnce() -> String) -> Arc<str> {
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        built.entry((kind, name, size)).or_insert_with(|| build().into()).clone()
    }

    /// The text of a select over a number of keys.
    pub(crate) fn sized(&self, name: &'static str, keys: usize, build: impl FnOnce() -> String) -> Arc<str> {
        self.get(Kind::Select, name, keys, build)
    }

    /// Writes whole rows, in their order.
    pub(crate) async fn write<T>(
        &self,
        connection: &mut AnyConnection,
        table: &'static Table,
        rows: &[T],
        bind: impl Fn(&T, &mut Binds),
    ) -> Result<(), StoreError> {
        let mut rest = rows;
        while !rest.is_empty() {
            let size = match self.dialect.pads_inserts() {
                true => PADDED.into_iter().find(|size| *size >= rest.len()).unwrap_or(MOST_PADDED),
                false => SPLIT.into_iter().rfind(|size| *size <= rest.len()).unwrap_or(1),
            };
            let (now, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            let mut binds = Binds::default();
            for row in now {
                bind(row, &mut binds);
            }
            debug_assert!(
                binds.failed.is_some() || binds.count == now.len() * table.columns.len(),
                "{}",
                table.name
            );
            let sql = self.get(Kind::Insert, table.name, size, || table.insert(self.dialect, size));
            sqlx::query_with(AssertSqlSafe(sql), binds.finish()?).execute(&mut *connection).await?;
        }
        Ok(())
    }

    /// The rows whose key columns equal one of `keys`. More keys than fit one statement are asked
    /// for in order.
    pub(crate) async fn select<const N: usize>(
        &self,
        connection: &mut AnyConnection,
        wanted: &Keyed<'_, N>,
        keys: &[[String; N]],
    ) -> Result<Vec<AnyRow>, StoreError> {
        let mut rows = Vec::new();
        for chunk in keys.chunks(SELECT_KEYS) {
            let size = chunk.len().next_power_of_two();
            let sql = self.get(Kind::Select, wanted.name, size, || wanted.sql(self.dialect, size));
            let mut binds = Binds::default();
            for part in chunk.iter().flatten() {
                binds.text(part.as_str());
            }
            // No key is empty, so the padding finds nothing.
            for _ in chunk.len() * N..size * N {
                binds.text("");
            }
            rows.extend(binds.fetch_all(connection, sql).await?);
        }
        Ok(rows)
    }

    /// Which of the ids are those of tickets, runs, approvals or effects: `kind`, `workspace_id`, `id`.
    pub(crate) async fn select_born(
        &self,
        connection: &mut AnyConnection,
        ids: &[[String; 2]],
    ) -> Result<Vec<AnyRow>, StoreError> {
        let build = |size| {
            let mut sql = "WITH k(workspace_id, id) AS (VALUES ".to_owned();
            push_tuples(&mut sql, self.dialect, size, 2);
            sql.push_str(") ");
            for (number, kind) in ["ticket", "run", "approval", "effect"].into_iter().enumerate() {
                let union = if number == 0 { "" } else { " UNION ALL " };
                sql.push_str(&format!(
                    "{union}SELECT '{kind}' AS kind, t.workspace_id, t.id FROM k CROSS JOIN {kind}s AS t \
                     WHERE t.workspace_id = k.workspace_id AND t.id = k.id"
                ));
            }
            sql
        };
        let mut rows = Vec::new();
        for chunk in ids.chunks(SELECT_KEYS) {
            let size = chunk.len().next_power_of_two();
            let sql = self.get(Kind::Select, "born", size, || build(size));
            let mut binds = Binds::default();
            for part in chunk.iter().flatten() {
                binds.text(part.as_str());
            }
            for _ in chunk.len() * 2..size * 2 {
                binds.text("");
            }
            rows.extend(binds.fetch_all(connection, sql).await?);
        }
        Ok(rows)
    }
}

/// A select of rows by their keys, across workspaces.
pub(crate) struct Keyed<'a, const N: usize> {
    /// Tells it from every other one.
    pub name: &'static str,
    pub columns: &'a str,
    pub table: &'a str,
    pub key: [&'a str; N],
    /// More conditions, each starting with ` AND`, on the table `t`. A partial index is used only if
    /// its own condition stands here.
    pub and: &'a str,
    /// ` ORDER BY …` or a lock, on the table `t`.
    pub tail: &'a str,
}

impl<const N: usize> Keyed<'_, N> {
    /// A join, because SQLite scans the table for `(a, b) IN (VALUES …)`; and a `CROSS` one, because
    /// there that fixes the order: each key is looked up in the index.
    fn sql(&self, dialect: Dialect, keys: usize) -> String {
        let mut sql = format!("SELECT {} FROM (VALUES ", self.columns);
        push_tuples(&mut sql, dialect, keys, N);
        sql.push_str(&format!(") AS k CROSS JOIN {} AS t WHERE ", self.table));
        for (number, column) in self.key.iter().enumerate() {
            let and = if number == 0 { "" } else { " AND " };
            sql.push_str(&format!("{and}t.{column} = k.column{}", number + 1));
        }
        sql + self.and + self.tail
    }
}

/// A select with conditions that are added as they are wanted. Only the values are data; the texts
/// are the code's own.
pub(crate) struct Select {
    sql: String,
    binds: Binds,
}

impl Select {
    /// `sql` ends in a `WHERE` clause that starts with `workspace_id = $1`.
    pub(crate) fn of(workspace: domain::WorkspaceId, sql: &'static str) -> Self {
        let mut binds = Binds::default();
        binds.id(workspace);
        Self { sql: sql.to_owned(), binds }
    }

    /// Adds text in which every `?` stands for the next value that `bind` adds. A limit is `LIMIT ? + 0`:
    /// SQLite looks at a value that stands there alone, and prepares the statement anew for each.
    pub(crate) fn and(mut self, text: &str, bind: impl FnOnce(&mut Binds)) -> Self {
        debug_assert!(!text.contains("LIMIT ?") || text.contains("LIMIT ? + 0"), "{text}");
        let mut number = self.binds.count;
        bind(&mut self.binds);
        for part in text.split_inclusive('?') {
            match part.strip_suffix('?') {
                Some(before) => {
                    number += 1;
                    self.sql.push_str(before);
                    self.sql.push_str(&format!("${number}"));
                }
                None => self.sql.push_str(part),
            }
        }
        debug_assert_eq!(number, self.binds.count, "{}", self.sql);
        self
    }

    pub(crate) fn and_if<T>(self, text: &str, value: Option<T>, bind: impl FnOnce(&mut Binds, T)) -> Self {
        match value {
            Some(value) => self.and(text, |binds| bind(binds, value)),
            None => self,
        }
    }

    /// Rows of a status that a partial index may be about. The word stands in the text: SQLite compares
    /// a value with the indexes' conditions, and prepares the statement anew for each it is given.
    pub(crate) fn of_status(self, status: Option<&'static str>) -> Self {
        match status {
            Some(status) => self.then(" AND status = '").then(status).then("'"),
            None => self,
        }
    }

    /// Adds text without values.
    pub(crate) fn then(mut self, text: &str) -> Self {
        self.sql.push_str(text);
        self
    }

    /// How the database would go about it: the steps of its plan.
    #[cfg(test)]
    pub(crate) async fn plan(mut self, connection: &mut AnyConnection) -> Result<Vec<String>, StoreError> {
        use sqlx::Row as _;
        self.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
        Ok(self.all(connection).await?.iter().map(|row| row.get("detail")).collect())
    }

    pub(crate) async fn all(self, connection: &mut AnyConnection) -> Result<Vec<AnyRow>, StoreError> {
        self.binds.fetch_all(connection, self.sql.into()).await
    }
}

/// A pattern that finds `text` anywhere, in columns that hold lower case. A sigma stands for any one character: which of
/// its two forms a column has goes by where in a word it stood, and what is searched for may be part of one.
pub(crate) fn contains(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for c in text.trim().chars().take(200).flat_map(char::to_lowercase) {
        if matches!(c, 'σ' | 'ς') {
            pattern.push('_');
            continue;
        }
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upsert_changes_every_column_but_the_key_and_what_is_fixed() {
        let table = Table { name: "t", columns: &["a", "b", "c", "d"], key: &["a"], fixed: &["d"] };
        assert_eq!(
            table.insert(Dialect::Postgres, 2),
            "INSERT INTO t (a, b, c, d) VALUES ($1, $2, $3, $4), ($5, $6, $7, $8) \
             ON CONFLICT (a) DO UPDATE SET b = excluded.b, c = excluded.c"
        );
        assert_eq!(
            table.insert(Dialect::Sqlite, 2),
            "INSERT INTO t (a, b, c, d) SELECT * FROM (VALUES (?, ?, ?, ?), (?, ?, ?, ?)) WHERE column1 IS NOT NULL \
             ON CONFLICT (a) DO UPDATE SET b = excluded.b, c = excluded.c"
        );
    }

    #[test]
    fn keys_are_looked_up_by_a_join() {
        let wanted = Keyed {
            name: "n",
            columns: "t.*",
            table: "runs",
            key: ["workspace_id", "id"],
            and: "",
            tail: " ORDER BY t.id",
        };
        assert_eq!(
            wanted.sql(Dialect::Postgres, 2),
            "SELECT t.* FROM (VALUES ($1, $2), ($3, $4)) AS k CROSS JOIN runs AS t \
             WHERE t.workspace_id = k.column1 AND t.id = k.column2 ORDER BY t.id"
        );
    }

    #[tokio::test]
    async fn every_key_is_looked_up_in_an_index_and_no_table_is_scanned() {
        use sqlx::{Connection as _, Row as _};
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let active = " AND t.status IN ('queued', 'running', 'waiting')";
        for (table, key, and) in [
            ("tickets", ["workspace_id", "id"], ""),
            ("runs", ["workspace_id", "id"], ""),
            ("runs", ["workspace_id", "ticket_id"], active),
            ("approvals", ["workspace_id", "id"], ""),
            ("decisions", ["workspace_id", "approval_id"], ""),
            ("effects", ["workspace_id", "id"], ""),
            ("deliveries", ["workspace_id", "id"], ""),
            ("events", ["workspace_id", "idempotency_key"], " AND t.idempotency_key IS NOT NULL"),
            ("messages", ["workspace_id", "email_message_id"], " AND t.email_message_id IS NOT NULL"),
            ("messages", ["workspace_id", "id"], ""),
            ("chunks", ["workspace_id", "document_id"], ""),
            ("documents", ["workspace_id", "id"], ""),
        ] {
            let wanted = Keyed { name: table, columns: "t.*", table, key, and, tail: "" };
            let sql = format!("EXPLAIN QUERY PLAN {}", wanted.sql(Dialect::Sqlite, 4));
            let plan = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut connection).await.unwrap();
            let steps: Vec<String> = plan.iter().map(|row| row.get("detail")).collect();
            let found = format!("({}=? AND {}=?)", key[0], key[1]);
            assert!(
                steps.iter().any(|s| s.starts_with("SEARCH t") && s.ends_with(&found)),
                "{table}: {steps:?}"
            );
        }
    }

    #[test]
    fn what_is_searched_for_is_taken_literally() {
        assert_eq!(contains(" 50%_Off\\ "), "%50\\%\\_off\\\\%");
        for written in ["ΟΔΟΣ_ΣΑΜΟΥ", "οδος_σαμου", "οδοσ_Σαμου"] {
            assert_eq!(contains(written), "%οδο_\\__αμου%", "{written}");
        }
    }
}
