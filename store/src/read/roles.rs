//! A workspace's own roles, and what its people stand for by them.

use std::collections::HashMap;

use domain::{
    Timestamp, UserId,
    audit::Deed,
    permission::{OwnRole, Permissions},
    standing::{self, Standing},
    user::{Role, RoleName, TeamName, User},
};
use sqlx::any::AnyRow;

use super::audit::append;
use crate::{
    StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select},
};

fn get_role(row: &AnyRow) -> Result<OwnRole, StoreError> {
    let c = Columns { table: "roles", row };
    Ok(OwnRole {
        name: c.word("name", RoleName::parse)?,
        description: c.text("description")?,
        permissions: c.json("permissions")?,
    })
}

impl WorkspaceStore {
    /// By name; few, as many as people can tell apart.
    pub async fn own_roles(&self) -> Result<Vec<OwnRole>, StoreError> {
        let select =
            Select::of(self.id, "SELECT * FROM roles WHERE workspace_id = $1").then(" ORDER BY name");
        self.all(select, get_role).await
    }

    /// What a role may here; nothing when the workspace does not have it.
    pub async fn permissions_of(&self, role: &Role) -> Result<Permissions, StoreError> {
        match Permissions::of(role) {
            Some(built_in) => Ok(built_in),
            None => Ok(standing::permissions(role, &self.own_roles().await?)),
        }
    }

    /// Whose approvals this person may decide, as of now.
    pub async fn standing(&self, user: &User) -> Result<Standing, StoreError> {
        let own = self.own_roles().await?;
        let teams = self.teams_of(user.id).await?;
        Ok(Standing::of(user.id, user.role.clone(), &own, teams))
    }

    /// Everybody who is let in, the longest here first, with whose approvals they may decide.
    pub async fn standings(&self) -> Result<Vec<(User, Standing)>, StoreError> {
        let own = self.own_roles().await?;
        let select = Select::of(self.id, "SELECT user_id, team FROM team_members WHERE workspace_id = $1")
            .then(" ORDER BY team");
        let members = self
            .all(select, |row| {
                let c = Columns { table: "team_members", row };
                Ok((c.id("user_id")?, c.word("team", TeamName::parse)?))
            })
            .await?;
        let mut teams: HashMap<UserId, Vec<TeamName>> = HashMap::new();
        for (user, team) in members {
            teams.entry(user).or_default().push(team);
        }
        let people = self.users().await?.into_iter().filter(|user| user.deactivated_at.is_none());
        let standing = |user: User| {
            let teams = teams.remove(&user.id).unwrap_or_default();
            let standing = Standing::of(user.id, user.role.clone(), &own, teams);
            (user, standing)
        };
        Ok(people.map(standing).collect())
    }

    /// Makes or changes it. The audit says who did.
    pub async fn put_role(&self, role: OwnRole, at: Timestamp, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .text(role.name.as_str())
                        .text(role.description)
                        .json(&role.permissions)
                        .at(at);
                    let sql = "INSERT INTO roles (workspace_id, name, description, permissions, updated_at) \
                               VALUES ($1, $2, $3, $4, $5) ON CONFLICT (workspace_id, name) DO UPDATE SET \
                               description = excluded.description, permissions = excluded.permissions, \
                               updated_at = excluded.updated_at";
                    binds.execute(connection, sql).await?;
                    append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// Removes it, unless somebody has it: returns how many do. None when there is no such role.
    pub async fn remove_role(&self, name: RoleName, deed: Deed) -> Result<Option<i64>, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(name.as_str());
                    let sql = "SELECT count(*) AS n FROM users WHERE workspace_id = $1 AND role = $2";
                    let rows = binds.fetch_all(connection, sql.into()).await?;
                    let held =
                        rows.first().map(|row| Columns { table: "users", row }.int("n")).transpose()?;
                    if let Some(held @ 1..) = held {
                        return Ok(Some(held));
                    }
                    let mut binds = Binds::default();
                    binds.id(workspace).text(name.as_str());
                    let sql = "DELETE FROM roles WHERE workspace_id = $1 AND name = $2";
                    if binds.execute(connection, sql).await? == 0 {
                        return Ok(None);
                    }
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(Some(0))
                })
            })
            .await
    }
}
