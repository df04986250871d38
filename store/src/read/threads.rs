//! Conversations with the copilot: runs that answer questions of one person, who alone reads them.

use domain::{RunId, ThreadId, UserId, copilot::Thread, excerpt::line, run::Run};

use super::Order;
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::{self, Columns},
    sql::{Binds, Select},
};

/// Characters of a conversation's title.
const MAX_TITLE: usize = 120;

/// What refers to an approval, and to a run: tables, and the columns that do.
const OF_APPROVALS: [(&str, &str); 6] = [
    ("approval_claims", "approval_id"),
    ("approval_mails", "approval_id"),
    ("decisions", "approval_id"),
    ("evaluation_cases", "approval_id"),
    ("exercises", "source_id"),
    ("review_attention", "approval_id"),
];
const OF_RUNS: [(&str, &str); 3] = [("approvals", "run_id"), ("effects", "run_id"), ("steps", "run_id")];

/// What became of somebody's wish to have a conversation gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgotten {
    Yes,
    /// There is no such conversation of theirs.
    Unknown,
    /// A question of it is being answered.
    Busy,
}

impl WorkspaceStore {
    /// Somebody's conversations, those begun last first.
    pub async fn threads(
        &self,
        by: UserId,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Thread>, StoreError> {
        // A sum, so that SQLite does not look for the newest of them among all runs.
        let select = Select::of(
            self.id,
            "SELECT runs.*, \
             (SELECT count(*) FROM runs AS t WHERE t.workspace_id = runs.workspace_id AND t.thread_id = runs.thread_id) \
             AS questions, \
             (SELECT max(t.created_at + 0) FROM runs AS t WHERE t.workspace_id = runs.workspace_id \
              AND t.thread_id = runs.thread_id) AS asked_at FROM runs WHERE workspace_id = $1",
        )
        .and(" AND asked_by = ? AND thread_seq = 0", |binds| {
            binds.id(by);
        });
        let read = |row: &sqlx::any::AnyRow| {
            let c = Columns { table: "runs", row };
            let run = rows::get_run(row)?;
            let asked = run.asked.ok_or_else(|| c.bad("asked", "it is empty"))?;
            let thread = Thread {
                id: asked.thread_id,
                title: line(&asked.text, MAX_TITLE),
                questions: c.int("questions")?,
                created_at: run.created_at,
                asked_at: c.at("asked_at")?,
            };
            Ok((thread, run.id))
        };
        let key = |(thread, run): &(Thread, RunId)| (thread.created_at, run.to_string());
        let page = self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), read, key).await?;
        Ok(Page { items: page.items.into_iter().map(|(thread, _)| thread).collect(), next: page.next })
    }

    /// What somebody asked in a conversation of theirs, in order; nothing of anybody else's.
    pub async fn questions(&self, by: UserId, thread: ThreadId) -> Result<Vec<Run>, StoreError> {
        let select = self.asked(by).and(" AND thread_id = ? ORDER BY thread_seq", |binds| {
            binds.id(thread);
        });
        self.all(select, rows::get_run).await
    }

    /// One question of a conversation of theirs.
    pub async fn question(&self, by: UserId, thread: ThreadId, seq: i64) -> Result<Option<Run>, StoreError> {
        let select = self.asked(by).and(" AND thread_id = ? AND thread_seq = ?", |binds| {
            binds.id(thread).int(seq);
        });
        self.one(select, rows::get_run).await
    }

    /// What somebody asked by this key.
    pub async fn question_by_key(&self, by: UserId, key: &str) -> Result<Option<Run>, StoreError> {
        let select = self.asked(by).and(" AND asked_key = ?", |binds| {
            binds.text(key);
        });
        self.one(select, rows::get_run).await
    }

    /// The question of theirs that is being answered.
    pub async fn question_under_way(&self, by: UserId) -> Result<Option<Run>, StoreError> {
        let select = self.asked(by).then(" AND status IN ('queued', 'running', 'waiting')");
        self.one(select, rows::get_run).await
    }

    fn asked(&self, by: UserId) -> Select {
        Select::of(self.id, "SELECT * FROM runs WHERE workspace_id = $1").and(" AND asked_by = ?", |binds| {
            binds.id(by);
        })
    }

    /// Takes out a conversation of theirs with its journals and whatever else belongs to its runs. What it cost stays
    /// entered, and an errand that it began goes on: that is a run of its ticket.
    pub async fn forget_thread(&self, by: UserId, thread: ThreadId) -> Result<Forgotten, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact(move |connection| {
                Box::pin(async move {
                    let key = || {
                        let mut binds = Binds::default();
                        binds.id(workspace).id(thread).id(by);
                        binds
                    };
                    let theirs = "workspace_id = $1 AND thread_id = $2 AND asked_by = $3";
                    let sql = format!("SELECT status FROM runs WHERE {theirs}");
                    let rows = key().fetch_all(connection, sql.as_str().into()).await?;
                    if rows.is_empty() {
                        return Ok(Forgotten::Unknown);
                    }
                    for row in &rows {
                        let status = Columns { table: "runs", row }.text("status")?;
                        if matches!(status.as_str(), "queued" | "running" | "waiting") {
                            return Ok(Forgotten::Busy);
                        }
                    }
                    // What refers to its runs goes before them: whatever it had proposed is an effect of one.
                    let runs = format!("SELECT id FROM runs WHERE {theirs}");
                    let approvals =
                        format!("SELECT id FROM approvals WHERE workspace_id = $1 AND run_id IN ({runs})");
                    let of_approvals = OF_APPROVALS.map(|(table, column)| (table, column, &approvals));
                    let of_runs = OF_RUNS.map(|(table, column)| (table, column, &runs));
                    for (table, column, of) in of_approvals.into_iter().chain(of_runs) {
                        let sql =
                            format!("DELETE FROM {table} WHERE workspace_id = $1 AND {column} IN ({of})");
                        key().fetch_all(connection, sql.as_str().into()).await?;
                    }
                    let sql = format!("DELETE FROM runs WHERE {theirs}");
                    key().fetch_all(connection, sql.as_str().into()).await?;
                    Ok(Forgotten::Yes)
                })
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _, Row as _};

    use super::*;

    #[tokio::test]
    async fn whatever_refers_to_a_run_goes_with_it() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let nothing: &[(&str, &str)] = &[];
        let of_what_goes = OF_APPROVALS.iter().chain(&OF_RUNS).map(|(table, _)| match *table {
            "approvals" => ("approvals", &OF_APPROVALS[..]),
            table => (table, nothing),
        });
        for (table, known) in of_what_goes.chain([("runs", &OF_RUNS[..])]) {
            let mut binds = Binds::default();
            binds.text(table);
            let sql = "SELECT t.name AS name, f.\"from\" AS refers \
                       FROM sqlite_schema AS t JOIN pragma_foreign_key_list(t.name) AS f \
                       WHERE t.type = 'table' AND f.\"table\" = $1 AND f.\"from\" <> 'workspace_id' ORDER BY t.name";
            let rows = binds.fetch_all(&mut connection, sql.into()).await.unwrap();
            let found: Vec<(String, String)> =
                rows.iter().map(|row| (row.get("name"), row.get("refers"))).collect();
            let found: Vec<(&str, &str)> =
                found.iter().map(|(name, refers)| (name.as_str(), refers.as_str())).collect();
            assert_eq!(found, known, "what refers to {table}");
        }
    }
}
