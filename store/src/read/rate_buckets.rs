//! Rates that all processes share, and until when far sides asked to be left alone.

use domain::{
    Timestamp,
    knowledge::UNIVERSAL_WORKSPACE,
    rate::{Bucket, RateLimit},
};
use sqlx::{AnyConnection, any::AnyRow};

use crate::{Store, StoreError, rows::Columns, sql::Binds};

fn at(row: &AnyRow, column: &str) -> Result<Timestamp, StoreError> {
    Columns { table: "rate_buckets", row }.at(column)
}

/// The row, made when there is none yet, and kept from others until the transaction ends.
async fn row(
    connection: &mut AnyConnection,
    name: &str,
    lock: &'static str,
) -> Result<(Timestamp, Timestamp), StoreError> {
    for _ in 0..2 {
        let mut binds = Binds::default();
        binds.id(UNIVERSAL_WORKSPACE).text(name);
        let sql = format!("SELECT * FROM rate_buckets WHERE workspace_id = $1 AND name = $2{lock}");
        if let Some(row) = binds.fetch_all(connection, sql.into()).await?.first() {
            return Ok((at(row, "full_at")?, at(row, "paused_until")?));
        }
        let mut binds = Binds::default();
        binds.id(UNIVERSAL_WORKSPACE).text(name);
        let sql = "INSERT INTO rate_buckets (workspace_id, name, full_at, paused_until) \
                   VALUES ($1, $2, 0, 0) ON CONFLICT (workspace_id, name) DO NOTHING";
        binds.execute(connection, sql).await?;
    }
    Err(StoreError::Row { table: "rate_buckets", why: format!("`{name}` cannot be made") })
}

impl Store {
    /// Leases up to so many permits of what `name` takes. An empty bucket, or a far side that asked to be
    /// left alone, says when to come back.
    pub async fn lease_permits(
        &self,
        name: String,
        limit: RateLimit,
        wanted: u32,
    ) -> Result<Result<u32, Timestamp>, StoreError> {
        let shared = self.writer.shared.clone();
        let now = shared.clock.now();
        self.writer
            .within(UNIVERSAL_WORKSPACE)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let (full_at, paused_until) = row(connection, &name, shared.dialect.lock_one()).await?;
                    if paused_until > now {
                        return Ok(Err(paused_until));
                    }
                    let mut bucket = Bucket { full_at };
                    let leased = bucket.lease(&limit, wanted, now);
                    if leased.is_ok() {
                        let mut binds = Binds::default();
                        binds.id(UNIVERSAL_WORKSPACE).text(name).at(bucket.full_at);
                        let sql =
                            "UPDATE rate_buckets SET full_at = $3 WHERE workspace_id = $1 AND name = $2";
                        binds.execute(connection, sql).await?;
                    }
                    Ok(leased)
                })
            })
            .await
    }

    /// The far side asked to be left alone until then; a later time that it asked for before stays.
    pub async fn pause_rate(&self, name: String, until: Timestamp) -> Result<(), StoreError> {
        let shared = self.writer.shared.clone();
        self.writer
            .within(UNIVERSAL_WORKSPACE)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    row(connection, &name, shared.dialect.lock_one()).await?;
                    let mut binds = Binds::default();
                    binds.id(UNIVERSAL_WORKSPACE).text(name).at(until);
                    let sql = "UPDATE rate_buckets SET paused_until = $3 \
                               WHERE workspace_id = $1 AND name = $2 AND paused_until < $3";
                    binds.execute(connection, sql).await?;
                    Ok(())
                })
            })
            .await
    }

    /// Whoever asked to be left alone, and until when.
    pub async fn paused_rates(&self) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let now = self.writer.shared.clock.now();
        self.everywhere(
            "SELECT name, paused_until FROM rate_buckets WHERE paused_until > $1",
            |binds| {
                binds.at(now);
            },
            |row| Ok((Columns { table: "rate_buckets", row }.text("name")?, at(row, "paused_until")?)),
        )
        .await
    }
}
