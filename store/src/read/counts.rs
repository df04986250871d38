//! Numbers for metrics and the overview.

use crate::{Counts, StoreError, WorkspaceStore, rows::Columns, sql::Select};

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
        Ok(Counts {
            tickets: self.all(tickets, by_status).await?,
            runs: self.all(runs, by_status).await?,
            approvals_pending: self.pending_count().await?,
        })
    }
}
