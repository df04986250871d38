//! Signing in and out, who one is, and in which of one's workspaces.

use aide::{
    axum::{ApiRouter, routing::post_with},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use axum_extra::extract::cookie::SignedCookieJar;
use domain::{
    ApiKeyId, WorkspaceId,
    audit::AuditAction,
    permission::Permissions,
    user::{Role, User},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Account, Membership};

use super::{
    Http,
    auth::{Caller, Identity, Session},
    caller::{Arrival, Person, Stay},
    input::{Json, NoContent, email},
    problem::Problem,
    proof,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route(
            "/v1/session",
            post_with(sign_in, sign_in_docs).get_with(show, show_docs).delete_with(sign_out, sign_out_docs),
        )
        .api_route("/v1/session/workspace", post_with(switch, switch_docs))
}

/// A person's credentials.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    #[schemars(example = "reviewer@northfold.example", length(max = 254))]
    pub email: String,
    #[schemars(length(max = 256))]
    pub password: String,
    /// Of the authenticator app, or a recovery code, where the account asks for one.
    #[serde(default)]
    #[schemars(length(max = 40), example = "492039")]
    pub code: Option<String>,
}

/// Whom the service takes the caller for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionView {
    /// The signed-in person; null for an API key.
    pub user: Option<User>,
    /// The API key; null for a person.
    pub api_key: Option<ApiKeyView>,
    /// Of the person; null for an API key.
    pub role: Option<Role>,
    /// What they may. Who lacks `see_personal_data` is served masks.
    pub permissions: Permissions,
    /// The roles whose approvals they may decide.
    pub answers_for: Vec<Role>,
    pub workspace: WorkspaceView,
    /// All that the person belongs to, or the key's own.
    pub workspaces: Vec<WorkspaceView>,
    /// The service asks for a second factor and the person has shown none: until they set one up, only their own
    /// account is open to them.
    pub second_factor_missing: bool,
}

/// A key that stands for a service.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApiKeyView {
    pub id: ApiKeyId,
    pub name: String,
}

/// A workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct WorkspaceView {
    pub id: WorkspaceId,
    pub slug: String,
    pub name: String,
}

impl From<store::Workspace> for WorkspaceView {
    fn from(workspace: store::Workspace) -> Self {
        Self { id: workspace.id, slug: workspace.slug, name: workspace.name }
    }
}

fn sign_in_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signIn").tag("session").summary("Sign in").description(
        "Checks a person's password, and a code where their account asks for one, and sets the signed cookie \
         `countersign_session`, which lasts for seven days without use. An unknown address, a wrong password and a \
         missing code are answered alike. After five failures within a quarter of an hour an address is closed for \
         that time to the place they came from, after twenty to all, whatever process they met.",
    )
}

async fn sign_in(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<SignIn>,
) -> Result<Signed, Problem> {
    let address = email("email", &form.email).map_err(|_| proof::wrong())?;
    let code = form.code.as_deref();
    let proven = proof::prove(&http, &address, form.password, code, &arrival).await?;
    Signed::begin(&http, &proven.account, proven.second_factor, &arrival, None).await
}

/// A session that has begun, with the cookie that carries it.
pub struct Signed {
    pub jar: SignedCookieJar,
    view: SessionView,
}

impl Signed {
    /// Begins a session of an account, in this workspace or where the person has been longest.
    pub async fn begin(
        http: &Http,
        account: &Account,
        second_factor: bool,
        arrival: &Arrival,
        workspace: Option<WorkspaceId>,
    ) -> Result<Self, Problem> {
        let all = http.app.store.memberships(account.id).await?;
        let chosen = all.iter().find(|m| workspace == Some(m.workspace.id)).or(all.first());
        let Some(Membership { workspace, user }) = chosen else {
            // Who is kept out everywhere is answered like nobody.
            return Err(proof::wrong());
        };
        let who = (account.id, second_factor);
        let session = http.begin_session(workspace.id, user, who, arrival).await?;
        Self::of(http, session, &all).await
    }

    async fn of(http: &Http, session: Session, all: &[Membership]) -> Result<Self, Problem> {
        let row = http.app.store.workspace(session.workspace);
        let row = row.session(session.id, http.app.clock.now()).await?.ok_or_else(Problem::unauthorized)?;
        let user = all.iter().find(|m| m.workspace.id == session.workspace).map(|m| m.user.clone());
        let user = user.ok_or_else(Problem::unauthorized)?;
        let permissions = http.permissions_of(session.workspace, &user.role).await?;
        let stay = Some(Stay { named: session, row });
        let identity = Identity::User(user);
        let caller = Caller { workspace: session.workspace, identity, permissions, stay };
        Ok(Self { jar: cookies(http, Some(&session)), view: view(http, caller).await? })
    }
}

pub fn cookies(http: &Http, session: Option<&Session>) -> SignedCookieJar {
    let secure = http.is_secure();
    let cookie = session.map_or_else(|| Session::no_cookie(secure), |session| session.cookie(secure));
    SignedCookieJar::new(http.cookie_key()).add(cookie)
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
    op.id("getSession").tag("session").summary("Who one is").description(
        "The caller, their role, their workspace and the others they belong to. Gives a person's cookie another \
         seven days.",
    )
}

async fn show(State(http): State<Http>, caller: Caller) -> Result<Signed, Problem> {
    let jar = match &caller.stay {
        Some(stay) => cookies(&http, Some(&stay.named)),
        None => SignedCookieJar::new(http.cookie_key()),
    };
    Ok(Signed { jar, view: view(&http, caller).await? })
}

async fn view(http: &Http, caller: Caller) -> Result<SessionView, Problem> {
    let second_factor_missing = caller.lacks_second_factor(http);
    let workspace = http.workspace(caller.workspace).await?;
    let workspaces = match &caller.stay {
        Some(stay) => {
            let all = http.app.store.memberships(stay.row.account_id).await?;
            all.into_iter().map(|membership| membership.workspace.into()).collect()
        }
        None => vec![workspace.clone()],
    };
    let permissions = caller.permissions;
    let (mut user, mut api_key, mut role, mut answers_for) = (None, None, None, Vec::new());
    match caller.identity {
        Identity::User(person) => {
            let standing = http.app.store.workspace(caller.workspace).standing(&person).await?;
            answers_for = standing.answers_for;
            role = Some(person.role.clone());
            user = Some(person);
        }
        Identity::ApiKey(key) => api_key = Some(ApiKeyView { id: key.id, name: key.name }),
    }
    Ok(SessionView {
        user,
        api_key,
        role,
        permissions,
        answers_for,
        workspace,
        workspaces,
        second_factor_missing,
    })
}

/// Where to go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// One of the session's `workspaces`.
    pub workspace_id: WorkspaceId,
}

fn switch_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("switchWorkspace").tag("session").summary("Go to another workspace").description(
        "Takes the session to another workspace that the person belongs to, with the role they have there. The old \
         cookie opens nothing any more; both workspaces have it in their audit.",
    )
}

async fn switch(
    State(http): State<Http>,
    person: Person,
    Json(form): Json<Switch>,
) -> Result<Signed, Problem> {
    let all = http.app.store.memberships(person.account).await?;
    let there = all.iter().find(|membership| membership.workspace.id == form.workspace_id);
    let there = there.ok_or_else(|| Problem::not_found("the workspace"))?;
    let session = Session { workspace: there.workspace.id, id: person.stay.named.id };
    if there.workspace.id != person.workspace {
        let mut left = http.of_session(AuditAction::SessionSwitched, &person.user);
        left.detail = json!({ "role": person.user.role, "direction": "left" });
        let mut came = http.of_session(AuditAction::SessionSwitched, &there.user);
        came.detail = json!({ "role": there.user.role, "direction": "came" });
        let store = http.app.store.workspace(person.workspace);
        let to = (there.workspace.id, there.user.id);
        if !store.switch_session(session.id, to.0, to.1, (left, came)).await? {
            return Err(Problem::unauthorized());
        }
        http.forget_sessions();
    }
    Signed::of(&http, session, &all).await
}

fn sign_out_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("signOut").tag("session").summary("Sign out").description(
        "Ends the session, here and on the server: its cookie opens nothing any more. Other sessions of the same \
         person go on.",
    )
}

async fn sign_out(State(http): State<Http>, caller: Caller) -> Result<SignedOut, Problem> {
    if let (Identity::User(user), Some(stay)) = (&caller.identity, &caller.stay) {
        http.end_session(stay.named, user).await?;
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
