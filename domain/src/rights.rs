//! Who of the staff may see personal data as it is, have it shown, and take it out of what is kept.
//!
//! Roles are ordered, so the matrix is one column: the least role that holds each right.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::user::Role;

/// Something about personal data that not everybody may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Right {
    /// Sees it everywhere as it is. Whoever lacks it sees it masked.
    SeePersonalData,
    /// Has one thing shown as it is, for a reason that is written down.
    Unmask,
    /// Has stored messages looked through, and personal data in them replaced for good.
    Redact,
}

impl Right {
    pub const ALL: [Self; 3] = [Self::SeePersonalData, Self::Unmask, Self::Redact];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SeePersonalData => "see_personal_data",
            Self::Unmask => "unmask",
            Self::Redact => "redact",
        }
    }
}

/// The least role for each right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rights {
    pub see_personal_data: Role,
    pub unmask: Role,
    pub redact: Role,
}

impl Default for Rights {
    /// Who decides about calls sees what they are about. Who works on tickets has shown what they need,
    /// one thing at a time. Who only reads does not need it.
    fn default() -> Self {
        Self { see_personal_data: Role::Reviewer, unmask: Role::Agent, redact: Role::Admin }
    }
}

impl Rights {
    pub fn least(&self, right: Right) -> Role {
        match right {
            Right::SeePersonalData => self.see_personal_data,
            Right::Unmask => self.unmask,
            Right::Redact => self.redact,
        }
    }

    pub fn allow(&self, role: Role, right: Right) -> bool {
        role >= self.least(right)
    }

    /// Everything the role may.
    pub fn of(&self, role: Role) -> Vec<Right> {
        Right::ALL.into_iter().filter(|right| self.allow(role, *right)).collect()
    }

    /// Whether the matrix makes sense.
    ///
    /// # Errors
    ///
    /// What is wrong with it, and what to do.
    pub fn check(&self) -> Result<(), String> {
        if self.redact < self.see_personal_data {
            return Err(format!(
                "redact is the role {}, which does not see personal data; name {} or above",
                self.redact.as_str(),
                self.see_personal_data.as_str()
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_house_matrix_is_this_one() {
        let rights = Rights::default();
        let table = [
            (Role::Viewer, vec![]),
            (Role::Agent, vec![Right::Unmask]),
            (Role::Reviewer, vec![Right::SeePersonalData, Right::Unmask]),
            (Role::Admin, Right::ALL.to_vec()),
            (Role::Owner, Right::ALL.to_vec()),
        ];
        for (role, may) in table {
            assert_eq!(rights.of(role), may, "{}", role.as_str());
        }
        assert_eq!(rights.check(), Ok(()));
    }

    #[test]
    fn a_higher_role_may_whatever_a_lower_one_may() {
        let roles = [Role::Viewer, Role::Agent, Role::Reviewer, Role::Admin, Role::Owner];
        for least in roles {
            let rights = Rights { see_personal_data: least, unmask: least, redact: least };
            for role in roles {
                for right in Right::ALL {
                    assert_eq!(rights.allow(role, right), role >= least);
                    assert_eq!(rights.least(right), least);
                }
            }
        }
    }

    #[test]
    fn nobody_redacts_what_they_do_not_see() {
        let blind = Rights { see_personal_data: Role::Owner, ..Rights::default() };
        assert!(blind.check().unwrap_err().contains("owner"));
    }

    #[test]
    fn every_right_is_written_as_it_is_called() {
        for right in Right::ALL {
            assert_eq!(serde_json::to_value(right).unwrap(), right.as_str());
        }
    }
}
