//! Roles: the built-in ones, and those that a workspace makes of permissions.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, put_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    audit::AuditAction,
    permission::{OwnRole, Permission, Permissions},
    user::{Role, RoleName},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, NoContent, Path, text},
    problem::{Kind, Problem},
};

/// Roles of a workspace's own.
const MAX_ROLES: usize = 50;
const MAX_DESCRIPTION: usize = 300;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/roles", get_with(list, list_docs))
        .api_route("/v1/roles/{name}", put_with(put, put_docs).delete_with(remove, remove_docs))
}

/// The role in the path.
#[derive(Deserialize, JsonSchema)]
pub struct RolePath {
    /// Its name; built-in ones cannot be changed.
    pub name: Role,
}

impl RolePath {
    fn own(self) -> Result<RoleName, Problem> {
        match self.name {
            Role::Custom(name) => Ok(name),
            role => Err(Problem::new(
                Kind::Conflict,
                format!("{} is built in and stays as it is: make a role of another name", role.as_str()),
            )),
        }
    }
}

/// A role with what it may.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct RoleView {
    pub name: Role,
    pub built_in: bool,
    pub description: String,
    pub permissions: Permissions,
}

/// A permission in words.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PermissionView {
    pub name: Permission,
    pub means: String,
    /// No API key has it.
    pub takes_a_person: bool,
}

/// The matrix.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Matrix {
    pub permissions: Vec<PermissionView>,
    /// The built-in ones from who may least to who may everything, then the workspace's own by name.
    pub roles: Vec<RoleView>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listRoles").tag("people").summary("Show the matrix of roles and permissions").description(
        "Every permission with what it means, and every role with what it may. A workspace has at most 50 roles of its \
         own, so the list has no pages.",
    )
}

async fn list(State(http): State<Http>, staff: Staff<may::ReadPeople>) -> Result<Json<Matrix>, Problem> {
    let own = staff.store(&http).own_roles().await?;
    let built_in = Role::BUILT_IN.into_iter().map(|role| RoleView {
        permissions: Permissions::of(&role).unwrap_or_default(),
        built_in: true,
        description: String::new(),
        name: role,
    });
    let roles = built_in.chain(own.into_iter().map(view)).collect();
    let permissions = Permission::ALL.into_iter().map(|permission| PermissionView {
        name: permission,
        means: permission.means().to_owned(),
        takes_a_person: permission.takes_a_person(),
    });
    Ok(Json(Matrix { permissions: permissions.collect(), roles }))
}

fn view(own: OwnRole) -> RoleView {
    let OwnRole { name, description, permissions } = own;
    RoleView { name: Role::Custom(name), built_in: false, description, permissions }
}

/// What a role is to be.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutRole {
    /// Whom it is for.
    #[serde(default)]
    #[schemars(length(max = 300))]
    pub description: String,
    pub permissions: Permissions,
}

fn put_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("putRole").tag("people").summary("Make or change a role").description(
        "Nobody puts a permission into a role that they do not hold. Whoever has the role may what it says within \
         seconds.",
    )
}

async fn put(
    State(http): State<Http>,
    staff: Staff<may::ManageRoles>,
    Path(path): Path<RolePath>,
    Json(form): Json<PutRole>,
) -> Result<Json<RoleView>, Problem> {
    let name = path.own()?;
    let description = match form.description.trim() {
        "" => String::new(),
        description => text("description", description, MAX_DESCRIPTION)?,
    };
    if form.permissions.is_empty() {
        return Err(Problem::invalid("a role has at least one permission"));
    }
    form.permissions.check().map_err(Problem::invalid)?;
    staff.holds(form.permissions, "this role would")?;
    let store = staff.store(&http);
    let own = store.own_roles().await?;
    let before = own.iter().find(|role| role.name == name);
    match before {
        Some(before) => staff.holds(before.permissions, "this role may")?,
        None if own.len() >= MAX_ROLES => {
            return Err(Problem::new(
                Kind::Conflict,
                format!("a workspace has at most {MAX_ROLES} roles of its own: remove one first"),
            ));
        }
        None => {}
    }
    let detail = json!({ "before": before.map(|role| role.permissions), "after": form.permissions });
    let deed = staff.deed(&http, AuditAction::RoleStored, name.as_str(), detail);
    let role = OwnRole { name, description, permissions: form.permissions };
    store.put_role(role.clone(), deed.at, deed).await?;
    http.forget_role(staff.workspace, &role.name);
    Ok(Json(view(role)))
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeRole")
        .tag("people")
        .summary("Remove a role")
        .description("409 as long as somebody has it. What was asked of it is decided by who may everything.")
}

async fn remove(
    State(http): State<Http>,
    staff: Staff<may::ManageRoles>,
    Path(path): Path<RolePath>,
) -> Result<NoContent, Problem> {
    let name = path.own()?;
    let deed = staff.deed(&http, AuditAction::RoleRemoved, name.as_str(), json!({}));
    match staff.store(&http).remove_role(name.clone(), deed).await? {
        None => Err(Problem::not_found("the role")),
        Some(0) => {
            http.forget_role(staff.workspace, &name);
            Ok(NoContent)
        }
        Some(held) => Err(Problem::new(
            Kind::Conflict,
            format!("{held} of your colleagues have this role: give them another one first"),
        )),
    }
}
