//! Sessions of people on the staff side: each is an account in one workspace at a time.

use domain::{AccountId, SessionId, Timestamp, UserId, WorkspaceId, audit::AuditAction, audit::Deed};
use serde_json::json;
use sqlx::{AnyConnection, any::AnyRow};

use super::accounts::{self, AccountDeed};
use crate::{
    Session, Store, StoreError, WorkspaceStore,
    dialect::Dialect,
    read::{approval_mails, audit},
    rows::{Columns, workspace_of},
    scope::Scope,
    sql::{Binds, Select, Statements},
};

fn get_session(row: &AnyRow) -> Result<Session, StoreError> {
    let c = Columns { table: "sessions", row };
    Ok(Session {
        id: c.id("id")?,
        account_id: c.id("account_id")?,
        user_id: c.id("user_id")?,
        device: c.text("device")?,
        address: c.text("address")?,
        second_factor: c.int("second_factor")? == 1,
        created_at: c.at("created_at")?,
        seen_at: c.at("seen_at")?,
        expires_at: c.at("expires_at")?,
    })
}

/// Ends every session of the account but one, each with its entry in the audit, and with them the links in mails
/// about approvals.
pub(super) async fn end_others(
    connection: &mut AnyConnection,
    how: (&Statements, Dialect),
    account: AccountId,
    keep: Option<SessionId>,
    deed: &AccountDeed,
) -> Result<u64, StoreError> {
    let mut binds = Binds::default();
    binds.id(account).text(keep.map(|id| id.to_string()).unwrap_or_default());
    let sql = "DELETE FROM sessions WHERE account_id = $1 AND id <> $2";
    let ended = binds.execute(connection, sql).await?;
    approval_mails::end_links(connection, account).await?;
    if ended > 0 {
        let closed = AccountDeed {
            action: AuditAction::SessionClosed,
            detail: json!({ "sessions": ended, "because_of": deed.action.as_str() }),
            ..deed.clone()
        };
        accounts::tell(connection, how, account, &closed).await?;
    }
    Ok(ended)
}

impl WorkspaceStore {
    /// None when it was ended, is over, or has gone to another workspace.
    pub async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM sessions WHERE workspace_id = $1").and(
            " AND id = ? AND expires_at > ?",
            |binds| {
                binds.id(id).at(now);
            },
        );
        self.one(select, get_session).await
    }

    /// Begins a session, and forgets those of the same person here that are over. The audit says so.
    pub async fn begin_session(&self, session: Session, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut old = Binds::default();
                    old.id(workspace).id(session.account_id).at(session.created_at);
                    let sql = "DELETE FROM sessions \
                               WHERE workspace_id = $1 AND account_id = $2 AND expires_at <= $3";
                    old.execute(connection, sql).await?;
                    let mut new = Binds::default();
                    new.id(workspace)
                        .id(session.id)
                        .id(session.user_id)
                        .id(session.account_id)
                        .text(session.device)
                        .text(session.address)
                        .int(i64::from(session.second_factor))
                        .at(session.created_at)
                        .at(session.seen_at)
                        .at(session.expires_at);
                    let sql = "INSERT INTO sessions (workspace_id, id, user_id, account_id, device, address, \
                               second_factor, created_at, seen_at, expires_at) \
                               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
                    new.execute(connection, sql).await?;
                    audit::append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// It is in use: it lasts until `expires_at` from now on. Never sooner than it would have.
    pub async fn see_session(
        &self,
        id: SessionId,
        address: String,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id).text(address).at(now).at(expires_at);
                    let sql = "UPDATE sessions SET address = $3, seen_at = $4, expires_at = $5 \
                               WHERE workspace_id = $1 AND id = $2 AND seen_at < $4 AND expires_at > $4";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// More than a password was shown in it.
    pub async fn strengthen_session(&self, id: SessionId) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    let sql = "UPDATE sessions SET second_factor = 1 WHERE workspace_id = $1 AND id = $2";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// Takes a session from this workspace to another of its account's. Each of the two says so in its own
    /// audit. False when there is no such session, or the person does not belong there.
    pub async fn switch_session(
        &self,
        id: SessionId,
        to: WorkspaceId,
        as_user: UserId,
        (left, came): (Deed, Deed),
    ) -> Result<bool, StoreError> {
        let (from, shared) = (self.id, self.store.writer.shared.clone());
        self.store
            .writer
            .within(Scope::from_iter([from, to]))
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(from).id(id).id(to).id(as_user).at(came.at);
                    let sql = "UPDATE sessions SET workspace_id = $3, user_id = $4 \
                               WHERE workspace_id = $1 AND id = $2 AND expires_at > $5 AND account_id IN \
                               (SELECT account_id FROM users WHERE workspace_id = $3 AND id = $4)";
                    let switched = binds.execute(connection, sql).await? == 1;
                    if switched {
                        audit::append(connection, shared.how(), [(from, left), (to, came)]).await?;
                    }
                    Ok(switched)
                })
            })
            .await
    }

    /// Returns whether there was one to end; then the audit says so.
    pub async fn end_session(&self, id: SessionId, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    let sql = "DELETE FROM sessions WHERE workspace_id = $1 AND id = $2";
                    let ended = binds.execute(connection, sql).await? == 1;
                    if ended {
                        audit::append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(ended)
                })
            })
            .await
    }
}

impl Store {
    /// Every session of somebody that goes on, with the workspace it is in; the last begun first.
    pub async fn sessions_of(
        &self,
        account: AccountId,
        now: Timestamp,
    ) -> Result<Vec<(WorkspaceId, Session)>, StoreError> {
        self.among(
            self.scope_of(account).await?,
            "SELECT * FROM sessions WHERE account_id = $1 AND expires_at > $2 \
             ORDER BY created_at DESC, id DESC LIMIT 200",
            |binds| {
                binds.id(account).at(now);
            },
            |row| Ok((workspace_of(row)?, get_session(row)?)),
        )
        .await
    }

    /// Ends all sessions of an account but one. Returns how many.
    pub async fn end_sessions(
        &self,
        account: AccountId,
        keep: Option<SessionId>,
        deed: AccountDeed,
    ) -> Result<u64, StoreError> {
        let shared = self.writer.shared.clone();
        self.writer
            .within(self.scope_of(account).await?)
            .transact_beside(move |connection| {
                Box::pin(async move { end_others(connection, shared.how(), account, keep, &deed).await })
            })
            .await
    }
}
