//! How far agents go by themselves, by intent and tool.

use domain::{
    WorkspaceId,
    audit::Deed,
    autonomy::{LeftRung, Level, Rung},
    calibration::certified::Promise,
};
use sqlx::any::AnyRow;

use super::audit::append;
use crate::{
    Store, StoreError, WorkspaceStore,
    rows::{Columns, workspace_of},
    sql::{Binds, Select},
};

const MILLION: f64 = 1_000_000.0;

fn get_rung(row: &AnyRow) -> Result<Rung, StoreError> {
    let c = Columns { table: "autonomy", row };
    Ok(Rung {
        intent: c.text("intent")?,
        tool: c.text("tool")?,
        level: c.word("level", Level::parse)?,
        promise: Promise {
            ceiling: c.int("ceiling")? as f64 / MILLION,
            delta: c.int("delta")? as f64 / MILLION,
        },
        threshold: c.opt_int("threshold")?,
        version: c.int("version")?,
        since: c.at("since")?,
        counted_from: c.at("counted_from")?,
        by: c.json("changed_by")?,
        why: c.text("why")?,
        over_policy: c.int("over_policy")? != 0,
    })
}

fn get_left(row: &AnyRow) -> Result<LeftRung, StoreError> {
    let c = Columns { table: "autonomy", row };
    Ok(LeftRung {
        intent: c.text("intent")?,
        tool: c.text("tool")?,
        version: c.int("version")?,
        counted_from: c.at("counted_from")?,
    })
}

impl WorkspaceStore {
    pub async fn rungs(&self) -> Result<Vec<Rung>, StoreError> {
        let select =
            Select::of(self.id, "SELECT * FROM autonomy WHERE workspace_id = $1 AND level IS NOT NULL")
                .then(" ORDER BY tool, intent");
        self.all(select, get_rung).await
    }

    /// What stood on a rung and is left to the policy again.
    pub async fn left_rungs(&self) -> Result<Vec<LeftRung>, StoreError> {
        let sql = "SELECT intent, tool, version, counted_from FROM autonomy \
                   WHERE workspace_id = $1 AND level IS NULL";
        self.all(Select::of(self.id, sql).then(" ORDER BY tool, intent"), get_left).await
    }

    /// Puts one in the place of the version before it, with its entry in the audit. False, and nothing changes, when
    /// another version is there: somebody else was faster.
    pub async fn put_rung(&self, rung: Rung, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let millionths = |share: f64| (share * MILLION).round() as i64;
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .text(rung.intent)
                        .text(rung.tool)
                        .text(rung.level.as_str())
                        .int(millionths(rung.promise.ceiling))
                        .int(millionths(rung.promise.delta))
                        .opt_int(rung.threshold)
                        .int(rung.version)
                        .at(rung.since)
                        .at(rung.counted_from)
                        .json(&rung.by)
                        .text(rung.why)
                        .int(i64::from(rung.over_policy));
                    let sql = "INSERT INTO autonomy (workspace_id, intent, tool, level, ceiling, delta, threshold, \
                               version, since, counted_from, changed_by, why, over_policy) \
                               SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 \
                               WHERE $8 = 1 + coalesce((SELECT max(version) FROM autonomy \
                               WHERE workspace_id = $1 AND intent = $2 AND tool = $3), 0) \
                               ON CONFLICT (workspace_id, intent, tool) DO UPDATE SET level = excluded.level, \
                               ceiling = excluded.ceiling, delta = excluded.delta, threshold = excluded.threshold, \
                               version = excluded.version, since = excluded.since, \
                               counted_from = excluded.counted_from, changed_by = excluded.changed_by, \
                               why = excluded.why, over_policy = excluded.over_policy \
                               WHERE autonomy.version = excluded.version - 1";
                    let put = binds.execute(connection, sql).await? == 1;
                    if put {
                        append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(put)
                })
            })
            .await
    }

    /// Leaves it to the policy again, with its entry in the audit. Its version goes on and what counts as evidence stays.
    /// False when another version is there.
    pub async fn remove_rung(
        &self,
        (intent, tool): (String, String),
        version: i64,
        why: String,
        deed: Deed,
    ) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(intent).text(tool).int(version);
                    binds.at(deed.at).json(&deed.actor).text(why);
                    let sql = "UPDATE autonomy SET level = NULL, threshold = NULL, version = version + 1, since = $5, \
                               changed_by = $6, why = $7, over_policy = 0 \
                               WHERE workspace_id = $1 AND intent = $2 AND tool = $3 AND version = $4 \
                               AND level IS NOT NULL";
                    let removed = binds.execute(connection, sql).await? == 1;
                    if removed {
                        append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(removed)
                })
            })
            .await
    }
}

impl Store {
    /// How far agents go in every workspace: asked for several times a second. A row that cannot be read is an error
    /// of its own, and says whose it is.
    pub async fn rungs_everywhere(
        &self,
    ) -> Result<Vec<(WorkspaceId, String, String, Result<Rung, StoreError>)>, StoreError> {
        self.everywhere(
            "SELECT * FROM autonomy WHERE level IS NOT NULL",
            |_| (),
            |row| {
                let c = Columns { table: "autonomy", row };
                Ok((workspace_of(row)?, c.text("intent")?, c.text("tool")?, get_rung(row)))
            },
        )
        .await
    }
}
