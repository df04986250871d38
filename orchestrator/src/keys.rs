//! Making the keys that requests are made with; the API, the command line and tests make them here.

use domain::{
    ApiKeyId, ServiceAccountId, Timestamp,
    audit::{AuditAction, Deed},
    permission::Permissions,
    user::Actor,
};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use store::{ApiKey, KeyOwner, ServiceAccount, StoreError, WorkspaceStore};

use crate::{app::App, http::auth::API_KEY_PREFIX};

/// Characters of a key that may be seen again.
const SHOWN: usize = API_KEY_PREFIX.len() + 4;

/// What a key is to be.
pub struct NewKey {
    pub name: String,
    pub owner: KeyOwner,
    pub scopes: Permissions,
    pub expires_at: Option<Timestamp>,
}

/// Makes a key. Its text is given back here and nowhere else.
pub async fn make(
    app: &App,
    store: &WorkspaceStore,
    new: NewKey,
    by: Actor,
) -> Result<(ApiKey, String), StoreError> {
    let token = format!("{API_KEY_PREFIX}{}", hex::encode(app.ids.secret()));
    let now = app.clock.now();
    let key = ApiKey {
        id: ApiKeyId::new(&*app.ids),
        name: new.name,
        owner: new.owner,
        scopes: new.scopes,
        hint: token.chars().take(SHOWN).collect(),
        created_at: now,
        expires_at: new.expires_at,
        revoked_at: None,
        last_used_at: None,
    };
    let detail = json!({
        "id": key.id, "owner": key.owner, "scopes": key.scopes, "expires_at": key.expires_at,
    });
    let deed =
        Deed { at: now, action: AuditAction::ApiKeyMade, subject: key.name.clone(), detail, actor: by };
    let hash = hex::encode(Sha256::digest(token.as_bytes()));
    store.create_api_key(key.clone(), hash, deed).await?;
    Ok((key, token))
}

/// Makes a program that keys can belong to.
pub async fn make_account(
    app: &App,
    store: &WorkspaceStore,
    name: String,
    description: String,
    by: Actor,
) -> Result<ServiceAccount, StoreError> {
    let now = app.clock.now();
    let account = ServiceAccount {
        id: ServiceAccountId::new(&*app.ids),
        name,
        description,
        created_at: now,
        deactivated_at: None,
    };
    let detail: Value = json!({ "id": account.id });
    let (action, subject) = (AuditAction::ServiceAccountMade, account.name.clone());
    let deed = Deed { at: now, actor: by, action, subject, detail };
    store.create_service_account(account.clone(), deed).await?;
    Ok(account)
}
