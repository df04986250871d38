//! Workspaces, the people on the staff side and the keys of services.

use domain::{UserId, WorkspaceId, knowledge::UNIVERSAL_WORKSPACE, user::Role, user::User};
use sqlx::any::AnyRow;

use crate::{
    ApiKey, Store, StoreError, Workspace, WorkspaceStore,
    rows::{self, Columns},
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

fn get_user(row: &AnyRow) -> Result<User, StoreError> {
    let c = Columns { table: "users", row };
    Ok(User {
        id: c.id("id")?,
        email: c.text("email")?,
        name: c.text("name")?,
        role: c.word("role", Role::parse)?,
        title: c.text("title")?,
        created_at: c.at("created_at")?,
    })
}

fn get_api_key(row: &AnyRow) -> Result<ApiKey, StoreError> {
    let c = Columns { table: "api_keys", row };
    Ok(ApiKey {
        id: c.id("id")?,
        name: c.text("name")?,
        role: c.word("role", Role::parse)?,
        sees_personal_data: c.int("sees_personal_data")? == 1,
        created_at: c.at("created_at")?,
    })
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

    /// For signing in, before the workspace is known: the user and the hash of the password. Case
    /// of the address does not count.
    pub async fn user_by_email(
        &self,
        email: &str,
    ) -> Result<Option<(WorkspaceId, User, String)>, StoreError> {
        let found = self
            .everywhere(
                "SELECT * FROM users WHERE email = $1",
                |binds| {
                    binds.text(email.to_lowercase());
                },
                |row| {
                    let hash = Columns { table: "users", row }.text("password_hash")?;
                    Ok((rows::workspace_of(row)?, get_user(row)?, hash))
                },
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// The key whose SHA-256, in lower-case hexadecimal, is this.
    pub async fn api_key_by_hash(&self, sha256: &str) -> Result<Option<(WorkspaceId, ApiKey)>, StoreError> {
        let found = self
            .everywhere(
                "SELECT * FROM api_keys WHERE sha256 = $1",
                |binds| {
                    binds.text(sha256);
                },
                |row| Ok((rows::workspace_of(row)?, get_api_key(row)?)),
            )
            .await?;
        Ok(found.into_iter().next())
    }
}

impl WorkspaceStore {
    pub async fn workspace(&self) -> Result<Option<Workspace>, StoreError> {
        let select = Select::of(self.id, "SELECT id, slug, name, created_at FROM workspaces WHERE id = $1");
        self.one(select, get_workspace).await
    }

    /// The oldest first.
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

    /// [`StoreError::Taken`] when the address is in use in any workspace.
    pub async fn create_user(&self, user: User, password_hash: String) -> Result<(), StoreError> {
        let workspace = self.id;
        let email = user.email.to_lowercase();
        let taken = format!("the address {email}");
        let written = self
            .store
            .writer
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(user.id)
                        .text(email)
                        .text(user.name)
                        .text(user.role.as_str())
                        .text(user.title)
                        .text(password_hash)
                        .at(user.created_at);
                    binds
                        .execute(
                            connection,
                            "INSERT INTO users (workspace_id, id, email, name, role, title, password_hash, created_at) \
                             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                        )
                        .await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other.map(|_| ()),
        }
    }

    /// Keeps the key's digest (SHA-256, lower-case hexadecimal), never the key.
    pub async fn create_api_key(&self, key: ApiKey, sha256: String) -> Result<(), StoreError> {
        let workspace = self.id;
        let taken = format!("the key {}", key.name);
        let written = self
            .store
            .writer
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(key.id)
                        .text(key.name)
                        .text(key.role.as_str())
                        .text(sha256)
                        .int(i64::from(key.sees_personal_data))
                        .at(key.created_at);
                    binds
                        .execute(
                            connection,
                            "INSERT INTO api_keys (workspace_id, id, name, role, sha256, sees_personal_data, \
                             created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        )
                        .await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other.map(|_| ()),
        }
    }

    /// The oldest first.
    pub async fn api_keys(&self) -> Result<Vec<ApiKey>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM api_keys WHERE workspace_id = $1")
            .then(" ORDER BY created_at, id");
        self.all(select, get_api_key).await
    }
}
