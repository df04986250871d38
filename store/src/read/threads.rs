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

    /// Takes out a conversation of theirs with its journals. What it cost stays entered.
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
                    let sql = format!(
                        "DELETE FROM steps WHERE workspace_id = $1 AND run_id IN (SELECT id FROM runs WHERE {theirs})"
                    );
                    key().fetch_all(connection, sql.as_str().into()).await?;
                    let sql = format!("DELETE FROM runs WHERE {theirs}");
                    key().fetch_all(connection, sql.as_str().into()).await?;
                    Ok(Forgotten::Yes)
                })
            })
            .await
    }
}
