//! Changing what a colleague is: role, title, in or out.

use domain::{
    Timestamp, UserId, WorkspaceId,
    audit::{AuditAction, Deed},
    user::{Actor, Role, User},
};
use serde_json::json;
use sqlx::AnyConnection;

use super::{
    Order,
    audit::append,
    departures::{Departure, Left},
    users::get_user,
};
use crate::{
    Page, StoreError, WorkspaceStore,
    dialect::Dialect,
    sql::{Binds, Select},
};

/// What is to be different; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PersonChange {
    pub role: Option<Role>,
    pub title: Option<String>,
    /// False keeps them out and ends their sessions; their keys stop, and what they were to see to is anybody's
    /// again: pending approvals, tickets that are not resolved, and delegations to and from them.
    pub active: Option<bool>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub enum PersonChanged {
    /// As they are now.
    Done(User),
    /// Nobody would be left who may everything, so nothing was changed.
    LastOwner,
    Nobody,
}

impl WorkspaceStore {
    /// The oldest first, those who are kept out among them.
    pub async fn colleagues(&self, limit: i64, cursor: Option<&str>) -> Result<Page<User>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM users WHERE workspace_id = $1");
        self.page(select, ("created_at", Order::OldestFirst), (limit, cursor), get_user, |user| {
            (user.created_at, user.id.to_string())
        })
        .await
    }

    /// Changes a colleague, unless nobody would be left who may everything. The audit says who did, and what
    /// was before.
    pub async fn change_person(
        &self,
        id: UserId,
        change: PersonChange,
        (actor, at): (Actor, Timestamp),
    ) -> Result<PersonChanged, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let teller = shared.clone();
        let (changed, left) = self.writer().transact(move |connection| {
                Box::pin(async move {
                    // Locked with the others, so that two owners cannot put out each other at once.
                    let owners = owners(connection, shared.dialect, workspace).await?;
                    let Some(before) = user(connection, workspace, id).await? else {
                        return Ok((PersonChanged::Nobody, Left::default()));
                    };
                    let after = User {
                        role: change.role.unwrap_or_else(|| before.role.clone()),
                        title: change.title.unwrap_or_else(|| before.title.clone()),
                        deactivated_at: match change.active {
                            Some(true) => None,
                            Some(false) => before.deactivated_at.or(Some(at)),
                            None => before.deactivated_at,
                        },
                        ..before.clone()
                    };
                    if after == before {
                        return Ok((PersonChanged::Done(after), Left::default()));
                    }
                    let stays = after.role == Role::Owner && after.deactivated_at.is_none();
                    if !stays && owners == [id] {
                        return Ok((PersonChanged::LastOwner, Left::default()));
                    }
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(id)
                        .text(after.role.as_str())
                        .text(after.title.as_str())
                        .opt_at(after.deactivated_at);
                    let sql = "UPDATE users SET role = $3, title = $4, deactivated_at = $5 \
                               WHERE workspace_id = $1 AND id = $2";
                    binds.execute(connection, sql).await?;
                    if after.deactivated_at.is_some() {
                        for sql in [
                            "DELETE FROM sessions WHERE workspace_id = $1 AND user_id = $2",
                            "UPDATE approval_mails SET sha256 = NULL WHERE workspace_id = $1 AND user_id = $2",
                        ] {
                            let mut binds = Binds::default();
                            binds.id(workspace).id(id);
                            binds.execute(connection, sql).await?;
                        }
                    }
                    let mut left = Left::default();
                    if before.deactivated_at.is_none() && after.deactivated_at.is_some() {
                        let departure = Departure { workspace, person: &after, actor: &actor, at };
                        left = departure.complete(connection, &shared).await?;
                    }
                    let told = |user: &User| {
                        json!({ "role": user.role, "title": user.title, "active": user.deactivated_at.is_none() })
                    };
                    let deed = Deed {
                        at,
                        actor,
                        action: AuditAction::PersonChanged,
                        subject: after.email.clone(),
                        detail: json!({ "id": id, "before": told(&before), "after": told(&after) }),
                    };
                    let deeds = std::mem::take(&mut left.deeds).into_iter().chain([deed]);
                    append(connection, shared.how(), deeds.map(|deed| (workspace, deed))).await?;
                    Ok((PersonChanged::Done(after), left))
                })
            })
            .await?;
        for receipt in &left.receipts {
            teller.publish(workspace, receipt);
        }
        Ok(changed)
    }
}

/// Those who may everything and are let in, locked.
async fn owners(
    connection: &mut AnyConnection,
    dialect: Dialect,
    workspace: WorkspaceId,
) -> Result<Vec<UserId>, StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).text(Role::Owner.as_str());
    let sql = format!(
        "SELECT * FROM users WHERE workspace_id = $1 AND role = $2 AND deactivated_at IS NULL ORDER BY id{}",
        dialect.lock_one()
    );
    let rows = binds.fetch_all(connection, sql.into()).await?;
    rows.iter().map(|row| get_user(row).map(|user| user.id)).collect()
}

async fn user(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    id: UserId,
) -> Result<Option<User>, StoreError> {
    let mut binds = Binds::default();
    binds.id(workspace).id(id);
    let sql = "SELECT * FROM users WHERE workspace_id = $1 AND id = $2";
    binds.fetch_all(connection, sql.into()).await?.first().map(get_user).transpose()
}
