//! Teams: some of the colleagues, by a name that policies can ask.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, put_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    UserId,
    user::{Role, Team, TeamName},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, NoContent, Path, Query},
    page::{Page, PageQuery},
    problem::Problem,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/teams", get_with(list, list_docs))
        .api_route(
            "/v1/teams/{name}",
            get_with(show, show_docs).put_with(put, put_docs).delete_with(remove, remove_docs),
        )
        .api_route(
            "/v1/teams/{name}/members/{user_id}",
            put_with(join, join_docs).delete_with(leave, leave_docs),
        )
}

/// The team in the path.
#[derive(Deserialize, JsonSchema)]
pub struct TeamPath {
    /// Its name.
    pub name: TeamName,
}

/// Somebody in the team in the path.
#[derive(Deserialize, JsonSchema)]
pub struct MemberPath {
    /// The team's name.
    pub name: TeamName,
    /// The colleague.
    pub user_id: UserId,
}

/// A team with who is in it.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TeamView {
    pub team: Team,
    /// Those who are let in.
    pub members: Vec<TeamMember>,
}

/// A colleague in a team.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TeamMember {
    pub id: UserId,
    pub name: String,
    pub role: Role,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listTeams").tag("people").summary("List teams").description("By name, without their members.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadPeople>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Team>>, Problem> {
    let limit = page.limit()?;
    if page.cursor().is_some_and(|cursor| TeamName::parse(cursor).is_none()) {
        return Err(store::StoreError::Cursor.into());
    }
    let mut items = staff.store(&http).teams(page.cursor(), limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted;
    items.truncate(wanted);
    let next_cursor = more.then(|| items.last().map(|team| team.name.to_string())).flatten();
    Ok(Json(Page { items, next_cursor }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getTeam").tag("people").summary("Look at a team")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadPeople>,
    Path(path): Path<TeamPath>,
) -> Result<Json<TeamView>, Problem> {
    view(&staff.store(&http), &path.name).await.map(Json)
}

async fn view(store: &store::WorkspaceStore, name: &TeamName) -> Result<TeamView, Problem> {
    let team = store.team(name).await?.ok_or_else(|| Problem::not_found("the team"))?;
    let members = store.team_members(name).await?.into_iter();
    let members = members.map(|user| TeamMember { id: user.id, name: user.name, role: user.role });
    Ok(TeamView { team, members: members.collect() })
}

/// What a team is to be.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutTeam {
    /// What it looks after.
    #[serde(default)]
    #[schemars(length(max = 300))]
    pub description: String,
}

fn put_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("putTeam").tag("people").summary("Make or change a team")
}

async fn put(
    State(http): State<Http>,
    staff: Staff<may::ManageTeams>,
    Path(path): Path<TeamPath>,
    Json(form): Json<PutTeam>,
) -> Result<Json<TeamView>, Problem> {
    staff.doer(&http).put_team(path.name.clone(), &form.description).await?;
    view(&staff.store(&http), &path.name).await.map(Json)
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeTeam")
        .tag("people")
        .summary("Remove a team")
        .description("What was asked of it is decided by who may everything.")
}

async fn remove(
    State(http): State<Http>,
    staff: Staff<may::ManageTeams>,
    Path(path): Path<TeamPath>,
) -> Result<NoContent, Problem> {
    staff.doer(&http).remove_team(path.name).await?;
    http.forget_standings();
    Ok(NoContent)
}

fn join_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addTeamMember").tag("people").summary("Put somebody into a team")
}

async fn join(
    State(http): State<Http>,
    staff: Staff<may::ManageTeams>,
    Path(path): Path<MemberPath>,
) -> Result<Json<TeamView>, Problem> {
    set(&http, &staff, path, true).await.map(Json)
}

fn leave_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeTeamMember").tag("people").summary("Take somebody out of a team")
}

async fn leave(
    State(http): State<Http>,
    staff: Staff<may::ManageTeams>,
    Path(path): Path<MemberPath>,
) -> Result<Json<TeamView>, Problem> {
    set(&http, &staff, path, false).await.map(Json)
}

async fn set(
    http: &Http,
    staff: &Staff<may::ManageTeams>,
    path: MemberPath,
    within: bool,
) -> Result<TeamView, Problem> {
    staff.doer(http).set_member(path.name.clone(), path.user_id, within).await?;
    http.forget_standings();
    view(&staff.store(http), &path.name).await
}
