//! Signing in and out, and who one is.

use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::SignedCookieJar;
use domain::{
    ApiKeyId, WorkspaceId,
    audit::{AuditAction, Deed},
    rights::Right,
    user::{Actor, Role, User},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::sync::{OnceCell, Semaphore};
use tracing::warn;

use super::{
    Http,
    auth::{Identity, Session, Staff, Viewer, same_origin},
    input::{Json, NoContent, email},
    observe::Peer,
    problem::{Kind, Problem},
};
use crate::password;

/// Password checks at once: each takes 19 MiB and most of a core.
static CHECKS: Semaphore = Semaphore::const_new(4);

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route(
        "/v1/session",
        post_with(sign_in, sign_in_docs).get_with(show, show_docs).delete_with(sign_out, sign_out_docs),
    )
}

/// A person's credentials.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    #[schemars(example = "reviewer@northfold.example", length(max = 254))]
    pub email: String,
    #[schemars(length(max = 256))]
    pub password: String,
}

/// Whom the service takes the caller for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// The signed-in person; null for an API key.
    pub user: Option<User>,
    /// The API key; null for a person.
    pub api_key: Option<ApiKeyView>,
    pub role: Role,
    /// What they may about personal data; who lacks `see_personal_data` is served masks.
    pub rights: Vec<Right>,
    pub workspace: WorkspaceView,
}

/// A key that stands for a service.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyView {
    pub id: ApiKeyId,
    pub name: String,
}

/// The workspace the caller works in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceView {
    pub id: WorkspaceId,
    pub slug: String,
    pub name: String,
}

fn sign_in_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signIn").tag("session").summary("Sign in").description(
        "Checks a person's password and sets the signed cookie `countersign_session`, which lasts seven days. \
         An unknown address and a wrong password are answered alike. After five failures the address is closed \
         for a quarter of an hour to the place they came from.",
    )
}

async fn sign_in(
    State(http): State<Http>,
    peer: Peer,
    headers: HeaderMap,
    Json(form): Json<SignIn>,
) -> Result<Signed, Problem> {
    // Nobody may be signed in by a page of another site either.
    if headers.contains_key("sec-fetch-site") || headers.contains_key(header::ORIGIN) {
        same_origin(&headers, http.public_host())?;
    }
    if form.password.len() > 256 {
        return Err(wrong());
    }
    let address = email("email", &form.email).map_err(|_| wrong())?;
    http.limits.sign_in(&address, peer.0)?;
    let found = http.app.store.user_by_email(&address).await?;
    let (known, hash) = match found {
        Some((workspace, user, hash)) => (Some((workspace, user)), Some(hash)),
        None => (None, None),
    };
    let fits = check(&http, form.password, hash).await?;
    let Some((workspace, user)) = known else { return Err(wrong()) };
    if !fits {
        let refused = http.of_session(AuditAction::SessionRefused, &user);
        // Whoever tried is not who the address belongs to, as far as anybody knows.
        let refused = Deed { actor: Actor::System, ..refused };
        let store = http.app.store.workspace(workspace);
        // Nobody waits for it: an address that somebody has must not take longer than any other.
        tokio::spawn(async move {
            if let Err(error) = store.audit(refused).await {
                warn!(%error, "a refused sign-in could not be written down");
            }
        });
        return Err(wrong());
    }
    http.limits.signed_in(&address, peer.0);
    let session = http.begin_session(workspace, &user).await?;
    let view = view(&http, workspace, Identity::User(user)).await?;
    Ok(Signed { jar: cookies(&http, Some(&session)), view })
}

fn wrong() -> Problem {
    Problem::new(Kind::Unauthorized, "the address or the password is wrong")
}

fn cookies(http: &Http, session: Option<&Session>) -> SignedCookieJar {
    let secure = http.is_secure();
    let cookie = session.map_or_else(|| Session::no_cookie(secure), |session| session.cookie(secure));
    SignedCookieJar::new(http.cookie_key()).add(cookie)
}

/// The session with the cookie that carries it.
struct Signed {
    jar: SignedCookieJar,
    view: SessionView,
}

impl IntoResponse for Signed {
    fn into_response(self) -> Response {
        let mut response = (self.jar, Json(self.view)).into_response();
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl aide::OperationOutput for Signed {
    type Inner = SessionView;

    fn operation_response(
        ctx: &mut aide::generate::GenContext,
        op: &mut aide::openapi::Operation,
    ) -> Option<aide::openapi::Response> {
        Json::<SessionView>::operation_response(ctx, op)
    }

    fn inferred_responses(
        ctx: &mut aide::generate::GenContext,
        op: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        Json::<SessionView>::inferred_responses(ctx, op)
    }
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getSession")
        .tag("session")
        .summary("Who one is")
        .description("The caller, their role and their workspace.")
}

async fn show(State(http): State<Http>, staff: Staff<Viewer>) -> Result<Json<SessionView>, Problem> {
    view(&http, staff.workspace, staff.identity).await.map(Json)
}

async fn view(http: &Http, workspace: WorkspaceId, identity: Identity) -> Result<SessionView, Problem> {
    let workspace = http.workspace(workspace).await?;
    let role = identity.role();
    let rights = identity.rights(&http.app.personal.rights);
    let (user, api_key) = match identity {
        Identity::User(user) => (Some(user), None),
        Identity::ApiKey(key) => (None, Some(ApiKeyView { id: key.id, name: key.name })),
    };
    Ok(SessionView { user, api_key, role, rights, workspace })
}

fn sign_out_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signOut").tag("session").summary("Sign out").description(
        "Ends the session, here and on the server: its cookie opens nothing any more. Other sessions of the same \
         person go on.",
    )
}

async fn sign_out(
    State(http): State<Http>,
    staff: Staff<Viewer>,
    headers: HeaderMap,
) -> Result<SignedOut, Problem> {
    if let (Identity::User(user), Some(session)) = (&staff.identity, Session::of(&http, &headers)) {
        http.end_session(session, user).await?;
    }
    Ok(SignedOut(cookies(&http, None)))
}

struct SignedOut(SignedCookieJar);

impl IntoResponse for SignedOut {
    fn into_response(self) -> Response {
        (self.0, NoContent).into_response()
    }
}

impl aide::OperationOutput for SignedOut {
    type Inner = ();

    fn inferred_responses(
        ctx: &mut aide::generate::GenContext,
        op: &mut aide::openapi::Operation,
    ) -> Vec<(Option<aide::openapi::StatusCode>, aide::openapi::Response)> {
        NoContent::inferred_responses(ctx, op)
    }
}

/// What the password of an address that nobody has is checked against, so that it takes as long as
/// any other.
static NOBODY: OnceCell<String> = OnceCell::const_new();

/// Whether the password fits; without a hash it takes as long and does not.
async fn check(http: &Http, password: String, hash: Option<String>) -> Result<bool, Problem> {
    let _place = CHECKS.acquire().await.map_err(|error| Problem::internal(&error))?;
    // Made in both cases, so that the first failure takes no longer than others.
    let nobody = NOBODY
        .get_or_try_init(|| password::hash("nobody signs in with this".to_owned(), &*http.app.ids))
        .await
        .map_err(|error| Problem::internal(&error))?;
    let known = hash.is_some();
    let fits = password::verify(password, hash.unwrap_or_else(|| nobody.clone())).await;
    Ok(fits && known)
}
