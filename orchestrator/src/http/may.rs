//! What routes take, as types: one for each permission, named as it is, and a few that are more or less than
//! one. A handler that is to ask for something else adds its name here.

use domain::permission::Permission;

/// What a route takes, as a type for [`super::auth::Staff`]: any one of these, or nothing but being here.
pub trait May: Send + Sync + 'static {
    const ANY_OF: &'static [Permission];
}

macro_rules! each {
    ($($name:ident),* $(,)?) => {$(
        #[doc = concat!("Takes ", stringify!($name), ".")]
        #[derive(Clone, Copy, Debug)]
        pub struct $name;
        impl May for $name {
            const ANY_OF: &'static [Permission] = &[Permission::$name];
        }
    )*};
}

each!(
    ReadTickets,
    OpenTickets,
    EditTickets,
    ReadCustomers,
    ReadApprovals,
    DecideApprovals,
    ReadReviewQuality,
    ReadRuns,
    RetryRuns,
    ReadEvaluations,
    ManageEvaluations,
    AskCopilot,
    ReadTools,
    TryTools,
    ManageTools,
    ReadKnowledge,
    WriteKnowledge,
    PublishKnowledge,
    ReadPolicy,
    TryPolicy,
    ChangePolicy,
    ManageAutonomy,
    ReadSystem,
    TestConnections,
    ManageChannels,
    Stop,
    Resume,
    ReadAudit,
    ExportAudit,
    ReadPeople,
    ManagePeople,
    ManageTeams,
    ManageKeys,
    ManageRoles,
    Unmask,
    Redact,
);

/// Whoever is here: what is about oneself alone.
#[derive(Clone, Copy, Debug)]
pub struct BeHere;
impl May for BeHere {
    const ANY_OF: &'static [Permission] = &[];
}

/// Adds words to a ticket; which words takes which, the handler asks.
#[derive(Clone, Copy, Debug)]
pub struct Write;
impl May for Write {
    const ANY_OF: &'static [Permission] =
        &[Permission::OpenTickets, Permission::WriteNotes, Permission::ReplyToCustomers];
}

/// Makes a case of a decision: whoever decides, and whoever keeps evaluations.
#[derive(Clone, Copy, Debug)]
pub struct MakeCases;
impl May for MakeCases {
    const ANY_OF: &'static [Permission] = &[Permission::DecideApprovals, Permission::ManageEvaluations];
}
