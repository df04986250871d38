//! Passkeys of accounts.

use domain::{AccountId, PasskeyId, Timestamp};
use sqlx::any::AnyRow;

use super::accounts::{AccountDeed, tell};
use crate::{Passkey, Store, StoreError, rows::Columns, scope::Scope, sql::Binds};

fn get_passkey(row: &AnyRow) -> Result<Passkey, StoreError> {
    let c = Columns { table: "passkeys", row };
    Ok(Passkey {
        id: c.id("id")?,
        account_id: c.id("account_id")?,
        credential_id: c.text("credential_id")?,
        credential: c.text("credential")?,
        name: c.text("name")?,
        created_at: c.at("created_at")?,
        used_at: c.opt_at("used_at")?,
    })
}

impl Store {
    /// The oldest first.
    pub async fn passkeys(&self, account: AccountId) -> Result<Vec<Passkey>, StoreError> {
        self.everywhere(
            "SELECT * FROM passkeys WHERE account_id = $1 ORDER BY created_at, id",
            |binds| {
                binds.id(account);
            },
            get_passkey,
        )
        .await
    }

    pub async fn passkey_by_credential(&self, credential_id: &str) -> Result<Option<Passkey>, StoreError> {
        let found = self
            .everywhere(
                "SELECT * FROM passkeys WHERE credential_id = $1",
                |binds| {
                    binds.text(credential_id);
                },
                get_passkey,
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// [`StoreError::Taken`] when the passkey opens an account already.
    pub async fn add_passkey(&self, passkey: Passkey, deed: AccountDeed) -> Result<(), StoreError> {
        let shared = self.writer.shared.clone();
        let written = self
            .writer
            .within(self.scope_of(passkey.account_id).await?)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let account = passkey.account_id;
                    let mut binds = Binds::default();
                    binds
                        .id(passkey.id)
                        .id(account)
                        .text(passkey.credential_id)
                        .text(passkey.credential)
                        .text(passkey.name)
                        .at(passkey.created_at);
                    let sql = "INSERT INTO passkeys (id, account_id, credential_id, credential, name, created_at) \
                               VALUES ($1, $2, $3, $4, $5, $6)";
                    binds.execute(connection, sql).await?;
                    tell(connection, shared.how(), account, &deed).await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken("the passkey".to_owned())),
            other => other,
        }
    }

    /// False when the account has no such passkey.
    pub async fn rename_passkey(
        &self,
        account: AccountId,
        id: PasskeyId,
        name: String,
    ) -> Result<bool, StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).id(id).text(name);
                    let sql = "UPDATE passkeys SET name = $3 WHERE account_id = $1 AND id = $2";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    /// It opened its account: what its next check compares with. False when it is gone, or was used in
    /// between.
    pub async fn use_passkey(
        &self,
        id: PasskeyId,
        before: String,
        credential: String,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(id).text(before).text(credential).at(at);
                    let sql =
                        "UPDATE passkeys SET credential = $3, used_at = $4 WHERE id = $1 AND credential = $2";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    /// False when the account has no such passkey.
    pub async fn remove_passkey(
        &self,
        account: AccountId,
        id: PasskeyId,
        deed: AccountDeed,
    ) -> Result<bool, StoreError> {
        let shared = self.writer.shared.clone();
        self.writer
            .within(self.scope_of(account).await?)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).id(id);
                    let sql = "DELETE FROM passkeys WHERE account_id = $1 AND id = $2";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    tell(connection, shared.how(), account, &deed).await?;
                    Ok(true)
                })
            })
            .await
    }
}
