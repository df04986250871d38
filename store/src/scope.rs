//! Whose rows a connection may touch. Postgres compares it with every row ([`crate::row_security`]);
//! SQLite has nothing of the kind and is not told.

use std::collections::BTreeSet;

use domain::WorkspaceId;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    One(WorkspaceId),
    Several(BTreeSet<WorkspaceId>),
    /// What is not of one workspace: signing in, keys, claims of runs, what every process has to hear of.
    /// Opens the tables in [`crate::row_security::EVERYWHERE`] and no others.
    Everywhere,
}

impl Scope {
    /// What the policies read. Ids are hexadecimal digits and hyphens, so nothing has to be escaped.
    pub(crate) fn setting(&self) -> String {
        match self {
            Self::One(id) => id.to_string(),
            Self::Several(ids) => {
                let mut setting = String::with_capacity(ids.len() * 37);
                for id in ids {
                    if !setting.is_empty() {
                        setting.push(',');
                    }
                    setting.push_str(&id.to_string());
                }
                setting
            }
            Self::Everywhere => "*".to_owned(),
        }
    }
}

impl From<WorkspaceId> for Scope {
    fn from(id: WorkspaceId) -> Self {
        Self::One(id)
    }
}

impl FromIterator<WorkspaceId> for Scope {
    fn from_iter<I: IntoIterator<Item = WorkspaceId>>(ids: I) -> Self {
        let ids: BTreeSet<_> = ids.into_iter().collect();
        match (ids.len(), ids.first()) {
            (1, Some(id)) => Self::One(*id),
            _ => Self::Several(ids),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_setting_names_each_workspace_once_and_nothing_that_ends_a_text() {
        let (a, b) = (WorkspaceId(Uuid::from_u128(1)), WorkspaceId(Uuid::from_u128(2)));
        assert_eq!(Scope::from_iter([a, a]), Scope::One(a));
        assert_eq!(Scope::from_iter([b, a, b]).setting(), format!("{a},{b}"));
        assert_eq!(Scope::from_iter([]).setting(), "");
        let setting = Scope::from_iter([a, b]).setting();
        assert!(setting.chars().all(|c| c.is_ascii_hexdigit() || "-,".contains(c)), "{setting}");
    }
}
