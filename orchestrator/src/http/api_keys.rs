//! API keys and the service accounts that they belong to.

use std::time::Duration;

use aide::{
    axum::{
        ApiRouter,
        routing::{delete_with, get_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{ApiKeyId, ServiceAccountId, Timestamp, UserId, audit::AuditAction, permission::Permissions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{ApiKey, KeyOwner, ServiceAccount};

use super::{
    Http,
    auth::{Staff, may},
    input::{Created, Json, NoContent, Path, Query, text},
    page::{Page, PageQuery},
    problem::Problem,
    sight::Sight,
};
use crate::keys::{self, NewKey};

const MAX_NAME: usize = 100;
const MAX_DESCRIPTION: usize = 300;
const MAX_DAYS: u32 = 3_650;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/api-keys", get_with(list, list_docs).post_with(make, make_docs))
        .api_route("/v1/api-keys/{id}", delete_with(revoke, revoke_docs))
        .api_route("/v1/service-accounts", get_with(accounts, accounts_docs).post_with(open, open_docs))
        .api_route("/v1/service-accounts/{id}", delete_with(close, close_docs))
}

/// The key in the path.
#[derive(Deserialize, JsonSchema)]
pub struct KeyPath {
    /// The key.
    pub id: ApiKeyId,
}

/// The service account in the path.
#[derive(Deserialize, JsonSchema)]
pub struct AccountPath {
    /// The account.
    pub id: ServiceAccountId,
}

/// A key, which itself is not kept.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyItem {
    pub id: ApiKeyId,
    pub name: String,
    /// The person it stops with; null when it belongs to a service account.
    pub user_id: Option<UserId>,
    /// The service account it stops with; null when it belongs to a person.
    pub service_account_id: Option<ServiceAccountId>,
    /// What it may; of a person's, only as long as they may it too.
    pub scopes: Permissions,
    /// Its first characters.
    pub hint: String,
    pub created_at: Timestamp,
    /// Opens nothing from here on; null for never.
    pub expires_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
    /// To the hour; null when it never was.
    pub last_used_at: Option<Timestamp>,
}

impl From<ApiKey> for ApiKeyItem {
    fn from(key: ApiKey) -> Self {
        let (user_id, service_account_id) = match key.owner {
            KeyOwner::User(id) => (Some(id), None),
            KeyOwner::ServiceAccount(id) => (None, Some(id)),
        };
        let ApiKey { id, name, scopes, hint, created_at, expires_at, revoked_at, last_used_at, .. } = key;
        Self {
            id,
            name,
            user_id,
            service_account_id,
            scopes,
            hint,
            created_at,
            expires_at,
            revoked_at,
            last_used_at,
        }
    }
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listApiKeys").tag("people").summary("List API keys").description(
        "The newest first, those that open nothing any more among them. The keys themselves are not kept.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ManageKeys>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ApiKeyItem>>, Problem> {
    let keys = staff.store(&http).api_keys(page.limit()?, page.cursor()).await?;
    Ok(Json(Page::map(keys, ApiKeyItem::from)))
}

/// What a key is to be.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeKey {
    /// What it is for.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// What it may: only what you may, and nothing that takes a person.
    pub scopes: Permissions,
    /// Whom it belongs to; without one, yourself.
    #[serde(default)]
    pub service_account_id: Option<ServiceAccountId>,
    /// After how many days it opens nothing; without it, never.
    #[serde(default)]
    #[schemars(range(min = 1, max = 3650))]
    pub expires_in_days: Option<u32>,
}

/// A key at the one moment at which it can be read.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MadeKey {
    pub key: ApiKeyItem,
    /// Send it as `Authorization: Bearer …`. It is not shown again.
    pub token: String,
}

fn make_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("makeApiKey").tag("people").summary("Make an API key").description(
        "The answer has the key, and nothing shows it again. It may what its scopes name: no more than you may, and \
         nothing that takes a person. One of your own stops when you are kept out, and never may more than you.",
    )
}

async fn make(
    State(http): State<Http>,
    staff: Staff<may::ManageKeys>,
    Json(form): Json<MakeKey>,
) -> Result<Created<MadeKey>, Problem> {
    let name = text("name", &form.name, MAX_NAME)?;
    if staff.sight == Sight::Masked {
        return Err(Problem::forbidden(
            "the key would be masked for you, and nothing shows it again: it takes the permission see_personal_data",
        ));
    }
    if form.scopes.is_empty() {
        return Err(Problem::invalid(
            "scopes is empty, and such a key would open nothing: name at least one",
        ));
    }
    let in_person = form.scopes.without(form.scopes.of_keys());
    if !in_person.is_empty() {
        return Err(Problem::invalid(format!("no key may have what takes a person: {}", in_person.words())));
    }
    staff.holds(form.scopes, "this key would")?;
    let store = staff.store(&http);
    let owner = match form.service_account_id {
        Some(id) => {
            let account = store.service_account(id).await?.filter(|account| account.deactivated_at.is_none());
            KeyOwner::ServiceAccount(account.ok_or_else(|| Problem::not_found("the service account"))?.id)
        }
        None => KeyOwner::User(staff.person()?.id),
    };
    let expires_at = match form.expires_in_days {
        None => None,
        Some(days @ 1..=MAX_DAYS) => {
            Some(http.app.clock.now().plus(Duration::from_secs(u64::from(days) * 24 * 3600)))
        }
        Some(days) => {
            return Err(Problem::invalid(format!("expires_in_days is {days} and must be 1 to {MAX_DAYS}")));
        }
    };
    let new = NewKey { name, owner, scopes: form.scopes, expires_at };
    let (key, token) = keys::make(&http.app, &store, new, staff.actor()).await?;
    Ok(Created(MadeKey { key: key.into(), token }))
}

fn revoke_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("revokeApiKey").tag("people").summary("Revoke an API key").description(
        "It opens nothing any more, in other processes after a few seconds. 404 when it was revoked before.",
    )
}

async fn revoke(
    State(http): State<Http>,
    staff: Staff<may::ManageKeys>,
    Path(path): Path<KeyPath>,
) -> Result<NoContent, Problem> {
    let store = staff.store(&http);
    let key = store.api_key(path.id).await?.ok_or_else(|| Problem::not_found("the key"))?;
    let deed = staff.deed(&http, AuditAction::ApiKeyRevoked, key.name, json!({ "id": path.id }));
    if !store.revoke_api_key(path.id, deed).await? {
        return Err(Problem::not_found("a key that still opens something"));
    }
    http.forget_keys();
    Ok(NoContent)
}

/// A program that keys belong to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ServiceAccountItem {
    pub id: ServiceAccountId,
    pub name: String,
    pub description: String,
    pub created_at: Timestamp,
    /// Its keys open nothing from then on; null while they do.
    pub deactivated_at: Option<Timestamp>,
}

impl From<ServiceAccount> for ServiceAccountItem {
    fn from(account: ServiceAccount) -> Self {
        let ServiceAccount { id, name, description, created_at, deactivated_at } = account;
        Self { id, name, description, created_at, deactivated_at }
    }
}

fn accounts_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listServiceAccounts")
        .tag("people")
        .summary("List service accounts")
        .description("The newest first.")
}

async fn accounts(
    State(http): State<Http>,
    staff: Staff<may::ManageKeys>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<ServiceAccountItem>>, Problem> {
    let accounts = staff.store(&http).service_accounts(page.limit()?, page.cursor()).await?;
    Ok(Json(Page::map(accounts, ServiceAccountItem::from)))
}

/// What a service account is to be.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenAccount {
    /// The program.
    #[schemars(length(min = 1, max = 100))]
    pub name: String,
    /// What it does.
    #[serde(default)]
    #[schemars(length(max = 300))]
    pub description: String,
}

fn open_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("makeServiceAccount").tag("people").summary("Make a service account")
}

async fn open(
    State(http): State<Http>,
    staff: Staff<may::ManageKeys>,
    Json(form): Json<OpenAccount>,
) -> Result<Created<ServiceAccountItem>, Problem> {
    let name = text("name", &form.name, MAX_NAME)?;
    let description = match form.description.trim() {
        "" => String::new(),
        description => text("description", description, MAX_DESCRIPTION)?,
    };
    let store = staff.store(&http);
    let account = keys::make_account(&http.app, &store, name, description, staff.actor()).await?;
    Ok(Created(account.into()))
}

fn close_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("deactivateServiceAccount").tag("people").summary("Deactivate a service account").description(
        "All its keys open nothing any more, in other processes after a few seconds. 404 when it was deactivated before.",
    )
}

async fn close(
    State(http): State<Http>,
    staff: Staff<may::ManageKeys>,
    Path(path): Path<AccountPath>,
) -> Result<NoContent, Problem> {
    let store = staff.store(&http);
    let account = store.service_account(path.id).await?;
    let name = account.ok_or_else(|| Problem::not_found("the service account"))?.name;
    let deed = staff.deed(&http, AuditAction::ServiceAccountDeactivated, name, json!({ "id": path.id }));
    if !store.deactivate_service_account(path.id, deed).await? {
        return Err(Problem::not_found("a service account that is not deactivated"));
    }
    http.forget_keys();
    Ok(NoContent)
}
