//! Sessions of people on the staff side.

use domain::{SessionId, Timestamp, audit::Deed};
use sqlx::any::AnyRow;

use crate::{
    Session, StoreError, WorkspaceStore,
    read::audit,
    rows::Columns,
    sql::{Binds, Select},
};

fn get_session(row: &AnyRow) -> Result<Session, StoreError> {
    let c = Columns { table: "sessions", row };
    Ok(Session {
        id: c.id("id")?,
        user_id: c.id("user_id")?,
        created_at: c.at("created_at")?,
        expires_at: c.at("expires_at")?,
    })
}

impl WorkspaceStore {
    /// None when it was ended or is over.
    pub async fn session(&self, id: SessionId, now: Timestamp) -> Result<Option<Session>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM sessions WHERE workspace_id = $1").and(
            " AND id = ? AND expires_at > ?",
            |binds| {
                binds.id(id).at(now);
            },
        );
        self.one(select, get_session).await
    }

    /// Begins a session, and forgets those of the same person that are over. The audit says so.
    pub async fn begin_session(&self, session: Session, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.store
            .writer
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut old = Binds::default();
                    old.id(workspace).id(session.user_id).at(session.created_at);
                    let sql =
                        "DELETE FROM sessions WHERE workspace_id = $1 AND user_id = $2 AND expires_at <= $3";
                    old.execute(connection, sql).await?;
                    let mut new = Binds::default();
                    new.id(workspace)
                        .id(session.id)
                        .id(session.user_id)
                        .at(session.created_at)
                        .at(session.expires_at);
                    let sql = "INSERT INTO sessions (workspace_id, id, user_id, created_at, expires_at) \
                               VALUES ($1, $2, $3, $4, $5)";
                    new.execute(connection, sql).await?;
                    audit::append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// Returns whether there was one to end; then the audit says so.
    pub async fn end_session(&self, id: SessionId, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.store
            .writer
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
