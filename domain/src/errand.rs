//! What colleagues have the copilot put before a person.
//!
//! The copilot does nothing itself: what somebody wants done in a ticket becomes an errand, a run of that ticket
//! that makes the one call, which waits for a person whatever the policy lets run.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use thiserror::Error;

use crate::{EffectId, RunId, TicketId, UserId, WorkspaceId, copilot::TicketNamed, run::Run, tool::ToolCall};

/// The agent that makes the call.
pub const AGENT: &str = "errand";
/// The tool by which the copilot has one begun.
pub const PROPOSE: &str = "propose_action";

/// The call that a run is begun for, as the run carries it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Errand {
    /// The colleague who asked the copilot for it.
    pub by: UserId,
    /// In their words.
    pub said: String,
    /// What the copilot made of them.
    pub call: ToolCall,
    /// The state of the ticket that it was proposed for: the last that carried something for agents.
    pub customer_version: i64,
}

/// What is to be put before a person.
#[derive(Clone, Debug, PartialEq)]
pub struct NewErrand {
    pub ticket: TicketNamed,
    pub tool: String,
    pub args: Value,
}

/// An errand that is on its way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BegunErrand {
    pub run_id: RunId,
    pub ticket_id: TicketId,
    pub ticket_number: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ErrandError {
    /// Nothing was begun; the text says what to do instead.
    #[error("{0}")]
    Refused(String),
    /// Nothing was begun; the text says what to change.
    #[error("{0}")]
    Invalid(String),
    #[error("the records are not available: {0}")]
    Unavailable(String),
}

/// Begins errands for colleagues, as far as they may have such a thing done.
#[async_trait]
pub trait Errands: Send + Sync {
    /// It is the effect's: asked again with the same one, it gives the errand that is there.
    async fn begin(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        run: &Run,
        errand: NewErrand,
    ) -> Result<BegunErrand, ErrandError>;

    /// What became of an effect whose outcome nobody saw.
    async fn begun(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
    ) -> Result<Option<BegunErrand>, ErrandError>;
}
