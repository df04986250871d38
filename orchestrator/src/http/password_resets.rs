//! A forgotten password: a link by mail to choose another.
//!
//! Whether an address has an account cannot be told: the answer is given before anybody looks.

use std::time::Duration;

use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::audit::AuditAction;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::AccountDeed;
use tokio::sync::Semaphore;
use tracing::{info, warn};

use super::{
    Http,
    caller::Arrival,
    input::{Json, NoContent, email},
    problem::Problem,
    proof,
};
use crate::{
    app::App,
    channels::letters::{self, Letter},
    sign_in::{Link, digest, reset_link},
};

/// How long a link works.
pub const LINK_LIFE: Duration = Duration::from_secs(3600);
/// Mails to one address within a quarter of an hour.
const MOST_MAILS: i64 = 3;
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Mails on their way at once; more are dropped, and asked for again.
static PLACES: Semaphore = Semaphore::const_new(16);

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/password-resets", post_with(request, request_docs))
        .api_route("/v1/password-resets/complete", post_with(complete, complete_docs))
}

/// Whose password was forgotten.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ForgottenPassword {
    #[schemars(example = "reviewer@northfold.example", length(max = 254))]
    pub email: String,
}

fn request_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("requestPasswordReset").tag("session").summary("Ask for a link to choose a new password").description(
        "Sends a mail with a link that works once, for an hour, if the address has an account. The answer is the same \
         if it has none. Without a mail server nothing is sent: an admin makes a link with \
         `countersign users reset-link ADDRESS`.",
    )
}

async fn request(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<ForgottenPassword>,
) -> Result<NoContent, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let address = email("email", &form.email)?;
    if letters::possible(&http.app.config.email)
        && let Ok(place) = PLACES.try_acquire()
    {
        tokio::spawn(async move {
            let _place = place;
            if let Err(why) = mail(&http, &address).await {
                warn!(why, "a link to choose a new password could not be sent");
            }
        });
    }
    Ok(NoContent)
}

async fn mail(http: &Http, address: &str) -> Result<(), String> {
    let now = http.app.clock.now();
    let subjects = vec![digest(&format!("reset\0{address}"))];
    let words = |error: store::StoreError| error.to_string();
    let counts = http.app.store.count_sign_in(subjects, now, WINDOW).await.map_err(words)?;
    if counts.iter().any(|count| *count > MOST_MAILS) {
        info!("links to choose a new password were asked for too often for one address");
        return Ok(());
    }
    let Some(link) = offer(&http.app, address).await.map_err(words)? else { return Ok(()) };
    let text = format!(
        "Somebody asked for a new password of your Countersign account. If it was you, choose one here within an \
         hour:\n\n{link}\n\nThe link works once. If it was not you, do nothing: your password stays as it is.\n"
    );
    let subject = "Choose a new password".to_owned();
    letters::send(&http.app, &Letter { to: address.to_owned(), subject, text }).await
}

/// A link for the account with this address, if there is one.
pub async fn offer(app: &App, address: &str) -> Result<Option<String>, store::StoreError> {
    let Some(account) = app.store.account_by_email(address).await? else { return Ok(None) };
    let link = Link::new(&*app.ids);
    let now = app.clock.now();
    app.store.offer_reset(account.id, link.sha256, now, now.plus(LINK_LIFE)).await?;
    Ok(Some(reset_link(&app.config.public_url(), &link.token)))
}

/// A new password, with the link that allows it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPassword {
    /// What stands behind `#` in the link.
    #[schemars(length(max = 200))]
    pub token: String,
    #[schemars(length(min = 10, max = 256))]
    pub password: String,
}

fn complete_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("resetPassword").tag("session").summary("Choose a new password with a link").description(
        "Uses the link up. All sessions of the person end; they sign in with the new password, and with a code where \
         their account asks for one.",
    )
}

async fn complete(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<NewPassword>,
) -> Result<NoContent, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let over = || Problem::invalid("this link was used already or is over: ask for another");
    if form.token.len() > 200 {
        return Err(over());
    }
    let sha256 = digest(&form.token);
    let now = http.app.clock.now();
    let account = http.app.store.reset_of(&sha256, now).await?.ok_or_else(over)?;
    let hash = proof::hash(&http, &form.password, &account.email).await?;
    let deed = AccountDeed {
        at: http.app.clock.now(),
        action: AuditAction::PasswordReset,
        detail: json!({ "by": "a link" }),
        by_themselves: false,
    };
    if !http.app.store.reset_password(sha256, hash, deed).await? {
        return Err(over());
    }
    http.forget_sessions();
    Ok(NoContent)
}
