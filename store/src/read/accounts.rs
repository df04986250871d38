//! People who can sign in: accounts, the workspaces they belong to, their passwords and how a forgotten one is
//! replaced. An account belongs to no workspace; what happens to it is in the audit of all that it is in.

use domain::{
    AccountId, SessionId, Timestamp, WorkspaceId,
    audit::{AuditAction, Deed},
    user::{Actor, User},
};
use serde_json::Value;
use sqlx::{AnyConnection, any::AnyRow};

use super::{audit, sessions, users::get_user};
use crate::{
    Account, Membership, Store, StoreError, Totp, Workspace,
    dialect::Dialect,
    rows::{Columns, all, workspace_of},
    scope::Scope,
    sql::{Binds, Statements},
};

fn get_account(row: &AnyRow) -> Result<Account, StoreError> {
    let c = Columns { table: "accounts", row };
    let confirmed = c.opt_at("totp_confirmed_at")?.is_some();
    Ok(Account {
        id: c.id("id")?,
        email: c.text("email")?,
        password_hash: c.opt_text("password_hash")?,
        totp: c.opt_text("totp_secret")?.map(|sealed| Totp { sealed, confirmed }),
        created_at: c.at("created_at")?,
    })
}

fn get_membership(row: &AnyRow) -> Result<Membership, StoreError> {
    let c = Columns { table: "workspaces", row };
    let workspace = Workspace {
        id: workspace_of(row)?,
        slug: c.text("workspace_slug")?,
        name: c.text("workspace_name")?,
        created_at: c.at("workspace_created_at")?,
    };
    Ok(Membership { workspace, user: get_user(row)? })
}

/// The account with this address: the one there is, or this one.
pub(super) async fn ensure(
    connection: &mut AnyConnection,
    account: Account,
) -> Result<AccountId, StoreError> {
    let mut new = Binds::default();
    new.id(account.id).text(account.email.as_str()).opt_text(account.password_hash).at(account.created_at);
    let sql = "INSERT INTO accounts (id, email, password_hash, created_at) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (email) DO NOTHING";
    new.execute(connection, sql).await?;
    let mut known = Binds::default();
    known.text(account.email);
    let rows = known.fetch_all(connection, "SELECT id FROM accounts WHERE email = $1".into()).await?;
    let row = rows.first().ok_or_else(|| StoreError::NotFound("the account".to_owned()))?;
    Columns { table: "accounts", row }.id("id")
}

/// What happened to an account, before it is known in whose audit it goes.
#[derive(Clone, Debug)]
pub struct AccountDeed {
    pub at: Timestamp,
    pub action: AuditAction,
    pub detail: Value,
    /// Whether the person themselves did it, as far as is known; otherwise the service.
    pub by_themselves: bool,
}

impl AccountDeed {
    fn of(&self, user: &User) -> Deed {
        let actor = if self.by_themselves {
            Actor::User { user_id: user.id, name: user.name.clone() }
        } else {
            Actor::System
        };
        Deed {
            at: self.at,
            actor,
            action: self.action,
            subject: user.email.clone(),
            detail: self.detail.clone(),
        }
    }
}

/// Writes it into the audit of every workspace that the account is in.
pub(super) async fn tell(
    connection: &mut AnyConnection,
    how: (&Statements, Dialect),
    account: AccountId,
    deed: &AccountDeed,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(account);
    let sql = "SELECT * FROM users WHERE account_id = $1 ORDER BY workspace_id";
    let rows = binds.fetch_all(connection, sql.into()).await?;
    let users: Vec<(WorkspaceId, User)> = all(&rows, |row| Ok((workspace_of(row)?, get_user(row)?)))?;
    audit::append(connection, how, users.iter().map(|(workspace, user)| (*workspace, deed.of(user)))).await
}

async fn keep_password(
    connection: &mut AnyConnection,
    account: AccountId,
    hash: String,
) -> Result<(), StoreError> {
    let mut binds = Binds::default();
    binds.id(account).text(hash);
    binds.execute(connection, "UPDATE accounts SET password_hash = $2 WHERE id = $1").await?;
    let mut links = Binds::default();
    links.id(account);
    links.execute(connection, "DELETE FROM password_resets WHERE account_id = $1").await.map(|_| ())
}

impl Store {
    /// The workspaces that somebody is in. What is done to an account touches their rows there.
    pub(super) async fn scope_of(&self, account: AccountId) -> Result<Scope, StoreError> {
        let workspaces = self
            .everywhere(
                "SELECT workspace_id FROM users WHERE account_id = $1",
                |binds| {
                    binds.id(account);
                },
                workspace_of,
            )
            .await?;
        Ok(workspaces.into_iter().collect())
    }

    /// A read of several workspaces' rows.
    pub(super) async fn among<T>(
        &self,
        scope: Scope,
        sql: &str,
        bind: impl FnOnce(&mut Binds),
        read: impl Fn(&AnyRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut binds = Binds::default();
        bind(&mut binds);
        let mut reader = self.reader(scope).await?;
        let rows = self.heard(binds.fetch_all(&mut reader, sql.into())).await?;
        reader.keep();
        all(&rows, read)
    }

    /// Case of the address does not count.
    pub async fn account_by_email(&self, email: &str) -> Result<Option<Account>, StoreError> {
        let email = email.to_lowercase();
        let found = self
            .everywhere(
                "SELECT * FROM accounts WHERE email = $1",
                |binds| {
                    binds.text(email);
                },
                get_account,
            )
            .await?;
        Ok(found.into_iter().next())
    }

    pub async fn account(&self, id: AccountId) -> Result<Option<Account>, StoreError> {
        let found = self
            .everywhere(
                "SELECT * FROM accounts WHERE id = $1",
                |binds| {
                    binds.id(id);
                },
                get_account,
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// Where somebody belongs and is let in, the longest first.
    pub async fn memberships(&self, account: AccountId) -> Result<Vec<Membership>, StoreError> {
        self.everywhere(
            "SELECT u.*, w.slug AS workspace_slug, w.name AS workspace_name, w.created_at AS workspace_created_at \
             FROM users AS u JOIN workspaces AS w ON w.id = u.workspace_id \
             WHERE u.account_id = $1 AND u.deactivated_at IS NULL ORDER BY u.created_at, u.id",
            |binds| {
                binds.id(account);
            },
            get_membership,
        )
        .await
    }

    /// What somebody is called, in all their workspaces.
    pub async fn rename_account(&self, account: AccountId, name: String) -> Result<(), StoreError> {
        self.writer
            .within(self.scope_of(account).await?)
            .transact(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(account).text(name);
                    let sql = "UPDATE users SET name = $2 WHERE account_id = $1";
                    binds.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// A new password. Every other session of the account ends with it, and every link to choose one.
    pub async fn set_password(
        &self,
        account: AccountId,
        hash: String,
        keep: Option<SessionId>,
        deed: AccountDeed,
    ) -> Result<(), StoreError> {
        let shared = self.writer.shared.clone();
        self.writer
            .within(self.scope_of(account).await?)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    keep_password(connection, account, hash).await?;
                    sessions::end_others(connection, shared.how(), account, keep, &deed).await?;
                    tell(connection, shared.how(), account, &deed).await
                })
            })
            .await
    }

    /// Keeps the digest (SHA-256, lower-case hexadecimal) of a link to choose a new password with.
    pub async fn offer_reset(
        &self,
        account: AccountId,
        sha256: String,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<(), StoreError> {
        self.writer
            .within(Scope::Everywhere)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut old = Binds::default();
                    old.at(now);
                    old.execute(connection, "DELETE FROM password_resets WHERE expires_at <= $1").await?;
                    let mut new = Binds::default();
                    new.text(sha256).id(account).at(until);
                    let sql =
                        "INSERT INTO password_resets (sha256, account_id, expires_at) VALUES ($1, $2, $3)";
                    new.execute(connection, sql).await.map(|_| ())
                })
            })
            .await
    }

    /// Whose link it is, while it may be used.
    pub async fn reset_of(&self, sha256: &str, now: Timestamp) -> Result<Option<Account>, StoreError> {
        let found = self
            .everywhere(
                "SELECT a.* FROM password_resets AS r JOIN accounts AS a ON a.id = r.account_id \
                 WHERE r.sha256 = $1 AND r.expires_at > $2",
                |binds| {
                    binds.text(sha256).at(now);
                },
                get_account,
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// Uses the link up. Every session of the account ends. Returns false, and changes nothing, when the link
    /// was used or is over.
    pub async fn reset_password(
        &self,
        sha256: String,
        hash: String,
        deed: AccountDeed,
    ) -> Result<bool, StoreError> {
        let Some(whose) = self.reset_of(&sha256, deed.at).await? else { return Ok(false) };
        let shared = self.writer.shared.clone();
        let scope = self.scope_of(whose.id).await?;
        self.writer
            .within(scope)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.text(sha256).at(deed.at);
                    let sql = "DELETE FROM password_resets WHERE sha256 = $1 AND expires_at > $2 \
                               RETURNING account_id";
                    let rows = binds.fetch_all(connection, sql.into()).await?;
                    let Some(row) = rows.first() else { return Ok(false) };
                    let account = Columns { table: "password_resets", row }.id("account_id")?;
                    keep_password(connection, account, hash).await?;
                    sessions::end_others(connection, shared.how(), account, None, &deed).await?;
                    tell(connection, shared.how(), account, &deed).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Who has signed in as this subject of this issuer before.
    pub async fn account_by_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<Account>, StoreError> {
        let found = self
            .everywhere(
                "SELECT a.* FROM openid_identities AS i JOIN accounts AS a ON a.id = i.account_id \
                 WHERE i.issuer = $1 AND i.subject = $2",
                |binds| {
                    binds.text(issuer).text(subject);
                },
                get_account,
            )
            .await?;
        Ok(found.into_iter().next())
    }

    /// From now on this subject of this issuer is that account.
    pub async fn link_identity(
        &self,
        account: AccountId,
        issuer: String,
        subject: String,
        deed: AccountDeed,
    ) -> Result<(), StoreError> {
        let shared = self.writer.shared.clone();
        self.writer
            .within(self.scope_of(account).await?)
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.text(issuer).text(subject).id(account).at(deed.at);
                    let sql = "INSERT INTO openid_identities (issuer, subject, account_id, created_at) \
                               VALUES ($1, $2, $3, $4) ON CONFLICT (issuer, subject) DO NOTHING";
                    if binds.execute(connection, sql).await? == 1 {
                        tell(connection, shared.how(), account, &deed).await?;
                    }
                    Ok(())
                })
            })
            .await
    }
}
