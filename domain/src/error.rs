//! What can go wrong inside the domain. Each message says what happened and what to do.

use thiserror::Error;

use crate::user::{Role, TeamName};

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum DomainError {
    /// An event does not fit the ticket it is applied to.
    #[error("event cannot be applied to the ticket: {0}")]
    Event(String),
    /// A journal that the agent cannot continue from. The run is quarantined.
    #[error("step {step} of the journal cannot be read: {why}")]
    Journal { step: i64, why: String },
    /// A decision that does not fit its approval.
    #[error("{0}")]
    Decision(String),
    /// A decision by someone whose role is not enough.
    #[error("this waits for the role {}, and yours is {}", takes.as_str().replace('_', " "), has.as_str().replace('_', " "))]
    Role { takes: Role, has: Role },
    /// A decision by someone who is not in the team that is asked.
    #[error("this approval is asked of the team {0}, which you are not in")]
    Team(TeamName),
}
