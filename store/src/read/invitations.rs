//! Invitations to a workspace.

use domain::{
    AccountId, InvitationId, Timestamp, WorkspaceId,
    audit::Deed,
    user::{Role, User},
};
use sqlx::any::AnyRow;

use super::{accounts, audit, users::add_member};
use crate::{
    Account, Invitation, Store, StoreError, WorkspaceStore,
    rows::{Columns, workspace_of},
    sql::{Binds, Select},
};

fn get_invitation(row: &AnyRow) -> Result<Invitation, StoreError> {
    let c = Columns { table: "invitations", row };
    Ok(Invitation {
        id: c.id("id")?,
        email: c.text("email")?,
        role: c.word("role", Role::parse)?,
        invited_by: c.json("invited_by")?,
        created_at: c.at("created_at")?,
        expires_at: c.at("expires_at")?,
    })
}

/// Who joins a workspace by an invitation.
#[derive(Clone, Debug)]
pub struct Joining {
    pub user: User,
    /// Of an account that has to be made; none joins with the account there is.
    pub password_hash: Option<String>,
    pub deed: Deed,
}

impl WorkspaceStore {
    /// The last made first; also those that are over, until somebody invites again.
    pub async fn invitations(&self) -> Result<Vec<Invitation>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM invitations WHERE workspace_id = $1")
            .then(" ORDER BY created_at DESC, id DESC LIMIT 500");
        self.all(select, get_invitation).await
    }

    /// Keeps the digest of its link (SHA-256, lower-case hexadecimal). One for the same address takes the place
    /// of an earlier one. [`StoreError::Taken`] when the address belongs to a member.
    pub async fn invite(&self, invitation: Invitation, sha256: String, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let email = invitation.email.to_lowercase();
                    let mut member = Binds::default();
                    member.id(workspace).text(email.as_str());
                    let sql = "SELECT id FROM users WHERE workspace_id = $1 AND email = $2";
                    if !member.fetch_all(connection, sql.into()).await?.is_empty() {
                        return Err(StoreError::Taken(format!("the address {email}")));
                    }
                    let mut old = Binds::default();
                    old.id(workspace).text(email.as_str());
                    let sql = "DELETE FROM invitations WHERE workspace_id = $1 AND email = $2";
                    old.execute(connection, sql).await?;
                    let mut new = Binds::default();
                    new.id(workspace)
                        .id(invitation.id)
                        .text(email)
                        .text(invitation.role.as_str())
                        .json(&invitation.invited_by)
                        .text(sha256)
                        .at(invitation.created_at)
                        .at(invitation.expires_at);
                    let sql = "INSERT INTO invitations (workspace_id, id, email, role, invited_by, sha256, \
                               created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
                    new.execute(connection, sql).await?;
                    audit::append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// Its link opens nothing any more. False when there is no such invitation.
    pub async fn revoke_invitation(&self, id: InvitationId, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id);
                    let sql = "DELETE FROM invitations WHERE workspace_id = $1 AND id = $2";
                    let revoked = binds.execute(connection, sql).await? == 1;
                    if revoked {
                        audit::append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(revoked)
                })
            })
            .await
    }

    /// Uses the invitation up and makes its person a member. None when it was used, revoked or is over;
    /// [`StoreError::Taken`] when they are a member already, or an account with the address was made meanwhile.
    pub async fn accept_invitation(
        &self,
        sha256: String,
        joining: Joining,
    ) -> Result<Option<AccountId>, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let fresh = AccountId::new(shared.ids.as_ref());
        let taken = StoreError::Taken(format!("the address {}", joining.user.email));
        let written = self
            .writer()
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(sha256).at(joining.deed.at);
                    let sql = "DELETE FROM invitations \
                               WHERE workspace_id = $1 AND sha256 = $2 AND expires_at > $3";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(None);
                    }
                    let new = joining.password_hash.is_some();
                    let account = Account {
                        id: fresh,
                        email: joining.user.email.to_lowercase(),
                        password_hash: joining.password_hash,
                        totp: None,
                        created_at: joining.deed.at,
                    };
                    let account = accounts::ensure(connection, account).await?;
                    // Whoever chose a password here must not come into an account that has another.
                    if new != (account == fresh) {
                        return Err(StoreError::Taken(format!("the address {}", joining.user.email)));
                    }
                    add_member(connection, workspace, account, joining.user).await?;
                    audit::append(connection, shared.how(), [(workspace, joining.deed)]).await?;
                    Ok(Some(account))
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(taken),
            other => other,
        }
    }

    /// Makes somebody a member whom a company's provider vouches for, with an account of theirs if they have
    /// none. [`StoreError::Taken`] when they are a member already.
    pub async fn join(&self, user: User, deed: Deed) -> Result<AccountId, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let fresh = AccountId::new(shared.ids.as_ref());
        let taken = StoreError::Taken(format!("the address {}", user.email));
        let written = self
            .writer()
            .transact(move |connection| {
                Box::pin(async move {
                    let account = Account {
                        id: fresh,
                        email: user.email.to_lowercase(),
                        password_hash: None,
                        totp: None,
                        created_at: deed.at,
                    };
                    let account = accounts::ensure(connection, account).await?;
                    add_member(connection, workspace, account, user).await?;
                    audit::append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(account)
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(taken),
            other => other,
        }
    }
}

impl Store {
    /// The invitation of a link, while it may be accepted, with the workspace it leads to.
    pub async fn invitation_of(
        &self,
        sha256: &str,
        now: Timestamp,
    ) -> Result<Option<(WorkspaceId, Invitation)>, StoreError> {
        let found = self
            .everywhere(
                "SELECT * FROM invitations WHERE sha256 = $1 AND expires_at > $2",
                |binds| {
                    binds.text(sha256).at(now);
                },
                |row| Ok((workspace_of(row)?, get_invitation(row)?)),
            )
            .await?;
        Ok(found.into_iter().next())
    }
}
