//! What somebody of the staff may do, and the one matrix that says which built-in role may what.
//!
//! Who holds which role is a matter of the records; that a route asks is a matter of its signature.

use std::{borrow::Cow, fmt};

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::user::{Role, RoleName};

macro_rules! permissions {
    ($($name:ident $word:literal $means:literal,)+) => {
        /// One thing that not everybody may.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "snake_case")]
        pub enum Permission {
            $(#[doc = $means] $name,)+
        }

        impl Permission {
            pub const ALL: [Self; [$($word),+].len()] = [$(Self::$name),+];

            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)+ }
            }

            /// For people who put a role together.
            pub fn means(self) -> &'static str {
                match self { $(Self::$name => $means,)+ }
            }
        }
    };
}

permissions! {
    ReadTickets "read_tickets" "Reads tickets, their messages, timelines and mail on its way out; watches them live.",
    OpenTickets "open_tickets" "Opens tickets, and hands in what customers said and what happened elsewhere.",
    WriteNotes "write_notes" "Writes notes that customers never see.",
    ReplyToCustomers "reply_to_customers" "Writes to customers.",
    EditTickets "edit_tickets" "Changes tickets' fields, and has agents propose corrections of what was sent.",
    ReadCustomers "read_customers" "Reads and searches customers.",
    ReadApprovals "read_approvals" "Reads approvals with the conversation, customer and run that they are about.",
    DecideApprovals "decide_approvals" "Decides approvals that are asked of their role or team.",
    ReadReviewQuality "read_review_quality" "Sees how carefully approvals are reviewed, of at least five people together and of nobody alone.",
    ReadRuns "read_runs" "Reads runs, their journals and what models write.",
    RetryRuns "retry_runs" "Begins runs and mails anew that failed.",
    ReadEvaluations "read_evaluations" "Reads how evaluations came out, and the cases that decisions were made into.",
    ManageEvaluations "manage_evaluations" "Publishes evaluations, makes cases of decisions and removes them.",
    AskCopilot "ask_copilot" "Asks the copilot, which reads what they may read themselves.",
    ReadTools "read_tools" "Reads what agents and tools there are, and what each may.",
    TryTools "try_tools" "Tries tools without doing anything.",
    ManageTools "manage_tools" "Accepts tools that changed.",
    ReadKnowledge "read_knowledge" "Reads, searches and asks the knowledge base, and says how its answers were.",
    WriteKnowledge "write_knowledge" "Has articles drafted, and sorts what the knowledge base does not answer.",
    PublishKnowledge "publish_knowledge" "Adds, changes and removes documents and sources.",
    ReadPolicy "read_policy" "Reads the policy and its versions.",
    TryPolicy "try_policy" "Checks policies and tries them on past calls, without putting one in effect.",
    ChangePolicy "change_policy" "Puts a policy in effect.",
    ManageAutonomy "manage_autonomy" "Says how far agents go by themselves, tool by tool and intent by intent.",
    ReadSystem "read_system" "Sees how the service is, what is stopped and what is spent.",
    TestConnections "test_connections" "Tries whether providers of models and the mail server answer.",
    ManageChannels "manage_channels" "Says which sites may hold the chat, and what customers who signed in see.",
    Stop "stop" "Stops the workspace, an agent, a tool, an integration or a provider.",
    Resume "resume" "Lets go on what was stopped.",
    ReadAudit "read_audit" "Reads and checks the audit.",
    ExportAudit "export_audit" "Takes the audit out as a file.",
    ReadPeople "read_people" "Sees who the colleagues are, their roles and teams.",
    ManagePeople "manage_people" "Changes colleagues' roles, and lets them in or keeps them out.",
    ManageTeams "manage_teams" "Makes teams and says who is in them.",
    ManageKeys "manage_keys" "Makes and revokes API keys and the services that they belong to.",
    ManageRoles "manage_roles" "Makes roles of the workspace's own.",
    SeePersonalData "see_personal_data" "Sees personal data everywhere as it is. Whoever lacks it sees it masked.",
    Unmask "unmask" "Has one thing shown as it is, for a reason that is written down.",
    Redact "redact" "Has stored messages looked through, and personal data in them replaced for good.",
}

use Permission as P;

const VIEWERS: &[Role] =
    &[Role::Viewer, Role::LightAgent, Role::Agent, Role::Reviewer, Role::Admin, Role::Owner];
const LIGHT_AGENTS: &[Role] = &[Role::LightAgent, Role::Agent, Role::Reviewer, Role::Admin, Role::Owner];
const AGENTS: &[Role] = &[Role::Agent, Role::Reviewer, Role::Admin, Role::Owner];
const REVIEWERS: &[Role] = &[Role::Reviewer, Role::Admin, Role::Owner];
const ADMINS: &[Role] = &[Role::Admin, Role::Owner];
const OWNERS: &[Role] = &[Role::Owner];

/// Which built-in roles hold each permission. Who decides about calls sees what they are about. Who works
/// on tickets has shown what they need, one thing at a time. Who only reads does not need it. Who says what
/// a role is has everything, so that nobody grants what they lack.
const MATRIX: [(Permission, &[Role]); Permission::ALL.len()] = [
    (P::ReadTickets, VIEWERS),
    (P::OpenTickets, AGENTS),
    (P::WriteNotes, LIGHT_AGENTS),
    (P::ReplyToCustomers, AGENTS),
    (P::EditTickets, AGENTS),
    (P::ReadCustomers, VIEWERS),
    (P::ReadApprovals, VIEWERS),
    (P::DecideApprovals, AGENTS),
    (P::ReadReviewQuality, ADMINS),
    (P::ReadRuns, VIEWERS),
    (P::RetryRuns, ADMINS),
    (P::ReadEvaluations, VIEWERS),
    (P::ManageEvaluations, ADMINS),
    (P::AskCopilot, VIEWERS),
    (P::ReadTools, VIEWERS),
    (P::TryTools, AGENTS),
    (P::ManageTools, ADMINS),
    (P::ReadKnowledge, VIEWERS),
    (P::WriteKnowledge, AGENTS),
    (P::PublishKnowledge, ADMINS),
    (P::ReadPolicy, VIEWERS),
    (P::TryPolicy, REVIEWERS),
    (P::ChangePolicy, ADMINS),
    (P::ManageAutonomy, ADMINS),
    (P::ReadSystem, VIEWERS),
    (P::TestConnections, ADMINS),
    (P::ManageChannels, ADMINS),
    (P::Stop, REVIEWERS),
    (P::Resume, ADMINS),
    (P::ReadAudit, ADMINS),
    (P::ExportAudit, ADMINS),
    (P::ReadPeople, VIEWERS),
    (P::ManagePeople, ADMINS),
    (P::ManageTeams, ADMINS),
    (P::ManageKeys, ADMINS),
    (P::ManageRoles, OWNERS),
    (P::SeePersonalData, REVIEWERS),
    (P::Unmask, AGENTS),
    (P::Redact, ADMINS),
];

impl Permission {
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.as_str() == text)
    }

    /// What a person does and no API key, whatever it was made with.
    pub fn takes_a_person(self) -> bool {
        matches!(
            self,
            Self::WriteNotes
                | Self::ReplyToCustomers
                | Self::DecideApprovals
                | Self::AskCopilot
                | Self::ManageTools
                | Self::ChangePolicy
                | Self::ManageAutonomy
                | Self::TestConnections
                | Self::ManageChannels
                | Self::Resume
                | Self::ManagePeople
                | Self::ManageTeams
                | Self::ManageKeys
                | Self::ManageRoles
                | Self::Unmask
                | Self::Redact
        )
    }
}

/// A set of permissions. As JSON: their names, in the order of [`Permission::ALL`].
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Permissions(u64);

impl Permissions {
    pub const NONE: Self = Self(0);

    pub fn all() -> Self {
        Permission::ALL.into_iter().collect()
    }

    /// What a built-in role may; none for one of a workspace's own, which only its records tell.
    pub fn of(role: &Role) -> Option<Self> {
        let holds = |(permission, roles): (Permission, &[Role])| roles.contains(role).then_some(permission);
        match role {
            Role::Custom(_) => None,
            _ => Some(MATRIX.into_iter().filter_map(holds).collect()),
        }
    }

    pub fn contains(self, permission: Permission) -> bool {
        self.0 & bit(permission) != 0
    }

    /// Whether nothing of `other` is missing here.
    pub fn covers(self, other: Self) -> bool {
        other.0 & !self.0 == 0
    }

    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    #[must_use]
    pub fn with(self, permission: Permission) -> Self {
        Self(self.0 | bit(permission))
    }

    /// What an API key may have of these.
    #[must_use]
    pub fn of_keys(self) -> Self {
        self.iter().filter(|permission| !permission.takes_a_person()).collect()
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |permission| self.contains(*permission))
    }

    /// Their names, for people.
    pub fn words(self) -> String {
        self.iter().map(Permission::as_str).collect::<Vec<_>>().join(", ")
    }

    /// Whether somebody can hold these and nothing else.
    ///
    /// # Errors
    ///
    /// What is missing, and what to do.
    pub fn check(self) -> Result<(), String> {
        for (has, takes) in [
            (P::Redact, P::SeePersonalData),
            (P::DecideApprovals, P::ReadApprovals),
            (P::Unmask, P::ReadTickets),
        ] {
            if self.contains(has) && !self.contains(takes) {
                let (has, takes) = (has.as_str(), takes.as_str());
                return Err(format!("{has} makes no sense without {takes}: add it, or leave {has} out"));
            }
        }
        Ok(())
    }
}

const fn bit(permission: Permission) -> u64 {
    1 << permission as u64
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter().map(Permission::as_str)).finish()
    }
}

impl Serialize for Permissions {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl<'de> Deserialize<'de> for Permissions {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Permission>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl JsonSchema for Permissions {
    fn schema_name() -> Cow<'static, str> {
        "Permissions".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> schemars::Schema {
        let permission = generator.subschema_for::<Permission>();
        schemars::json_schema!({ "type": "array", "items": permission, "uniqueItems": true, "maxItems": 64 })
    }
}

/// A role that a workspace made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct OwnRole {
    pub name: RoleName,
    /// Whom it is for, in words.
    pub description: String,
    pub permissions: Permissions,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_house_matrix_is_this_one() {
        let order = [Role::Viewer, Role::LightAgent, Role::Agent, Role::Reviewer, Role::Admin, Role::Owner];
        let mut table = String::from("                     viewer light agent review admin owner\n");
        for permission in Permission::ALL {
            let mut line = format!("{:<20}", permission.as_str());
            for role in &order {
                let holds = Permissions::of(role).unwrap().contains(permission);
                line.push_str(if holds { "      x" } else { "      ." });
            }
            table.push_str(&line);
            table.push_str(if permission.takes_a_person() { "  in person\n" } else { "\n" });
        }
        let expected = "                     viewer light agent review admin owner
read_tickets              x      x      x      x      x      x
open_tickets              .      .      x      x      x      x
write_notes               .      x      x      x      x      x  in person
reply_to_customers        .      .      x      x      x      x  in person
edit_tickets              .      .      x      x      x      x
read_customers            x      x      x      x      x      x
read_approvals            x      x      x      x      x      x
decide_approvals          .      .      x      x      x      x  in person
read_review_quality       .      .      .      .      x      x
read_runs                 x      x      x      x      x      x
retry_runs                .      .      .      .      x      x
read_evaluations          x      x      x      x      x      x
manage_evaluations        .      .      .      .      x      x
ask_copilot               x      x      x      x      x      x  in person
read_tools                x      x      x      x      x      x
try_tools                 .      .      x      x      x      x
manage_tools              .      .      .      .      x      x  in person
read_knowledge            x      x      x      x      x      x
write_knowledge           .      .      x      x      x      x
publish_knowledge         .      .      .      .      x      x
read_policy               x      x      x      x      x      x
try_policy                .      .      .      x      x      x
change_policy             .      .      .      .      x      x  in person
manage_autonomy           .      .      .      .      x      x  in person
read_system               x      x      x      x      x      x
test_connections          .      .      .      .      x      x  in person
manage_channels           .      .      .      .      x      x  in person
stop                      .      .      .      x      x      x
resume                    .      .      .      .      x      x  in person
read_audit                .      .      .      .      x      x
export_audit              .      .      .      .      x      x
read_people               x      x      x      x      x      x
manage_people             .      .      .      .      x      x  in person
manage_teams              .      .      .      .      x      x  in person
manage_keys               .      .      .      .      x      x  in person
manage_roles              .      .      .      .      .      x  in person
see_personal_data         .      .      .      x      x      x
unmask                    .      .      x      x      x      x  in person
redact                    .      .      .      .      x      x  in person
";
        assert_eq!(table, expected);
    }

    #[test]
    fn the_matrix_names_each_permission_once_and_every_built_in_role_makes_sense() {
        for (permission, (row, _)) in Permission::ALL.into_iter().zip(MATRIX) {
            assert_eq!(permission, row);
        }
        for role in Role::BUILT_IN {
            assert_eq!(Permissions::of(&role).unwrap().check(), Ok(()), "{}", role.as_str());
        }
        assert_eq!(Permissions::of(&Role::Owner), Some(Permissions::all()));
        assert_eq!(Permissions::of(&Role::parse("refund_desk").unwrap()), None);
    }

    #[test]
    fn nobody_redacts_what_they_do_not_see() {
        let blind: Permissions = [P::Redact, P::ReadTickets].into_iter().collect();
        assert!(blind.check().unwrap_err().contains("see_personal_data"));
    }

    #[test]
    fn every_permission_is_written_as_it_is_called() {
        for permission in Permission::ALL {
            assert_eq!(serde_json::to_value(permission).unwrap(), permission.as_str());
            assert_eq!(Permission::parse(permission.as_str()), Some(permission));
        }
        assert_eq!(Permission::parse("do_anything"), None);
    }

    fn any_set() -> impl Strategy<Value = Permissions> {
        proptest::collection::vec(proptest::sample::select(Permission::ALL.to_vec()), 0..40)
            .prop_map(|all| all.into_iter().collect())
    }

    proptest! {
        #[test]
        fn sets_behave_like_sets(a in any_set(), b in any_set()) {
            let json = serde_json::to_string(&a).unwrap();
            prop_assert_eq!(serde_json::from_str::<Permissions>(&json).unwrap(), a);
            prop_assert_eq!(a.covers(b), b.iter().all(|permission| a.contains(permission)));
            prop_assert!(a.covers(a.and(b)) && b.covers(a.and(b)));
            prop_assert!(a.without(b).and(b).is_empty());
            prop_assert!(a.of_keys().iter().all(|permission| !permission.takes_a_person()));
        }
    }
}
