//! One's own sessions: where one is signed in, and ending that.

use aide::{
    axum::{
        ApiRouter,
        routing::{delete_with, get_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{SessionId, Timestamp, audit::AuditAction};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Http,
    caller::Person,
    input::{Json, NoContent, Path},
    problem::Problem,
    session::WorkspaceView,
    sight::Own,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/sessions", get_with(list, list_docs).delete_with(end_others, end_others_docs))
        .api_route("/v1/sessions/{id}", delete_with(end, end_docs))
}

/// The session in the path.
#[derive(Deserialize, JsonSchema)]
pub struct SessionPath {
    pub id: SessionId,
}

/// All sessions of a person that go on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionList {
    /// The last begun first.
    pub items: Vec<SessionItem>,
}

/// A place where somebody is signed in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionItem {
    pub id: SessionId,
    /// The one that asks.
    pub current: bool,
    /// What the browser calls itself (its `User-Agent`); empty when it did not.
    pub device: String,
    /// The network address it was last used from; empty when that is not known.
    pub address: String,
    /// More than a password was shown.
    pub second_factor: bool,
    /// The workspace that it is in.
    pub workspace: WorkspaceView,
    pub created_at: Timestamp,
    /// To within an hour.
    pub seen_at: Timestamp,
    /// When it ends if nobody uses it.
    pub expires_at: Timestamp,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listSessions")
        .tag("account")
        .summary("List one's sessions")
        .description("Where the person is signed in, in whichever of their workspaces: at most 200.")
}

async fn list(State(http): State<Http>, person: Person) -> Result<Own<SessionList>, Problem> {
    let store = &http.app.store;
    let memberships = store.memberships(person.account).await?;
    let mut items = Vec::new();
    for (workspace, session) in store.sessions_of(person.account, http.app.clock.now()).await? {
        let Some(membership) = memberships.iter().find(|m| m.workspace.id == workspace) else { continue };
        items.push(SessionItem {
            id: session.id,
            current: session.id == person.stay.named.id,
            device: session.device,
            address: session.address,
            second_factor: session.second_factor,
            workspace: membership.workspace.clone().into(),
            created_at: session.created_at,
            seen_at: session.seen_at,
            expires_at: session.expires_at,
        });
    }
    Ok(Own::of(&person, SessionList { items }))
}

fn end_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("endSession")
        .tag("account")
        .summary("End one of one's sessions")
        .description("Its cookie opens nothing any more, in other processes after five seconds.")
}

async fn end(
    State(http): State<Http>,
    person: Person,
    Path(path): Path<SessionPath>,
) -> Result<NoContent, Problem> {
    let mine = http.app.store.sessions_of(person.account, http.app.clock.now()).await?;
    let found = mine.into_iter().find(|(_, session)| session.id == path.id);
    let (workspace, session) = found.ok_or_else(|| Problem::not_found("the session"))?;
    let store = http.app.store.workspace(workspace);
    let there = store.user(session.user_id).await?.ok_or_else(|| Problem::not_found("the session"))?;
    let mut deed = http.of_session(AuditAction::SessionClosed, &there);
    deed.detail = json!({ "role": there.role, "from": "the list of sessions" });
    if !store.end_session(session.id, deed).await? {
        return Err(Problem::not_found("the session"));
    }
    http.forget_sessions();
    Ok(NoContent)
}

/// How many sessions there were.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SessionsEnded {
    pub ended: u64,
}

fn end_others_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("endOtherSessions")
        .tag("account")
        .summary("End all of one's other sessions")
        .description("The session that asks goes on.")
}

async fn end_others(State(http): State<Http>, person: Person) -> Result<Json<SessionsEnded>, Problem> {
    let deed = person.deed(&http, AuditAction::SessionClosed, json!({}));
    let ended = http.app.store.end_sessions(person.account, Some(person.stay.named.id), deed).await?;
    http.forget_sessions();
    Ok(Json(SessionsEnded { ended }))
}
