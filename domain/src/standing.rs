//! Whose approvals somebody may decide.
//!
//! An approval is asked of a role, and may be asked of a team besides. Whoever may everything that the role
//! may answers for it, so that an admin stands in for a reviewer, and so does a role of the workspace's own
//! that has no less.

use serde::{Deserialize, Serialize};

use crate::{
    UserId,
    permission::{OwnRole, Permission, Permissions},
    user::{Role, TeamName},
};

/// A person as one who decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub user_id: UserId,
    pub role: Role,
    /// Roles that they answer for, their own among them.
    pub answers_for: Vec<Role>,
    /// Whether nothing is kept from them, so that they also answer for roles that are no more.
    pub everything: bool,
    pub teams: Vec<TeamName>,
}

impl Standing {
    /// Of somebody in a workspace with these roles of its own.
    pub fn of(user_id: UserId, role: Role, own: &[OwnRole], teams: Vec<TeamName>) -> Self {
        let held = permissions(&role, own);
        let mut answers_for = Vec::new();
        if held.contains(Permission::DecideApprovals) {
            let all =
                Role::BUILT_IN.into_iter().chain(own.iter().map(|role| Role::Custom(role.name.clone())));
            answers_for.extend(all.filter(|asked| *asked == role || held.covers(permissions(asked, own))));
        }
        Self { user_id, everything: held == Permissions::all(), role, answers_for, teams }
    }

    /// Of somebody with a built-in role and without a team.
    pub fn built_in(user_id: UserId, role: Role) -> Self {
        Self::of(user_id, role, &[], Vec::new())
    }

    /// Whether they are in it, or nothing is kept from them.
    pub fn is_in(&self, team: &TeamName) -> bool {
        self.everything || self.teams.contains(team)
    }

    pub fn answers_for(&self, role: &Role) -> bool {
        self.everything || self.answers_for.contains(role)
    }
}

/// What a role may; nothing for one that the workspace does not have.
pub fn permissions(role: &Role, own: &[OwnRole]) -> Permissions {
    match role {
        Role::Custom(name) => {
            own.iter().find(|own| own.name == *name).map(|own| own.permissions).unwrap_or_default()
        }
        built_in => Permissions::of(built_in).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::RoleName;

    fn somebody() -> UserId {
        "019ab0f4-7c4e-7000-8000-000000000001".parse().unwrap()
    }

    fn answered(role: &str, own: &[OwnRole]) -> Vec<String> {
        let standing = Standing::of(somebody(), Role::parse(role).unwrap(), own, Vec::new());
        standing.answers_for.iter().map(|role| role.as_str().to_owned()).collect()
    }

    #[test]
    fn who_may_no_less_answers_for_a_role() {
        assert_eq!(answered("viewer", &[]), Vec::<String>::new());
        assert_eq!(answered("light_agent", &[]), Vec::<String>::new());
        assert_eq!(answered("agent", &[]), ["viewer", "light_agent", "agent"]);
        assert_eq!(answered("reviewer", &[]), ["viewer", "light_agent", "agent", "reviewer"]);
        assert_eq!(answered("admin", &[]).len(), 5);
        assert_eq!(answered("owner", &[]).len(), 6);
    }

    #[test]
    fn a_role_of_ones_own_answers_for_itself_and_for_who_may_less() {
        let own = |name: &str, permissions: Permissions| OwnRole {
            name: RoleName::parse(name).unwrap(),
            description: String::new(),
            permissions,
        };
        let refunds: Permissions =
            [Permission::ReadApprovals, Permission::DecideApprovals].into_iter().collect();
        let senior = Permissions::of(&Role::Agent).unwrap().with(Permission::SeePersonalData);
        let roles = [own("refunds", refunds), own("senior", senior), own("looker", Permissions::NONE)];
        assert_eq!(answered("refunds", &roles), ["refunds", "looker"]);
        assert_eq!(
            answered("senior", &roles),
            ["viewer", "light_agent", "agent", "refunds", "senior", "looker"]
        );
        assert_eq!(answered("looker", &roles), Vec::<String>::new(), "who may not decide decides nothing");
        assert!(answered("reviewer", &roles).contains(&"senior".to_owned()));
    }

    #[test]
    fn a_role_that_is_no_more_is_answered_for_by_who_may_everything() {
        let gone = Role::parse("gone").unwrap();
        assert!(!Standing::built_in(somebody(), Role::Admin).answers_for(&gone));
        assert!(Standing::built_in(somebody(), Role::Owner).answers_for(&gone));
        assert!(!Standing::built_in(somebody(), gone.clone()).answers_for(&gone));
    }
}
