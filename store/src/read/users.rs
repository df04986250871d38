//! Workspaces and the people on the staff side.

use domain::{AccountId, UserId, WorkspaceId, knowledge::UNIVERSAL_WORKSPACE, user::Role, user::User};
use sqlx::{AnyConnection, any::AnyRow};

use super::accounts;
use crate::{
    Account, Store, StoreError, Workspace, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

fn get_workspace(row: &AnyRow) -> Result<Workspace, StoreError> {
    let c = Columns { table: "workspaces", row };
    Ok(Workspace {
        id: c.id("id")?,
        slug: c.text("slug")?,
        name: c.text("name")?,
        created_at: c.at("created_at")?,
    })
}

pub(super) fn get_user(row: &AnyRow) -> Result<User, StoreError> {
    let c = Columns { table: "users", row };
    Ok(User {
        id: c.id("id")?,
        email: c.text("email")?,
        name: c.text("name")?,
        role: c.word("role", Role::parse)?,
        title: c.text("title")?,
        created_at: c.at("created_at")?,
        deactivated_at: c.opt_at("deactivated_at")?,
    })
}

/// Fails with a unique violation when the account is a member.
pub(super) async fn add_member(
    connection: &mut AnyConnection,
    workspace: WorkspaceId,
    account: AccountId,
    user: User,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds
        .id(workspace)
        .id(user.id)
        .id(account)
        .text(user.email.to_lowercase())
        .text(user.name)
        .text(user.role.as_str())
        .text(user.title)
        .at(user.created_at);
    let sql = "INSERT INTO users (workspace_id, id, unique_key, account_id, email, name, role, title, created_at) \
               VALUES ($1, $2, $1 || '/' || $2, $3, $4, $5, $6, $7, $8)";
    binds.execute(connection, sql).await.map(|_| ())
}

impl Store {
    /// Every tenant, the oldest first; the reserved workspace is none.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        self.everywhere(
            "SELECT id, slug, name, created_at FROM workspaces WHERE id <> $1 ORDER BY created_at, id",
            |binds| {
                binds.id(UNIVERSAL_WORKSPACE);
            },
            get_workspace,
        )
        .await
    }

    /// [`StoreError::Taken`] when the slug is in use.
    pub async fn create_workspace(&self, slug: &str, name: &str) -> Result<Workspace, StoreError> {
        let shared = &self.writer.shared;
        let workspace = Workspace {
            id: WorkspaceId::new(shared.ids.as_ref()),
            slug: slug.to_owned(),
            name: name.to_owned(),
            created_at: shared.clock.now(),
        };
        let row = workspace.clone();
        let written = self
            .writer
            .within(workspace.id)
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(row.id).text(row.slug).text(row.name).at(row.created_at);
                    binds
                        .execute(
                            connection,
                            "INSERT INTO workspaces (id, slug, name, created_at) VALUES ($1, $2, $3, $4)",
                        )
                        .await
                })
            })
            .await;
        match written {
            Ok(_) => Ok(workspace),
            Err(error) if error.is_unique_violation() => {
                Err(StoreError::Taken(format!("the workspace {slug}")))
            }
            Err(error) => Err(error),
        }
    }
}

impl WorkspaceStore {
    pub async fn workspace(&self) -> Result<Option<Workspace>, StoreError> {
        let select = Select::of(self.id, "SELECT id, slug, name, created_at FROM workspaces WHERE id = $1");
        self.one(select, get_workspace).await
    }

    /// The oldest first, those who are kept out among them.
    pub async fn users(&self) -> Result<Vec<User>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM users WHERE workspace_id = $1")
            .then(" ORDER BY created_at, id");
        self.all(select, get_user).await
    }

    pub async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        let select =
            Select::of(self.id, "SELECT * FROM users WHERE workspace_id = $1").and(" AND id = ?", |binds| {
                binds.id(id);
            });
        self.one(select, get_user).await
    }

    /// Makes a person a member. Whoever has no account with this address yet gets one with this password;
    /// who has one keeps their own. [`StoreError::Taken`] when they are a member already.
    pub async fn create_user(&self, user: User, password_hash: String) -> Result<(), StoreError> {
        let workspace = self.id;
        let account_id = AccountId::new(self.store.writer.shared.ids.as_ref());
        let email = user.email.to_lowercase();
        let taken = format!("the address {email}");
        let written = self
            .writer()
            .transact(move |connection| {
                Box::pin(async move {
                    let account = Account {
                        id: account_id,
                        email,
                        password_hash: Some(password_hash),
                        totp: None,
                        created_at: user.created_at,
                    };
                    let account = accounts::ensure(connection, account).await?;
                    add_member(connection, workspace, account, user).await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other,
        }
    }
}
