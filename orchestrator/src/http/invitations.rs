//! Invitations: asking somebody to join a workspace, and joining.

use aide::{
    axum::{
        ApiRouter,
        routing::{delete_with, get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    InvitationId, Timestamp, UserId, WorkspaceId,
    audit::{AuditAction, Deed},
    user::{Actor, Role, User},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Invitation, Joining};

use super::{
    Http,
    auth::{Staff, may},
    caller::Arrival,
    input::{Created, Json, NoContent, Path, email, text},
    problem::Problem,
    proof,
    session::Signed,
};
use crate::sign_in::digest;

const MAX_NAME: usize = 100;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/invitations", get_with(list, list_docs).post_with(invite, invite_docs))
        .api_route("/v1/invitations/{id}", delete_with(revoke, revoke_docs))
        .api_route("/v1/invitations/look", post_with(look, look_docs))
        .api_route("/v1/invitations/accept", post_with(accept, accept_docs))
}

/// Somebody who was asked to join.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvitationView {
    pub id: InvitationId,
    pub email: String,
    pub role: Role,
    pub invited_by: Actor,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    /// Too late: invite again.
    pub is_over: bool,
}

impl InvitationView {
    fn of(invitation: Invitation, now: Timestamp) -> Self {
        Self {
            is_over: now >= invitation.expires_at,
            id: invitation.id,
            email: invitation.email,
            role: invitation.role,
            invited_by: invitation.invited_by,
            created_at: invitation.created_at,
            expires_at: invitation.expires_at,
        }
    }
}

/// Everybody who was asked and has not joined.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvitationList {
    /// The last asked first; at most 500.
    pub items: Vec<InvitationView>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listInvitations").tag("people").summary("List invitations")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadPeople>,
) -> Result<Json<InvitationList>, Problem> {
    let now = http.app.clock.now();
    let all = staff.store(&http).invitations().await?;
    Ok(Json(InvitationList { items: all.into_iter().map(|each| InvitationView::of(each, now)).collect() }))
}

/// Whom to ask.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Invite {
    #[schemars(example = "ada@example.com", length(max = 254))]
    pub email: String,
    /// One that may nothing which the inviter may not.
    pub role: Role,
}

/// Somebody was asked.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Invited {
    pub invitation: InvitationView,
    /// A mail with the link is on its way.
    pub mailed: bool,
    /// The link, to be handed over by other means, when no mail could be sent. It is not shown again.
    pub link: Option<String>,
}

fn invite_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("invite").tag("people").summary("Invite somebody").description(
        "Sends a mail with a link that works once, for seven days; where there is no mail server the link is in the \
         answer. An earlier invitation of the same address is replaced. Takes a person.",
    )
}

async fn invite(
    State(http): State<Http>,
    staff: Staff<may::ManagePeople>,
    Json(form): Json<Invite>,
) -> Result<Created<Invited>, Problem> {
    let inviter = staff.person()?;
    let address = email("email", &form.email)?;
    let asked = staff.doer(&http).invite(address, form.role, &inviter.name).await?;
    let invitation = InvitationView::of(asked.invitation, http.app.clock.now());
    Ok(Created(Invited { invitation, mailed: asked.mailed, link: asked.link }))
}

/// The invitation in the path.
#[derive(Deserialize, JsonSchema)]
pub struct InvitationPath {
    pub id: InvitationId,
}

fn revoke_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("revokeInvitation")
        .tag("people")
        .summary("Take an invitation back")
        .description("Its link opens nothing any more.")
}

async fn revoke(
    State(http): State<Http>,
    staff: Staff<may::ManagePeople>,
    Path(path): Path<InvitationPath>,
) -> Result<NoContent, Problem> {
    let store = staff.store(&http);
    let deed = staff.deed(&http, AuditAction::InvitationRevoked, path.id.to_string(), json!({}));
    if !store.revoke_invitation(path.id, deed).await? {
        return Err(Problem::not_found("the invitation"));
    }
    Ok(NoContent)
}

/// A link to join.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationToken {
    /// What stands behind `#` in the link.
    #[schemars(length(max = 200))]
    pub token: String,
}

/// What somebody is invited to.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct InvitationLook {
    pub workspace: String,
    pub email: String,
    pub role: Role,
    pub invited_by: Actor,
    /// The address has an account: it joins with its own password.
    pub has_account: bool,
}

fn over() -> Problem {
    Problem::invalid(
        "this invitation was used already, was taken back or is over: ask whoever invited you for another",
    )
}

async fn of_token(http: &Http, token: &str) -> Result<(WorkspaceId, Invitation, String), Problem> {
    if token.len() > 200 {
        return Err(over());
    }
    let sha256 = digest(token);
    let found = http.app.store.invitation_of(&sha256, http.app.clock.now()).await?;
    found.map(|(workspace, invitation)| (workspace, invitation, sha256)).ok_or_else(over)
}

fn look_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("lookAtInvitation")
        .tag("people")
        .summary("Look at an invitation")
        .description("For whoever holds its link.")
}

async fn look(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<InvitationToken>,
) -> Result<Json<InvitationLook>, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let (workspace, invitation, _) = of_token(&http, &form.token).await?;
    let has_account = http.app.store.account_by_email(&invitation.email).await?.is_some();
    Ok(Json(InvitationLook {
        workspace: http.workspace(workspace).await?.name,
        email: invitation.email,
        role: invitation.role,
        invited_by: invitation.invited_by,
        has_account,
    }))
}

/// Joining a workspace.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Accept {
    /// What stands behind `#` in the link.
    #[schemars(length(max = 200))]
    pub token: String,
    /// What one is called; left out by who has an account.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub name: Option<String>,
    /// Of the account there is, or the one to be.
    #[schemars(length(max = 256))]
    pub password: String,
    /// Where the account there is asks for one.
    #[serde(default)]
    #[schemars(length(max = 40))]
    pub code: Option<String>,
}

fn accept_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("acceptInvitation").tag("people").summary("Join a workspace").description(
        "Uses the invitation up and signs the person in. An address that has an account joins with its own password, \
         and its code; another chooses a name and a password.",
    )
}

async fn accept(
    State(http): State<Http>,
    arrival: Arrival,
    Json(form): Json<Accept>,
) -> Result<Signed, Problem> {
    http.limits.arrival(arrival.from.0)?;
    let (workspace, invitation, sha256) = of_token(&http, &form.token).await?;
    let store = &http.app.store;
    let known = store.account_by_email(&invitation.email).await?;
    let (name, password_hash, second_factor) = match known {
        Some(account) => {
            let code = form.code.as_deref();
            let proven = proof::prove(&http, &invitation.email, form.password, code, &arrival).await?;
            let there = store.memberships(account.id).await?;
            let name = there.first().map(|membership| membership.user.name.clone());
            let name = name.unwrap_or_else(|| invitation.email.clone());
            (name, None, proven.second_factor)
        }
        None => {
            let name = text("name", form.name.as_deref().unwrap_or_default(), MAX_NAME)?;
            let hash = proof::hash(&http, &form.password, &invitation.email).await?;
            (name, Some(hash), false)
        }
    };
    let now = http.app.clock.now();
    let user = User {
        id: UserId::new(&*http.app.ids),
        email: invitation.email.clone(),
        name: name.clone(),
        role: invitation.role.clone(),
        title: String::new(),
        created_at: now,
        deactivated_at: None,
    };
    let deed = Deed {
        at: now,
        actor: Actor::User { user_id: user.id, name },
        action: AuditAction::InvitationAccepted,
        subject: invitation.email,
        detail: json!({ "role": invitation.role }),
    };
    let joining = Joining { user, password_hash, deed };
    let joined = store.workspace(workspace).accept_invitation(sha256, joining).await?.ok_or_else(over)?;
    let account = store.account(joined).await?.ok_or_else(|| Problem::not_found("the account"))?;
    Signed::begin(&http, &account, second_factor, &arrival, Some(workspace)).await
}
