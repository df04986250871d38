//! Passkeys: one's own, and signing in with one.
//!
//! What is remembered between a browser's question and its answer goes with the question, sealed, and is answered
//! once.

use std::time::Duration;

use aide::{
    axum::{
        ApiRouter,
        routing::{patch_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{PasskeyId, Timestamp, audit::AuditAction};
use passki::{AuthenticationState, Passki, RegistrationState, StoredPasskey};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use store::Passkey;

use super::{
    Http,
    caller::{Arrival, Person},
    input::{Created, Json, NoContent, Path, text},
    problem::{Kind, Problem},
    proof,
    second_factor::PasswordProof,
    session::Signed,
    sight::Own,
};
use crate::sign_in::{
    digest,
    passkeys::{Passkeys, named},
};

/// How long a question may be answered.
const ANSWER_WITHIN: Duration = Duration::from_secs(5 * 60);
const MAX_NAME: usize = 60;
/// Of one account.
const MOST: usize = 20;
const SIGN_IN: &str = "passkey sign-in";

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/account/passkeys/begin", post_with(begin, begin_docs))
        .api_route("/v1/account/passkeys", post_with(add, add_docs))
        .api_route(
            "/v1/account/passkeys/{id}",
            patch_with(rename, rename_docs).delete_with(remove, remove_docs),
        )
        .api_route("/v1/session/passkey/begin", post_with(ask, ask_docs))
        .api_route("/v1/session/passkey", post_with(sign_in, sign_in_docs))
}

/// A passkey of an account.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PasskeyView {
    pub id: PasskeyId,
    pub name: String,
    pub created_at: Timestamp,
    pub used_at: Option<Timestamp>,
}

impl From<Passkey> for PasskeyView {
    fn from(passkey: Passkey) -> Self {
        Self { id: passkey.id, name: passkey.name, created_at: passkey.created_at, used_at: passkey.used_at }
    }
}

/// The passkey in the path.
#[derive(Deserialize, JsonSchema)]
pub struct PasskeyPath {
    pub id: PasskeyId,
}

/// What a browser is asked, for `navigator.credentials`.
#[derive(Serialize, Deserialize, JsonSchema)]
pub struct PasskeyQuestion {
    /// `publicKey`, in the form of the WebAuthn standard's JSON.
    pub question: Value,
    /// Sent back with the answer, within five minutes.
    pub state: String,
}

/// Between question and answer.
#[derive(Serialize, Deserialize)]
struct Asked<T> {
    asked: T,
    until: Timestamp,
}

fn possible(http: &Http) -> Result<&Passkeys, Problem> {
    http.app.sign_in.passkeys.as_ref().ok_or_else(|| {
        Problem::new(
            Kind::Conflict,
            "browsers have no passkeys for this service's address: they take a name and TLS, or http://localhost \
             (server.public_url)",
        )
    })
}

fn seal<T: Serialize>(http: &Http, purpose: &str, asked: T) -> Result<String, Problem> {
    let until = http.app.clock.now().plus(ANSWER_WITHIN);
    let plain = serde_json::to_vec(&Asked { asked, until }).map_err(|error| Problem::internal(&error))?;
    let sealed = http.app.sign_in.sealing.seal(purpose, &plain, &*http.app.ids);
    sealed.map_err(|error| Problem::internal(&error))
}

fn stale() -> Problem {
    Problem::invalid("the question is over or was answered already: begin again")
}

fn opened<T: DeserializeOwned>(http: &Http, purpose: &str, state: &str) -> Result<Asked<T>, Problem> {
    if state.len() > 8_192 {
        return Err(stale());
    }
    let opened = http.app.sign_in.sealing.open(purpose, state).map_err(|_| stale())?;
    let asked: Asked<T> = serde_json::from_slice(&opened.plain).map_err(|_| stale())?;
    if http.app.clock.now() >= asked.until { Err(stale()) } else { Ok(asked) }
}

/// Nobody answers it again.
async fn spend(http: &Http, state: &str, until: Timestamp) -> Result<(), Problem> {
    let fresh = http.app.store.spend_challenge(digest(state), http.app.clock.now(), until).await?;
    if fresh { Ok(()) } else { Err(stale()) }
}

fn purpose(person: &Person) -> String {
    format!("passkey of {}", person.account)
}

fn stored(passkey: &Passkey) -> Result<StoredPasskey, Problem> {
    serde_json::from_str(&passkey.credential).map_err(|error| Problem::internal(&error))
}

fn begin_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("beginPasskey").tag("account").summary("Begin to add a passkey").description(
        "What the browser is asked to make one. It is discoverable and verifies the person, so that it is two factors.",
    )
}

async fn begin(
    State(http): State<Http>,
    person: Person,
    arrival: Arrival,
    Json(form): Json<PasswordProof>,
) -> Result<Own<PasskeyQuestion>, Problem> {
    let passkeys = possible(&http)?;
    let account = proof::confirm(&http, &person, form.password.as_deref(), &arrival).await?;
    let known = http.app.store.passkeys(account.id).await?;
    if known.len() >= MOST {
        return Err(Problem::new(Kind::Conflict, format!("an account has at most {MOST} passkeys")));
    }
    let known: Vec<StoredPasskey> = known.iter().map(stored).collect::<Result<_, _>>()?;
    let (question, asked) = passkeys
        .begin(account.id.0.as_bytes(), &account.email, &person.user.name, &known)
        .map_err(|why| Problem::internal(&why))?;
    let state = seal(&http, &purpose(&person), asked)?;
    Ok(Own::of(&person, PasskeyQuestion { question, state }))
}

/// What the browser made.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewPasskey {
    #[schemars(length(min = 1, max = 60), example = &"Laptop")]
    pub name: String,
    pub state: String,
    /// The credential, in the form of the WebAuthn standard's JSON.
    pub answer: Value,
}

fn add_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addPasskey")
        .tag("account")
        .summary("Add a passkey")
        .description("From here on it opens the account alone, without the password.")
}

async fn add(
    State(http): State<Http>,
    person: Person,
    Json(form): Json<NewPasskey>,
) -> Result<Created<PasskeyView>, Problem> {
    let name = text("name", &form.name, MAX_NAME)?;
    let asked = opened::<RegistrationState>(&http, &purpose(&person), &form.state)?;
    let made = possible(&http)?.finish(form.answer, &asked.asked).map_err(|why| {
        tracing::info!(why, "a passkey was not accepted");
        Problem::invalid("the browser's answer was not accepted: begin again")
    })?;
    spend(&http, &form.state, asked.until).await?;
    let passkey = Passkey {
        id: PasskeyId::new(&*http.app.ids),
        account_id: person.account,
        credential_id: Passki::base64_encode(&made.credential_id),
        credential: serde_json::to_string(&made).map_err(|error| Problem::internal(&error))?,
        name: name.clone(),
        created_at: http.app.clock.now(),
        used_at: None,
    };
    let deed = person.deed(&http, AuditAction::PasskeyAdded, json!({ "name": name }));
    http.app.store.add_passkey(passkey.clone(), deed).await?;
    let session = person.stay.named;
    http.app.store.workspace(session.workspace).strengthen_session(session.id).await?;
    http.forget_sessions();
    Ok(Created(passkey.into()))
}

/// What may be changed of a passkey.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenamePasskey {
    #[schemars(length(min = 1, max = 60), example = &"Phone")]
    pub name: String,
}

fn rename_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("renamePasskey").tag("account").summary("Name a passkey")
}

async fn rename(
    State(http): State<Http>,
    person: Person,
    Path(path): Path<PasskeyPath>,
    Json(form): Json<RenamePasskey>,
) -> Result<NoContent, Problem> {
    let name = text("name", &form.name, MAX_NAME)?;
    if !http.app.store.rename_passkey(person.account, path.id, name).await? {
        return Err(Problem::not_found("the passkey"));
    }
    Ok(NoContent)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removePasskey")
        .tag("account")
        .summary("Remove a passkey")
        .description("It opens nothing any more.")
}

async fn remove(
    State(http): State<Http>,
    person: Person,
    Path(path): Path<PasskeyPath>,
) -> Result<NoContent, Problem> {
    let account = person.account(&http).await?;
    let passkeys = http.app.store.passkeys(account.id).await?;
    let found = passkeys.iter().find(|passkey| passkey.id == path.id);
    let found = found.ok_or_else(|| Problem::not_found("the passkey"))?;
    if passkeys.len() == 1 && account.password_hash.is_none() {
        return Err(Problem::new(
            Kind::Conflict,
            "this passkey is the only way into your account: choose a password or add another passkey first",
        ));
    }
    let deed = person.deed(&http, AuditAction::PasskeyRemoved, json!({ "name": found.name }));
    if !http.app.store.remove_passkey(account.id, path.id, deed).await? {
        return Err(Problem::not_found("the passkey"));
    }
    Ok(NoContent)
}

fn ask_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("beginPasskeySignIn")
        .tag("session")
        .summary("Begin to sign in with a passkey")
        .description("What the browser is asked; the person picks one of theirs.")
}

async fn ask(State(http): State<Http>, arrival: Arrival) -> Result<Json<PasskeyQuestion>, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let (question, asked) = possible(&http)?.ask().map_err(|why| Problem::internal(&why))?;
    Ok(Json(PasskeyQuestion { question, state: seal(&http, SIGN_IN, asked)? }))
}

/// What the browser signed.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PasskeySignIn {
    pub state: String,
    /// The assertion, in the form of the WebAuthn standard's JSON.
    pub answer: Value,
}

fn sign_in_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signInWithPasskey").tag("session").summary("Sign in with a passkey").description(
        "Checks what the browser signed and sets the session's cookie. No password and no code is asked for.",
    )
}

async fn sign_in(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<PasskeySignIn>,
) -> Result<Signed, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let passkeys = possible(&http)?;
    let asked = opened::<AuthenticationState>(&http, SIGN_IN, &form.state)?;
    let unknown = || Problem::new(Kind::Unauthorized, "this passkey opens no account here");
    let credential = named(&form.answer).ok_or_else(unknown)?;
    let passkey = http.app.store.passkey_by_credential(credential).await?.ok_or_else(unknown)?;
    let account = http.app.store.account(passkey.account_id).await?.ok_or_else(unknown)?;
    let checked = passkeys
        .check(form.answer, &asked.asked, stored(&passkey)?, account.id.0.as_bytes())
        .map_err(|why| {
            tracing::info!(why, "a passkey's signature was not accepted");
            unknown()
        })?;
    spend(&http, &form.state, asked.until).await?;
    let credential = serde_json::to_string(&checked).map_err(|error| Problem::internal(&error))?;
    let now = http.app.clock.now();
    if !http.app.store.use_passkey(passkey.id, passkey.credential, credential, now).await? {
        return Err(stale());
    }
    Signed::begin(&http, &account, true, &arrival, None).await
}
