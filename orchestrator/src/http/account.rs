//! One's own account: name, password, and what else it is opened with.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::audit::AuditAction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Http,
    caller::{Arrival, Person},
    input::{Json, NoContent, text},
    passkeys::PasskeyView,
    problem::Problem,
    proof,
    sight::Own,
};
use crate::sign_in::SecondFactor;

const MAX_NAME: usize = 100;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/account", get_with(show, show_docs).patch_with(rename, rename_docs))
        .api_route("/v1/account/password", post_with(password, password_docs))
}

/// Somebody's account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AccountView {
    /// What they sign in with.
    pub email: String,
    pub name: String,
    /// False for who signs in by their company or a passkey alone.
    pub has_password: bool,
    /// An authenticator app is set up.
    pub totp: bool,
    /// Recovery codes that were not used yet.
    pub recovery_codes_left: i64,
    pub passkeys: Vec<PasskeyView>,
    /// Whether browsers have passkeys where this service is reached: by TLS, or on `localhost`.
    pub passkeys_possible: bool,
    /// Everybody has to show more than a password.
    pub second_factor_required: bool,
}

async fn view(http: &Http, person: &Person) -> Result<AccountView, Problem> {
    let account = person.account(http).await?;
    let store = &http.app.store;
    let user = store.workspace(person.workspace).user(person.user.id).await?;
    let passkeys = store.passkeys(person.account).await?;
    Ok(AccountView {
        name: user.map_or_else(|| person.user.name.clone(), |user| user.name),
        email: account.email,
        has_password: account.password_hash.is_some(),
        totp: account.totp.is_some_and(|totp| totp.confirmed),
        recovery_codes_left: store.recovery_codes_left(person.account).await?,
        passkeys: passkeys.into_iter().map(PasskeyView::from).collect(),
        passkeys_possible: http.app.sign_in.passkeys.is_some(),
        second_factor_required: http.app.sign_in.second_factor == SecondFactor::Required,
    })
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getAccount")
        .tag("account")
        .summary("One's own account")
        .description("What the signed-in person signs in with. It is the same in all their workspaces.")
}

async fn show(State(http): State<Http>, person: Person) -> Result<Own<AccountView>, Problem> {
    let view = view(&http, &person).await?;
    Ok(Own::of(&person, view))
}

/// What may be changed of an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameAccount {
    #[schemars(length(min = 1, max = 100), example = "Ada Okafor")]
    pub name: String,
}

fn rename_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("renameAccount")
        .tag("account")
        .summary("Change one's name")
        .description("In all workspaces. What was written under the old name keeps it.")
}

async fn rename(
    State(http): State<Http>,
    person: Person,
    Json(form): Json<RenameAccount>,
) -> Result<Own<AccountView>, Problem> {
    let name = text("name", &form.name, MAX_NAME)?;
    http.app.store.rename_account(person.account, name).await?;
    http.forget_sessions();
    let view = view(&http, &person).await?;
    Ok(Own::of(&person, view))
}

/// The password that is, and the one that is to be.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePassword {
    /// The present one. Left out by who has none; then the sign-in must be fresh.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub password: Option<String>,
    #[schemars(length(min = 10, max = 256))]
    pub new_password: String,
}

fn password_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("changePassword").tag("account").summary("Change one's password").description(
        "At least ten characters, and none that is known from a breach, where the service looks that up. All other \
         sessions of the person end.",
    )
}

async fn password(
    State(http): State<Http>,
    person: Person,
    arrival: Arrival,
    Json(form): Json<ChangePassword>,
) -> Result<NoContent, Problem> {
    let account = proof::confirm(&http, &person, form.password.as_deref(), &arrival).await?;
    let hash = proof::hash(&http, &form.new_password, &account.email).await?;
    let deed = person.deed(&http, AuditAction::PasswordChanged, json!({}));
    http.app.store.set_password(person.account, hash, Some(person.stay.named.id), deed).await?;
    http.forget_sessions();
    Ok(NoContent)
}
