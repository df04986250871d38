//! Breakers that opened by themselves. The domain says what a move makes of one; here it is written, by one
//! process at a time.

use std::sync::Arc;

use domain::{
    Timestamp, WorkspaceId,
    breaker::{
        BreakerOf, WAITS,
        automatic::{After, AutomaticBreaker, BreakerState, Move, Terms, after},
    },
};
use futures::future::BoxFuture;
use sqlx::{AnyConnection, any::AnyRow};

use super::breakers::HEARD;
use crate::{
    Store, StoreError, WorkspaceStore,
    bell::Word,
    rows::{Columns, workspace_of},
    scope::Scope,
    sql::{Binds, Select, Table},
    writer::Shared,
};

const AUTOMATIC_BREAKERS: Table = Table {
    name: "automatic_breakers",
    columns: &[
        "workspace_id",
        "kind",
        "name",
        "state",
        "reason",
        "last_error",
        "opened_at",
        "changed_at",
        "probe_at",
        "failed_probes",
        "passed_probes",
        "probe",
    ],
    key: &["workspace_id", "kind", "name"],
    fixed: &[],
};

fn put_breaker((workspace, breaker): &(WorkspaceId, AutomaticBreaker), binds: &mut Binds) {
    binds
        .id(workspace)
        .text(breaker.of.kind())
        .text(breaker.of.name())
        .text(breaker.state.as_str())
        .text(breaker.reason.as_str())
        .text(breaker.last_error.as_str())
        .at(breaker.opened_at)
        .at(breaker.changed_at)
        .at(breaker.probe_at)
        .int(i64::from(breaker.failed_probes))
        .int(i64::from(breaker.passed_probes))
        .opt_text(breaker.probe.as_deref());
}

fn get_breaker(row: &AnyRow) -> Result<AutomaticBreaker, StoreError> {
    let c = Columns { table: "automatic_breakers", row };
    let (kind, name) = (c.text("kind")?, c.text("name")?);
    let of = BreakerOf::parse(&kind, &name).ok_or_else(|| c.bad("kind", format!("`{kind}` of `{name}`")))?;
    let count = |column: &str| {
        let count = c.int(column)?;
        u32::try_from(count).map_err(|error| c.bad(column, error))
    };
    Ok(AutomaticBreaker {
        of,
        state: c.word("state", BreakerState::parse)?,
        reason: c.text("reason")?,
        last_error: c.text("last_error")?,
        opened_at: c.at("opened_at")?,
        changed_at: c.at("changed_at")?,
        probe_at: c.at("probe_at")?,
        failed_probes: count("failed_probes")?,
        passed_probes: count("passed_probes")?,
        probe: c.opt_text("probe")?,
    })
}

/// What came of a move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// False: it came too late or too early, and nothing was changed.
    pub done: bool,
    /// The breaker as it stands now; none when it is closed.
    pub now: Option<AutomaticBreaker>,
}

impl WorkspaceStore {
    /// Those of the workspace, the longest open first. Those of providers are the reserved workspace's.
    pub async fn automatic_breakers(&self) -> Result<Vec<AutomaticBreaker>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM automatic_breakers WHERE workspace_id = $1")
            .then(" ORDER BY opened_at, kind, name");
        self.all(select, get_breaker).await
    }

    /// Moves a breaker as it stands in the database now. Runs that waited for one that closes are due from
    /// here on.
    pub async fn move_breaker(&self, of: BreakerOf, step: Move, terms: Terms) -> Result<Moved, StoreError> {
        let (home, shared) = (of.home(self.id), self.store.writer.shared.clone());
        let now = shared.clock.now();
        // A provider's breaker is the reserved workspace's; the runs that wait for it are this one's.
        let writer = self.store.writer.within(Scope::from_iter([self.id, home]));
        let moved = match step {
            // Not beside: runs are changed.
            Move::Passed { .. } => {
                writer
                    .transact(move |connection| stepped(connection, shared, (home, of), step, terms, now))
                    .await?
            }
            _ => {
                writer
                    .transact_beside(move |connection| {
                        stepped(connection, shared, (home, of), step, terms, now)
                    })
                    .await?
            }
        };
        if moved.done {
            self.store.writer.shared.bell.say(Word::Rules);
        }
        Ok(moved)
    }
}

fn stepped(
    connection: &mut AnyConnection,
    shared: Arc<Shared>,
    (home, of): (WorkspaceId, BreakerOf),
    step: Move,
    terms: Terms,
    now: Timestamp,
) -> BoxFuture<'_, Result<Moved, StoreError>> {
    Box::pin(async move {
        let mut binds = Binds::default();
        binds.id(home).text(of.kind()).text(of.name());
        let mut sql =
            "SELECT * FROM automatic_breakers WHERE workspace_id = $1 AND kind = $2 AND name = $3".to_owned();
        sql.push_str(shared.dialect.lock_one());
        let rows = binds.fetch_all(connection, sql.into()).await?;
        let current = rows.first().map(get_breaker).transpose()?;
        let new = current.is_none();
        match after(current.clone(), &of, step, &terms, now) {
            After::Same => Ok(Moved { done: false, now: current }),
            After::Now(breaker) if new => {
                let row = (home, breaker);
                let mut binds = Binds::default();
                put_breaker(&row, &mut binds);
                // Of two processes that see it fail at the same time one opens it.
                let sql = "INSERT INTO automatic_breakers (workspace_id, kind, name, state, reason, last_error, \
                           opened_at, changed_at, probe_at, failed_probes, passed_probes, probe) \
                           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                           ON CONFLICT (workspace_id, kind, name) DO NOTHING";
                let done = binds.execute(connection, sql).await? == 1;
                Ok(Moved { done, now: Some(row.1) })
            }
            After::Now(breaker) => {
                let row = (home, breaker);
                let rows = std::slice::from_ref(&row);
                shared.statements.write(connection, &AUTOMATIC_BREAKERS, rows, put_breaker).await?;
                Ok(Moved { done: true, now: Some(row.1) })
            }
            After::Closed => {
                remove(connection, home, &of).await?;
                let mut binds = Binds::default();
                binds.id(home).at(now.plus(HEARD)).text(format!("%{WAITS}{}%", of.words()));
                let sql = "UPDATE runs SET wake_at = $2 \
                           WHERE workspace_id = $1 AND status = 'waiting' AND waiting_for LIKE $3";
                binds.execute(connection, sql).await?;
                Ok(Moved { done: true, now: None })
            }
        }
    })
}

/// Returns false when there is none.
pub(super) async fn remove(
    connection: &mut AnyConnection,
    home: WorkspaceId,
    of: &BreakerOf,
) -> Result<bool, StoreError> {
    let mut binds = Binds::default();
    binds.id(home).text(of.kind()).text(of.name());
    let sql = "DELETE FROM automatic_breakers WHERE workspace_id = $1 AND kind = $2 AND name = $3";
    Ok(binds.execute(connection, sql).await? > 0)
}

impl Store {
    /// Those of every workspace: few rows, asked for several times a second.
    pub async fn all_automatic_breakers(&self) -> Result<Vec<(WorkspaceId, AutomaticBreaker)>, StoreError> {
        self.everywhere(
            "SELECT * FROM automatic_breakers",
            |_| (),
            |row| Ok((workspace_of(row)?, get_breaker(row)?)),
        )
        .await
    }
}
