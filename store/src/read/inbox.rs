//! What people keep about the queue of approvals: who looks at what, who sees to whose, and views.

use domain::{
    ApprovalId, Timestamp, UserId, ViewId,
    audit::{AuditAction, Deed},
    queue::{Delegation, MAX_VIEWS, View},
    tending::Claim,
    user::Actor,
};
use serde_json::json;
use sqlx::any::AnyRow;

use super::audit::append;
use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

const CLAIMS: &str = "SELECT c.approval_id, c.user_id, c.until, u.name FROM approval_claims c \
    JOIN users u ON u.workspace_id = c.workspace_id AND u.id = c.user_id WHERE c.workspace_id = $1";

fn get_claim(row: &AnyRow) -> Result<Claim, StoreError> {
    let c = Columns { table: "approval_claims", row };
    Ok(Claim {
        approval_id: c.id("approval_id")?,
        user_id: c.id("user_id")?,
        name: c.text("name")?,
        until: c.at("until")?,
    })
}

fn get_delegation(row: &AnyRow) -> Result<Delegation, StoreError> {
    let c = Columns { table: "approval_delegations", row };
    Ok(Delegation {
        user_id: c.id("user_id")?,
        delegate_id: c.id("delegate_id")?,
        until: c.at("until")?,
        created_at: c.at("created_at")?,
    })
}

fn get_view(row: &AnyRow) -> Result<View, StoreError> {
    let c = Columns { table: "approval_views", row };
    Ok(View {
        id: c.id("id")?,
        owner_id: c.id("owner_id")?,
        shared: c.int("shared")? == 1,
        name: c.text("name")?,
        narrowed: c.json("narrowed")?,
        created_at: c.at("created_at")?,
    })
}

impl WorkspaceStore {
    /// Says that somebody looks at an approval, until the time, unless somebody else does. Returns who does.
    pub async fn claim_approval(
        &self,
        approval: ApprovalId,
        user: UserId,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).at(now);
                    let over = "DELETE FROM approval_claims WHERE workspace_id = $1 AND until <= $2";
                    binds.execute(connection, over).await?;
                    let mut binds = Binds::default();
                    binds.id(workspace).id(approval).id(user).at(until);
                    let sql = "INSERT INTO approval_claims (workspace_id, approval_id, user_id, until) \
                               VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id, approval_id) \
                               DO UPDATE SET until = excluded.until \
                               WHERE approval_claims.user_id = excluded.user_id";
                    binds.execute(connection, sql).await?;
                    Select::of(workspace, CLAIMS)
                        .and(" AND c.approval_id = ?", |binds| {
                            binds.id(approval);
                        })
                        .all(connection)
                        .await?
                        .first()
                        .map(get_claim)
                        .transpose()
                })
            })
            .await
    }

    /// Returns whether it was theirs.
    pub async fn release_approval(&self, approval: ApprovalId, user: UserId) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(approval).id(user);
                    let sql = "DELETE FROM approval_claims \
                               WHERE workspace_id = $1 AND approval_id = $2 AND user_id = $3";
                    Ok(binds.execute(connection, sql).await? > 0)
                })
            })
            .await
    }

    /// Who looks at what now.
    pub async fn approval_claims(&self, now: Timestamp) -> Result<Vec<Claim>, StoreError> {
        let select = Select::of(self.id, CLAIMS).and(" AND c.until > ? ORDER BY c.approval_id", |binds| {
            binds.at(now);
        });
        self.all(select, get_claim).await
    }

    /// Names who sees to this person's approvals; `None` ends it. With its entry in the audit.
    pub async fn delegate_approvals(
        &self,
        user: (UserId, String),
        to: Option<(UserId, Timestamp)>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let (user, name) = user;
                    let mut binds = Binds::default();
                    binds.id(workspace).id(user);
                    let sql = "DELETE FROM approval_delegations WHERE workspace_id = $1 AND user_id = $2";
                    binds.execute(connection, sql).await?;
                    if let Some((delegate, until)) = to {
                        let mut binds = Binds::default();
                        binds.id(workspace).id(user).id(delegate).at(until).at(now);
                        let sql = "INSERT INTO approval_delegations \
                                   (workspace_id, user_id, delegate_id, until, created_at) \
                                   VALUES ($1, $2, $3, $4, $5)";
                        binds.execute(connection, sql).await?;
                    }
                    let deed = Deed {
                        at: now,
                        actor: Actor::User { user_id: user, name },
                        action: AuditAction::ApprovalsDelegated,
                        subject: user.to_string(),
                        detail: json!({ "to": to.map(|(id, _)| id), "until": to.map(|(_, until)| until) }),
                    };
                    append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// Those that are not over, of everybody.
    pub async fn approval_delegations(&self, now: Timestamp) -> Result<Vec<Delegation>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM approval_delegations WHERE workspace_id = $1").and(
            " AND until > ? ORDER BY created_at, user_id",
            |binds| {
                binds.at(now);
            },
        );
        self.all(select, get_delegation).await
    }

    /// This person's own and those that are everybody's, the oldest first.
    pub async fn approval_views(&self, user: Option<UserId>) -> Result<Vec<View>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM approval_views WHERE workspace_id = $1").and(
            " AND (shared = 1 OR owner_id = ?) ORDER BY created_at, id",
            |binds| {
                binds.text(user.map(|id| id.to_string()).unwrap_or_default());
            },
        );
        self.all(select, get_view).await
    }

    pub async fn approval_view(&self, id: ViewId) -> Result<Option<View>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM approval_views WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_view).await
    }

    /// Keeps a new view. False, and nothing is kept, when its owner has as many as one may.
    pub async fn add_approval_view(&self, view: View) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(view.id)
                        .id(view.owner_id)
                        .int(i64::from(view.shared))
                        .text(view.name.as_str())
                        .json(&view.narrowed)
                        .at(view.created_at)
                        .int(MAX_VIEWS);
                    let sql = "INSERT INTO approval_views \
                               (workspace_id, id, owner_id, shared, name, narrowed, created_at) \
                               SELECT $1, $2, $3, $4, $5, $6, $7 WHERE $8 > \
                               (SELECT count(*) FROM approval_views WHERE workspace_id = $1 AND owner_id = $3)";
                    Ok(binds.execute(connection, sql).await? > 0)
                })
            })
            .await
    }

    /// Returns whether there was one.
    pub async fn remove_approval_view(&self, id: ViewId) -> Result<bool, StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    let sql = "DELETE FROM approval_views WHERE workspace_id = $1 AND id = $2";
                    Ok(binds.execute(connection, sql).await? > 0)
                })
            })
            .await
    }
}
