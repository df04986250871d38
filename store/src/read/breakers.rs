//! Breakers that are open.

use std::time::Duration;

use domain::{
    Timestamp, WorkspaceId,
    audit::{AuditAction, Deed},
    breaker::{Breaker, BreakerOf, WAITS},
    user::Actor,
};
use serde_json::json;
use sqlx::any::AnyRow;

use super::{audit::append, automatic_breakers::remove};
use crate::{
    Store, StoreError, WorkspaceStore,
    bell::Word,
    rows::{Columns, workspace_of},
    scope::Scope,
    sql::{Binds, Select},
};

/// By then every process has heard that a breaker is closed.
pub(super) const HEARD: Duration = Duration::from_secs(2);

fn get_breaker(row: &AnyRow) -> Result<Breaker, StoreError> {
    let c = Columns { table: "breakers", row };
    let (kind, name) = (c.text("kind")?, c.text("name")?);
    let of = BreakerOf::parse(&kind, &name).ok_or_else(|| c.bad("kind", format!("`{kind}` of `{name}`")))?;
    Ok(Breaker {
        of,
        reason: c.text("reason")?,
        opened_by: c.json("opened_by")?,
        opened_at: c.at("opened_at")?,
    })
}

/// The word stands in the text, because the index has it as its condition.
fn failed(workspace: WorkspaceId, of: &BreakerOf, agent: &str, since: Timestamp) -> Select {
    Select::of(
        workspace,
        "SELECT count(*) AS n FROM runs WHERE workspace_id = $1 AND status IN ('dead', 'quarantined')",
    )
    .and(" AND created_at >= ? AND agent = ?", |binds| {
        binds.at(since).text(agent);
    })
    .and(
        " AND updated_at > coalesce((SELECT max(at) FROM audit_entries WHERE workspace_id = $1 \
         AND action = 'breaker.closed' AND subject = ?), 0)",
        |binds| {
            binds.text(of.words());
        },
    )
}

impl WorkspaceStore {
    /// The longest open first.
    pub async fn breakers(&self) -> Result<Vec<Breaker>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM breakers WHERE workspace_id = $1")
            .then(" ORDER BY opened_at, kind, name");
        self.all(select, get_breaker).await
    }

    /// Runs of an agent that were begun since then and failed for good, as far as its breaker was not
    /// closed after they did.
    pub async fn failed_runs(
        &self,
        of: &BreakerOf,
        agent: &str,
        since: Timestamp,
    ) -> Result<i64, StoreError> {
        let select = failed(self.id, of, agent, since);
        let count = self.one(select, |row| Columns { table: "runs", row }.int("n")).await?;
        Ok(count.unwrap_or_default())
    }

    /// Returns false, and changes nothing, when it is open already. The audit says who opened it.
    pub async fn open_breaker(&self, breaker: Breaker) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let opened = self.writer().transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .text(breaker.of.kind())
                        .text(breaker.of.name())
                        .text(breaker.reason.as_str())
                        .json(&breaker.opened_by)
                        .at(breaker.opened_at);
                    let sql = "INSERT INTO breakers (workspace_id, kind, name, reason, opened_by, opened_at) \
                               VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (workspace_id, kind, name) DO NOTHING";
                    let opened = binds.execute(connection, sql).await? == 1;
                    if opened {
                        let deed = Deed {
                            at: breaker.opened_at,
                            actor: breaker.opened_by,
                            action: AuditAction::BreakerOpened,
                            subject: breaker.of.words(),
                            detail: json!({ "of": breaker.of, "reason": breaker.reason }),
                        };
                        append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(opened)
                })
            })
            .await?;
        self.store.writer.shared.bell.say(Word::Rules);
        Ok(opened)
    }

    /// Closes it whoever opened it, a person or the service. Returns false when it is not open. The audit says
    /// who closed it, and why. Runs that waited for it are due from here on.
    pub async fn close_breaker(
        &self,
        of: BreakerOf,
        actor: Actor,
        reason: String,
    ) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let now = shared.clock.now();
        let scope = Scope::from_iter([workspace, of.home(workspace)]);
        // Not beside: runs are changed.
        let closed = self
            .store
            .writer
            .within(scope)
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(of.kind()).text(of.name());
                    let sql = "DELETE FROM breakers WHERE workspace_id = $1 AND kind = $2 AND name = $3";
                    let switched = binds.execute(connection, sql).await? > 0;
                    let opened_itself = remove(connection, of.home(workspace), &of).await?;
                    if !switched && !opened_itself {
                        return Ok(false);
                    }
                    let deed = Deed {
                        at: now,
                        actor,
                        action: AuditAction::BreakerClosed,
                        subject: of.words(),
                        detail: json!({ "of": of, "reason": reason }),
                    };
                    let mut binds = Binds::default();
                    binds.id(workspace).at(now.plus(HEARD)).text(format!("%{WAITS}%"));
                    let sql = "UPDATE runs SET wake_at = $2 \
                               WHERE workspace_id = $1 AND status = 'waiting' AND waiting_for LIKE $3";
                    binds.execute(connection, sql).await?;
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await?;
        self.store.writer.shared.bell.say(Word::Rules);
        Ok(closed)
    }
}

impl Store {
    /// Every open breaker of every workspace: few rows, asked for several times a second.
    pub async fn open_breakers(&self) -> Result<Vec<(WorkspaceId, Breaker)>, StoreError> {
        self.everywhere("SELECT * FROM breakers", |_| (), |row| Ok((workspace_of(row)?, get_breaker(row)?)))
            .await
    }
}

#[cfg(test)]
mod tests {
    use sqlx::{AnyConnection, Connection as _};
    use uuid::Uuid;

    use super::*;

    #[tokio::test]
    async fn when_a_breaker_was_closed_is_looked_up_and_not_looked_for_in_the_whole_audit() {
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        crate::migrations::migrator().run(&mut connection).await.unwrap();
        let of = BreakerOf::Agent("resolution".to_owned());
        let select = failed(WorkspaceId(Uuid::nil()), &of, "resolution", Timestamp(0));
        let plan = select.plan(&mut connection).await.unwrap();
        let audit = plan.iter().find(|step| step.contains("audit_entries"));
        assert!(audit.is_some_and(|step| step.contains("audit_entries_of_closings")), "{plan:?}");
        assert!(plan.iter().all(|step| !step.starts_with("SCAN")), "{plan:?}");
    }
}
