//! Numbers for metrics and the overview.

use domain::Timestamp;

use crate::{Counts, Store, StoreError, WorkspaceStore, rows::Columns, sql::Select};

impl WorkspaceStore {
    pub async fn counts(&self) -> Result<Counts, StoreError> {
        let by_status = |row: &sqlx::any::AnyRow| {
            let c = Columns { table: "(counts)", row };
            Ok((c.text("status")?, c.int("n")?))
        };
        let tickets = Select::of(
            self.id,
            "SELECT status, count(*) AS n FROM tickets WHERE workspace_id = $1 GROUP BY status ORDER BY status",
        );
        let runs = Select::of(
            self.id,
            "SELECT status, count(*) AS n FROM runs WHERE workspace_id = $1 GROUP BY status ORDER BY status",
        );
        // Those that were sent are all there ever were.
        let deliveries = Select::of(
            self.id,
            "SELECT status, count(*) AS n FROM deliveries WHERE workspace_id = $1 \
             AND status IN ('pending', 'sending', 'failed', 'unknown') GROUP BY status ORDER BY status",
        );
        let oldest_approval = Select::of(
            self.id,
            "SELECT min(requested_at) AS at FROM approvals WHERE workspace_id = $1 AND status = 'pending'",
        );
        let oldest_delivery = Select::of(
            self.id,
            "SELECT min(created_at) AS at FROM deliveries WHERE workspace_id = $1 AND status = 'pending'",
        );
        let oldest = |row: &sqlx::any::AnyRow| Columns { table: "(counts)", row }.opt_at("at");
        Ok(Counts {
            tickets: self.all(tickets, by_status).await?,
            runs: self.all(runs, by_status).await?,
            approvals_pending: self.pending_count().await?,
            oldest_approval: self.one(oldest_approval, oldest).await?.flatten(),
            deliveries: self.all(deliveries, by_status).await?,
            oldest_delivery: self.one(oldest_delivery, oldest).await?.flatten(),
        })
    }
}

impl Store {
    /// Since when the run is due that nobody has taken for the longest time, of all workspaces; none when
    /// nothing waits for a worker.
    pub async fn due_since(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        // One select per status, so that each has an index to itself.
        let sql = "SELECT min(coalesce(wake_at, created_at)) AS at FROM runs \
                   WHERE status = 'queued' AND (wake_at IS NULL OR wake_at <= $1) \
                   UNION ALL SELECT min(wake_at) AS at FROM runs WHERE status = 'waiting' AND wake_at <= $1 \
                   UNION ALL SELECT min(lease_until) AS at FROM runs WHERE status = 'running' AND lease_until < $1";
        let since = self
            .everywhere(
                sql,
                |binds| {
                    binds.at(now);
                },
                |row| Columns { table: "runs", row }.opt_at("at"),
            )
            .await?;
        Ok(since.into_iter().flatten().min())
    }
}
