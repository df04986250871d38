//! Teams and who is in them.

use domain::{
    UserId,
    audit::Deed,
    user::{Team, TeamName, User},
};
use sqlx::any::AnyRow;

use super::{audit::append, users::get_user};
use crate::{
    StoreError, WorkspaceStore,
    page::clamp,
    rows::Columns,
    sql::{Binds, Select},
};

fn get_team(row: &AnyRow) -> Result<Team, StoreError> {
    let c = Columns { table: "teams", row };
    Ok(Team {
        name: c.word("name", TeamName::parse)?,
        description: c.text("description")?,
        created_at: c.at("created_at")?,
    })
}

impl WorkspaceStore {
    /// By name, those behind `after` when it is given.
    pub async fn teams(&self, after: Option<&str>, limit: i64) -> Result<Vec<Team>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM teams WHERE workspace_id = $1")
            .and_if(" AND name > ?", after, |binds, after| {
                binds.text(after);
            })
            .and(" ORDER BY name LIMIT ? + 0", |binds| {
                binds.int(clamp(limit));
            });
        self.all(select, get_team).await
    }

    pub async fn team(&self, name: &TeamName) -> Result<Option<Team>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM teams WHERE workspace_id = $1").and(
            " AND name = ?",
            |binds| {
                binds.text(name.as_str());
            },
        );
        self.one(select, get_team).await
    }

    /// Those of the team who are let in, the oldest first.
    pub async fn team_members(&self, team: &TeamName) -> Result<Vec<User>, StoreError> {
        let select = Select::of(
            self.id,
            "SELECT u.* FROM team_members AS m JOIN users AS u ON u.workspace_id = m.workspace_id \
             AND u.id = m.user_id WHERE m.workspace_id = $1 AND u.deactivated_at IS NULL",
        )
        .and(" AND m.team = ? ORDER BY u.created_at, u.id", |binds| {
            binds.text(team.as_str());
        });
        self.all(select, get_user).await
    }

    /// The teams of one person, by name.
    pub async fn teams_of(&self, user: UserId) -> Result<Vec<TeamName>, StoreError> {
        let select = Select::of(self.id, "SELECT team FROM team_members WHERE workspace_id = $1").and(
            " AND user_id = ? ORDER BY team",
            |binds| {
                binds.id(user);
            },
        );
        self.all(select, |row| Columns { table: "team_members", row }.word("team", TeamName::parse)).await
    }

    /// Makes it, or changes what it looks after. The audit says who did.
    pub async fn put_team(&self, team: Team, deed: Deed) -> Result<(), StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(team.name.as_str()).text(team.description).at(team.created_at);
                    let sql = "INSERT INTO teams (workspace_id, name, description, created_at) \
                               VALUES ($1, $2, $3, $4) ON CONFLICT (workspace_id, name) \
                               DO UPDATE SET description = excluded.description";
                    binds.execute(connection, sql).await?;
                    append(connection, shared.how(), [(workspace, deed)]).await
                })
            })
            .await
    }

    /// Returns false when there is none. What was asked of it is left to the role that was asked with it.
    pub async fn remove_team(&self, name: TeamName, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    for (sql, counts) in [
                        ("DELETE FROM team_members WHERE workspace_id = $1 AND team = $2", false),
                        ("DELETE FROM teams WHERE workspace_id = $1 AND name = $2", true),
                    ] {
                        let mut binds = Binds::default();
                        binds.id(workspace).text(name.as_str());
                        if binds.execute(connection, sql).await? == 0 && counts {
                            return Ok(false);
                        }
                    }
                    append(connection, shared.how(), [(workspace, deed)]).await?;
                    Ok(true)
                })
            })
            .await
    }

    /// Puts somebody into a team or takes them out. Returns false when that changes nothing.
    pub async fn set_team_member(
        &self,
        team: TeamName,
        user: UserId,
        within: bool,
        deed: Deed,
    ) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        self.writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds.id(workspace).text(team.as_str()).id(user);
                    let sql = if within {
                        "INSERT INTO team_members (workspace_id, team, user_id) VALUES ($1, $2, $3) \
                         ON CONFLICT (workspace_id, team, user_id) DO NOTHING"
                    } else {
                        "DELETE FROM team_members WHERE workspace_id = $1 AND team = $2 AND user_id = $3"
                    };
                    let changed = binds.execute(connection, sql).await? > 0;
                    if changed {
                        append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(changed)
                })
            })
            .await
    }
}
