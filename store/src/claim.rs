//! Which process works on which run: claims, leases and their extension.

use domain::{RunId, Timestamp, WorkspaceId, run::Run, run::RunStatus};
use sqlx::{AnyConnection, AssertSqlSafe, Executor as _};

use crate::{
    StoreError,
    apply::Terms,
    dialect::Dialect,
    rows::{self, Columns},
    sql::{Binds, Statements},
};

/// Ids that one statement names.
const AT_ONCE: usize = 500;

/// Leases up to `free` due runs to this process, the most urgent first: queued ones whose time has
/// come, waiting ones whose time has come, and running ones whose worker has let its lease pass.
pub(crate) async fn claim_due(
    connection: &mut AnyConnection,
    statements: &Statements,
    dialect: Dialect,
    terms: &Terms,
    free: usize,
) -> Result<Vec<(WorkspaceId, Run)>, StoreError> {
    let limit = i64::try_from(free).unwrap_or(i64::MAX);
    let mut due: Vec<(WorkspaceId, Run)> = Vec::new();
    // One select per status, so that each has an index to itself.
    for condition in [
        "status = 'queued' AND (wake_at IS NULL OR wake_at <= $1)",
        "status = 'waiting' AND wake_at <= $1",
        "status = 'running' AND lease_until < $1",
    ] {
        let sql = format!(
            "SELECT * FROM runs WHERE {condition} ORDER BY priority DESC, created_at LIMIT $2 + 0{}",
            dialect.skip_locked()
        );
        let mut binds = Binds::default();
        binds.at(terms.now).int(limit);
        for row in binds.fetch_all(connection, sql.into()).await? {
            due.push((rows::workspace_of(&row)?, rows::get_run(&row)?));
        }
    }
    due.sort_by_key(|(_, run)| (std::cmp::Reverse(run.priority), run.created_at));
    due.truncate(free);
    for (_, run) in &mut due {
        if run.status == RunStatus::Running {
            // Its worker died or hung on it; a run that kills its workers must not do so for ever.
            run.attempts += 1;
        }
        terms.lease(run);
    }
    // Whose they are is known now, and nobody else's are written.
    let narrower = dialect.here_alone(&due.iter().map(|(workspace, _)| *workspace).collect());
    if let Some(sql) = narrower.filter(|_| !due.is_empty()) {
        connection.execute(AssertSqlSafe(sql)).await?;
    }
    let changed: Vec<_> = due.iter().map(|(workspace, run)| (*workspace, run)).collect();
    statements.write(connection, &rows::RUNS, &changed, rows::put_run).await?;
    Ok(due)
}

/// Extends the leases of `owner` on these runs, as far as they are its own still, and says which are.
pub(crate) async fn heartbeat(
    connection: &mut AnyConnection,
    owner: &str,
    until: Timestamp,
    held: &[RunId],
) -> Result<Vec<(RunId, i64)>, StoreError> {
    let mut still = Vec::with_capacity(held.len());
    for some in held.chunks(AT_ONCE) {
        let mut binds = Binds::default();
        binds.at(until).text(owner);
        let mut sql =
            "UPDATE runs SET lease_until = $1 WHERE status = 'running' AND lease_owner = $2 AND id IN ("
                .to_owned();
        for (at, run) in some.iter().enumerate() {
            binds.id(run);
            sql.push_str(&format!("{}${}", if at == 0 { "" } else { ", " }, at + 3));
        }
        sql.push_str(") RETURNING id, fence");
        for row in &binds.fetch_all(connection, sql.into()).await? {
            let c = Columns { table: "runs", row };
            still.push((c.id("id")?, c.int("fence")?));
        }
    }
    Ok(still)
}

/// Puts runs of `owner` back in the queue that it has not begun, as far as they are its own still, and says how
/// many those were.
pub(crate) async fn hand_back(
    connection: &mut AnyConnection,
    owner: &str,
    now: Timestamp,
    fences: &[(RunId, i64)],
) -> Result<u64, StoreError> {
    let mut back = 0;
    for (run, fence) in fences {
        let mut binds = Binds::default();
        binds.at(now).text(owner).id(run).int(*fence);
        let sql = "UPDATE runs SET status = 'queued', lease_owner = NULL, lease_until = NULL, wake_at = NULL, \
                   updated_at = $1 WHERE status = 'running' AND lease_owner = $2 AND id = $3 AND fence = $4";
        back += binds.execute(connection, sql).await?;
    }
    Ok(back)
}

/// Puts every leased run back in the queue, and every leased source. Only for a process that knows it is alone.
pub(crate) async fn take_over_all(connection: &mut AnyConnection, now: Timestamp) -> Result<u64, StoreError> {
    let mut binds = Binds::default();
    binds.at(now);
    binds
        .execute(
            connection,
            "UPDATE knowledge_sources SET lease_until = NULL, asked_at = COALESCE(asked_at, $1) \
             WHERE lease_until IS NOT NULL",
        )
        .await?;
    let mut binds = Binds::default();
    binds.at(now);
    binds
        .execute(
            connection,
            "UPDATE runs SET status = 'queued', lease_owner = NULL, lease_until = NULL, wake_at = NULL, \
             attempts = attempts + 1, updated_at = $1 WHERE status = 'running'",
        )
        .await
}
