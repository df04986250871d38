//! API keys and the service accounts that they belong to.

use domain::{ApiKeyId, ServiceAccountId, Timestamp, WorkspaceId, audit::Deed};
use sqlx::any::AnyRow;

use super::{Order, audit::append};
use crate::{
    ApiKey, KeyOwner, Page, ServiceAccount, Store, StoreError, WorkspaceStore,
    rows::{self, Columns},
    sql::{Binds, Select},
};

fn get_api_key(row: &AnyRow) -> Result<ApiKey, StoreError> {
    let c = Columns { table: "api_keys", row };
    let owner = match (c.opt_id("user_id")?, c.opt_id("service_account_id")?) {
        (Some(user), None) => KeyOwner::User(user),
        (None, Some(account)) => KeyOwner::ServiceAccount(account),
        _ => return Err(c.bad("user_id", "a key belongs to a person or to a service account")),
    };
    Ok(ApiKey {
        id: c.id("id")?,
        name: c.text("name")?,
        owner,
        scopes: c.json("scopes")?,
        hint: c.text("hint")?,
        created_at: c.at("created_at")?,
        expires_at: c.opt_at("expires_at")?,
        revoked_at: c.opt_at("revoked_at")?,
        last_used_at: c.opt_at("last_used_at")?,
    })
}

fn get_account(row: &AnyRow) -> Result<ServiceAccount, StoreError> {
    let c = Columns { table: "service_accounts", row };
    Ok(ServiceAccount {
        id: c.id("id")?,
        name: c.text("name")?,
        description: c.text("description")?,
        created_at: c.at("created_at")?,
        deactivated_at: c.opt_at("deactivated_at")?,
    })
}

impl Store {
    /// The key whose SHA-256, in lower-case hexadecimal, is this, unless it was revoked or whom it belongs
    /// to was deactivated. It may have expired.
    pub async fn api_key_by_hash(&self, sha256: &str) -> Result<Option<(WorkspaceId, ApiKey)>, StoreError> {
        let found = self
            .everywhere(
                "SELECT k.* FROM api_keys AS k \
                 LEFT JOIN users AS u ON u.workspace_id = k.workspace_id AND u.id = k.user_id \
                 LEFT JOIN service_accounts AS s ON s.workspace_id = k.workspace_id AND s.id = k.service_account_id \
                 WHERE k.sha256 = $1 AND k.revoked_at IS NULL AND u.deactivated_at IS NULL \
                 AND s.deactivated_at IS NULL",
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
    /// Keeps the key's digest (SHA-256, lower-case hexadecimal), never the key. The audit says who made it.
    pub async fn create_api_key(&self, key: ApiKey, sha256: String, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let taken = format!("the key {}", key.name);
        let (user, account) = match key.owner {
            KeyOwner::User(user) => (Some(user), None),
            KeyOwner::ServiceAccount(account) => (None, Some(account)),
        };
        let written = self
            .writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(key.id)
                        .text(key.name)
                        .text(sha256)
                        .json(&key.scopes)
                        .opt_id(user)
                        .opt_id(account)
                        .text(key.hint)
                        .at(key.created_at)
                        .opt_at(key.expires_at);
                    let sql = "INSERT INTO api_keys (workspace_id, id, name, sha256, scopes, user_id, \
                               service_account_id, hint, created_at, expires_at) \
                               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
                    binds.execute(connection, sql).await?;
                    append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other,
        }
    }

    /// The newest first, those that open nothing any more among them.
    pub async fn api_keys(&self, limit: i64, cursor: Option<&str>) -> Result<Page<ApiKey>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM api_keys WHERE workspace_id = $1");
        self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), get_api_key, |key| {
            (key.created_at, key.id.to_string())
        })
        .await
    }

    /// The audit says who made it.
    pub async fn create_service_account(
        &self,
        account: ServiceAccount,
        deed: Deed,
    ) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(account.id)
                        .text(account.name)
                        .text(account.description)
                        .at(account.created_at)
                        .opt_at(account.deactivated_at);
                    let sql = "INSERT INTO service_accounts \
                               (workspace_id, id, name, description, created_at, deactivated_at) \
                               VALUES ($1, $2, $3, $4, $5, $6)";
                    binds.execute(connection, sql).await?;
                    append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// The newest first.
    pub async fn service_accounts(
        &self,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<ServiceAccount>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM service_accounts WHERE workspace_id = $1");
        self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), get_account, |account| {
            (account.created_at, account.id.to_string())
        })
        .await
    }

    pub async fn service_account(&self, id: ServiceAccountId) -> Result<Option<ServiceAccount>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM service_accounts WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_account).await
    }

    /// Writes down that a key was used, which is kept to the hour: the caller asks that often.
    pub async fn api_key_used(&self, id: ApiKeyId, at: Timestamp) -> Result<(), StoreError> {
        let workspace = self.id;
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).id(id).at(at);
                    let sql = "UPDATE api_keys SET last_used_at = $3 WHERE workspace_id = $1 AND id = $2 \
                               AND (last_used_at IS NULL OR last_used_at < $3)";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    pub async fn api_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM api_keys WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_api_key).await
    }

    /// From here on it opens nothing, in other processes after a moment. Returns false, and says nothing, when
    /// there is no such key or it was revoked before.
    pub async fn revoke_api_key(&self, id: ApiKeyId, deed: Deed) -> Result<bool, StoreError> {
        self.ended(
            "UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL",
            id.to_string(),
            deed,
        )
        .await
    }

    /// All its keys stop. Returns false when there is no such account or it was deactivated before.
    pub async fn deactivate_service_account(
        &self,
        id: ServiceAccountId,
        deed: Deed,
    ) -> Result<bool, StoreError> {
        self.ended("UPDATE service_accounts SET deactivated_at = $3 WHERE workspace_id = $1 AND id = $2 AND deactivated_at IS NULL", id.to_string(), deed)
            .await
    }

    async fn ended(&self, sql: &'static str, id: String, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(id).at(deed.at);
                    let ended = binds.execute(connection, sql).await? == 1;
                    if ended {
                        append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(ended)
                })
            })
            .await
    }
}
