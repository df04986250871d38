//! What an account shows besides its password: codes of an authenticator app, each taken once, and recovery
//! codes. Secrets come sealed; codes are kept as digests.

use domain::AccountId;

use super::accounts::{AccountDeed, tell};
use crate::{Store, StoreError, rows::Columns, scope::Scope, sql::Binds};

impl Store {
    /// Keeps the sealed secret of an app that was not confirmed yet. False when one that was is there.
    pub async fn offer_totp(&self, account: AccountId, sealed: String) -> Result<bool, StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).text(sealed);
                    let sql = "UPDATE accounts SET totp_secret = $2, totp_step = 0 \
                               WHERE id = $1 AND totp_confirmed_at IS NULL";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    /// The app showed a code of `step` for this very secret: from now on it is asked for one. These recovery
    /// codes replace all others. False when the secret is another one by now, or was confirmed already.
    pub async fn confirm_totp(
        &self,
        account: AccountId,
        sealed: String,
        step: i64,
        codes: Vec<String>,
        deed: AccountDeed,
    ) -> Result<bool, StoreError> {
        let shared = self.writer.shared.clone();
        self.writer
            .within(self.scope_of(account).await?)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).text(sealed).int(step).at(deed.at);
                    let sql = "UPDATE accounts SET totp_confirmed_at = $4, totp_step = $3 \
                               WHERE id = $1 AND totp_secret = $2 AND totp_confirmed_at IS NULL";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    replace_codes(connection, account, codes).await?;
                    tell(connection, shared.how(), account, &deed).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Takes a code of this time step. False when it, or a later one, was taken before: then nobody is in.
    pub async fn take_totp_step(&self, account: AccountId, step: i64) -> Result<bool, StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).int(step);
                    let sql = "UPDATE accounts SET totp_step = $2 \
                               WHERE id = $1 AND totp_confirmed_at IS NOT NULL AND totp_step < $2";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    /// The same secret under another key.
    pub async fn reseal_totp(
        &self,
        account: AccountId,
        before: String,
        sealed: String,
    ) -> Result<(), StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).text(before).text(sealed);
                    let sql = "UPDATE accounts SET totp_secret = $3 WHERE id = $1 AND totp_secret = $2";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// The app and all recovery codes. False when there was none.
    pub async fn remove_totp(&self, account: AccountId, deed: AccountDeed) -> Result<bool, StoreError> {
        let shared = self.writer.shared.clone();
        self.writer.within(self.scope_of(account).await?).transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account);
                    let sql = "UPDATE accounts SET totp_secret = NULL, totp_confirmed_at = NULL, totp_step = 0 \
                               WHERE id = $1 AND totp_secret IS NOT NULL";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(false);
                    }
                    replace_codes(connection, account, Vec::new()).await?;
                    tell(connection, shared.how(), account, &deed).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Digests (SHA-256, lower-case hexadecimal) of new recovery codes; the old ones open nothing any more.
    pub async fn replace_recovery_codes(
        &self,
        account: AccountId,
        codes: Vec<String>,
        deed: AccountDeed,
    ) -> Result<(), StoreError> {
        let shared = self.writer.shared.clone();
        self.writer
            .within(self.scope_of(account).await?)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    replace_codes(connection, account, codes).await?;
                    tell(connection, shared.how(), account, &deed).await
                })
            })
            .await
    }

    /// Uses a recovery code up. False when it is none of the account's, or was used.
    pub async fn take_recovery_code(&self, account: AccountId, sha256: String) -> Result<bool, StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).text(sha256);
                    let sql = "DELETE FROM recovery_codes WHERE account_id = $1 AND sha256 = $2";
                    Ok(binds.execute(connection, sql).await? == 1)
                })
            })
            .await
    }

    pub async fn recovery_codes_left(&self, account: AccountId) -> Result<i64, StoreError> {
        let count = self
            .everywhere(
                "SELECT count(*) AS n FROM recovery_codes WHERE account_id = $1",
                |binds| {
                    binds.id(account);
                },
                |row| Columns { table: "recovery_codes", row }.int("n"),
            )
            .await?;
        Ok(count.first().copied().unwrap_or_default())
    }
}

async fn replace_codes(
    connection: &mut sqlx::AnyConnection,
    account: AccountId,
    codes: Vec<String>,
) -> Result<(), StoreError> {
    let mut old = Binds::default();
    old.id(account);
    old.execute(connection, "DELETE FROM recovery_codes WHERE account_id = $1").await?;
    for code in codes {
        let mut new = Binds::default();
        new.id(account).text(code);
        let sql = "INSERT INTO recovery_codes (account_id, sha256) VALUES ($1, $2)";
        new.execute(connection, sql).await?;
    }
    Ok(())
}
