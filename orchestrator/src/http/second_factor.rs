//! One's own authenticator app and recovery codes.

use aide::{
    axum::{ApiRouter, routing::post_with},
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
    input::{Json, NoContent},
    problem::{Kind, Problem},
    proof,
    sight::Own,
};
use crate::sign_in::codes;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/account/totp", post_with(begin, begin_docs))
        .api_route("/v1/account/totp/confirm", post_with(confirm, confirm_docs))
        .api_route("/v1/account/totp/remove", post_with(remove, remove_docs))
        .api_route("/v1/account/recovery-codes", post_with(new_codes, new_codes_docs))
}

/// That it is really them who changes how they sign in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordProof {
    /// Left out by who has none; then the sign-in must be fresh.
    #[serde(default)]
    #[schemars(length(max = 256))]
    pub password: Option<String>,
}

/// What an authenticator app is set up with. It is shown once.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct TotpOffer {
    /// For a QR code.
    pub url: String,
    /// For typing, in base32.
    pub secret: String,
}

fn begin_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("beginTotp")
        .tag("account")
        .summary("Begin to set up an authenticator app")
        .description("It counts once a code of it was confirmed. Asked again before that, it begins anew.")
}

async fn begin(
    State(http): State<Http>,
    person: Person,
    arrival: Arrival,
    Json(form): Json<PasswordProof>,
) -> Result<Own<TotpOffer>, Problem> {
    let account = proof::confirm(&http, &person, form.password.as_deref(), &arrival).await?;
    let secret = codes::new_secret(&*http.app.ids);
    let sealed = http.app.sign_in.sealing.seal(&codes::purpose(account.id), &secret, &*http.app.ids);
    let sealed = sealed.map_err(|error| Problem::internal(&error))?;
    if !http.app.store.offer_totp(account.id, sealed).await? {
        return Err(Problem::new(
            Kind::Conflict,
            "an authenticator app is set up already: remove it before you set up another",
        ));
    }
    let url = codes::app(&secret, &account.email).and_then(|app| app.to_url());
    let url = url.map_err(|error| Problem::internal(&error))?;
    let parsed = url::Url::parse(&url).map_err(|error| Problem::internal(&error))?;
    let secret = parsed.query_pairs().find(|(name, _)| name == "secret").map(|(_, value)| value.into_owned());
    Ok(Own::of(&person, TotpOffer { url, secret: secret.unwrap_or_default() }))
}

/// A code that the app shows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TotpCode {
    #[schemars(length(max = 10), example = "492039")]
    pub code: String,
}

/// Each opens the account once instead of a code. They are shown once.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct RecoveryCodes {
    pub codes: Vec<String>,
}

fn confirm_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("confirmTotp").tag("account").summary("Confirm an authenticator app").description(
        "From here on signing in with the password takes a code as well. Answers with ten recovery codes.",
    )
}

async fn confirm(
    State(http): State<Http>,
    person: Person,
    Json(form): Json<TotpCode>,
) -> Result<Own<RecoveryCodes>, Problem> {
    let account = person.account(&http).await?;
    let totp = account.totp.filter(|totp| !totp.confirmed);
    let totp = totp.ok_or_else(|| {
        Problem::new(Kind::Conflict, "there is no authenticator app to confirm: begin to set one up first")
    })?;
    let opened = http.app.sign_in.sealing.open(&codes::purpose(account.id), &totp.sealed);
    let opened = opened.map_err(|error| Problem::internal(&error))?;
    let app = codes::app(&opened.plain, &account.email).map_err(|error| Problem::internal(&error))?;
    let step = codes::step(&app, &form.code, http.app.clock.now()).ok_or_else(|| {
        Problem::invalid(
            "the code does not fit: enter the one that the app shows now, and check that its clock is right",
        )
    })?;
    let (shown, kept) = codes::recovery_codes(account.id, &*http.app.ids).into_iter().unzip();
    let deed = person.deed(&http, AuditAction::SecondFactorSet, json!({ "kind": "authenticator app" }));
    let store = &http.app.store;
    if !store.confirm_totp(account.id, totp.sealed, step, kept, deed).await? {
        return Err(Problem::new(Kind::Conflict, "it was set up anew in the meantime: begin again"));
    }
    let session = person.stay.named;
    store.workspace(session.workspace).strengthen_session(session.id).await?;
    http.forget_sessions();
    Ok(Own::of(&person, RecoveryCodes { codes: shown }))
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeTotp")
        .tag("account")
        .summary("Remove the authenticator app")
        .description("And all recovery codes: the password opens the account alone.")
}

async fn remove(
    State(http): State<Http>,
    person: Person,
    arrival: Arrival,
    Json(form): Json<PasswordProof>,
) -> Result<NoContent, Problem> {
    let account = proof::confirm(&http, &person, form.password.as_deref(), &arrival).await?;
    let deed = person.deed(&http, AuditAction::SecondFactorRemoved, json!({ "kind": "authenticator app" }));
    if !http.app.store.remove_totp(account.id, deed).await? {
        return Err(Problem::not_found("the authenticator app"));
    }
    Ok(NoContent)
}

fn new_codes_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("makeRecoveryCodes")
        .tag("account")
        .summary("Make new recovery codes")
        .description("The old ones open nothing any more.")
}

async fn new_codes(
    State(http): State<Http>,
    person: Person,
    arrival: Arrival,
    Json(form): Json<PasswordProof>,
) -> Result<Own<RecoveryCodes>, Problem> {
    let account = proof::confirm(&http, &person, form.password.as_deref(), &arrival).await?;
    if !account.totp.is_some_and(|totp| totp.confirmed) {
        return Err(Problem::new(
            Kind::Conflict,
            "recovery codes stand in for an authenticator app: set one up first",
        ));
    }
    let (shown, kept) = codes::recovery_codes(account.id, &*http.app.ids).into_iter().unzip();
    let deed = person.deed(&http, AuditAction::RecoveryCodesMade, json!({}));
    http.app.store.replace_recovery_codes(account.id, kept, deed).await?;
    Ok(Own::of(&person, RecoveryCodes { codes: shown }))
}
