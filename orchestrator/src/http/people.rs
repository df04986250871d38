//! Colleagues: who they are, what they are called to do, and whether they are let in.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, patch_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    UserId,
    user::{Role, User},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{PersonChange, WorkspaceStore};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path, Query},
    page::{Page, PageQuery},
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/people", get_with(list, list_docs))
        .api_route("/v1/people/{user_id}", patch_with(change, change_docs).get_with(show, show_docs))
}

/// The colleague in the path.
#[derive(Deserialize, JsonSchema)]
pub struct PersonPath {
    /// The colleague.
    pub user_id: UserId,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listPeople")
        .tag("people")
        .summary("List colleagues")
        .description("The longest here first, those who are kept out among them (`deactivated_at`).")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadPeople>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<User>>, Problem> {
    Ok(Json(staff.store(&http).colleagues(page.limit()?, page.cursor()).await?.into()))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getPerson").tag("people").summary("Look at a colleague")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadPeople>,
    Path(path): Path<PersonPath>,
) -> Result<Json<User>, Problem> {
    let user = staff.store(&http).user(path.user_id).await?;
    user.map(Json).ok_or_else(|| Problem::not_found("the colleague"))
}

/// What is to be different about a colleague; what is left out stays.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangePerson {
    #[serde(default)]
    pub role: Option<Role>,
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub title: Option<String>,
    /// False keeps them out: their sessions end, their keys stop, and approvals and tickets that were theirs to see
    /// to are anybody's again.
    #[serde(default)]
    pub active: Option<bool>,
}

fn change_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("changePerson").tag("people").summary("Change a colleague").description(
        "Role, title, in or out. Nobody gives a role that may what they may not, and nobody changes a colleague who \
         may what they may not. 409 when nobody would be left who may everything. In effect at once here and within \
         seconds in other processes. Of somebody who is kept out, pending approvals and tickets that are neither \
         resolved nor closed are assigned to nobody, and delegations to and from them end.",
    )
}

async fn change(
    State(http): State<Http>,
    staff: Staff<may::ManagePeople>,
    Path(path): Path<PersonPath>,
    Json(form): Json<ChangePerson>,
) -> Result<Json<User>, Problem> {
    let change = PersonChange { role: form.role, title: form.title, active: form.active };
    let changed = staff.doer(&http).change(path.user_id, change).await;
    http.forget_person(staff.workspace, path.user_id);
    Ok(Json(changed?))
}

/// A colleague to whom something can be handed.
pub(super) async fn let_in(store: &WorkspaceStore, id: UserId) -> Result<User, Problem> {
    let user = store.user(id).await?;
    let user = user.ok_or_else(|| Problem::invalid("there is no colleague with this id"))?;
    if user.deactivated_at.is_some() {
        let why = format!("{} was kept out of this workspace: name somebody else", user.name);
        return Err(Problem::invalid(why));
    }
    Ok(user)
}
