//! Switches that stop what may do harm: a whole workspace, an agent, a tool, or an integration.
//!
//! While one is open nothing new is done by what it names; what waits goes on waiting, and goes on from
//! there when it is closed. People open and close the ones here; those of [`automatic`] open and close by
//! themselves, and never close one of a person's.

pub mod automatic;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, WorkspaceId, knowledge::UNIVERSAL_WORKSPACE, user::Actor};

/// What a run that is stopped says it waits for begins with this.
pub const WAITS: &str = "an open breaker: ";

/// What a breaker stops.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum BreakerOf {
    /// Every agent: no model is asked and nothing is done.
    Workspace,
    /// The agent of this name.
    Agent(String),
    /// Calls of the tool of this name.
    Tool(String),
    /// Calls of all tools that come from this server or file.
    Integration(String),
    /// Calls of the model provider of this name, by all workspaces. It opens by itself alone.
    Provider(String),
}

impl BreakerOf {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Agent(_) => "agent",
            Self::Tool(_) => "tool",
            Self::Integration(_) => "integration",
            Self::Provider(_) => "provider",
        }
    }

    /// Empty for the workspace.
    pub fn name(&self) -> &str {
        match self {
            Self::Workspace => "",
            Self::Agent(name) | Self::Tool(name) | Self::Integration(name) | Self::Provider(name) => name,
        }
    }

    pub fn parse(kind: &str, name: &str) -> Option<Self> {
        let name = name.to_owned();
        match kind {
            "workspace" => name.is_empty().then_some(Self::Workspace),
            _ if name.is_empty() => None,
            "agent" => Some(Self::Agent(name)),
            "tool" => Some(Self::Tool(name)),
            "integration" => Some(Self::Integration(name)),
            "provider" => Some(Self::Provider(name)),
            _ => None,
        }
    }

    /// For people: `the tool refund_order`.
    pub fn words(&self) -> String {
        match self {
            Self::Workspace => "the whole workspace".to_owned(),
            Self::Agent(name) => format!("the agent {name}"),
            Self::Tool(name) => format!("the tool {name}"),
            Self::Integration(name) => format!("the integration {name}"),
            Self::Provider(name) => format!("the provider {name}"),
        }
    }

    /// Whose its automatic breaker is: a provider's is everybody's.
    pub fn home(&self, workspace: WorkspaceId) -> WorkspaceId {
        match self {
            Self::Provider(_) => UNIVERSAL_WORKSPACE,
            _ => workspace,
        }
    }
}

/// Characters of a reason.
pub const MAX_REASON: usize = 500;

/// Why somebody opens or closes a breaker, trimmed; the error says what to write.
pub fn reason(text: &str) -> Result<String, String> {
    let reason = text.trim();
    if reason.is_empty() || reason.chars().count() > MAX_REASON {
        return Err(format!("reason must have 1 to {MAX_REASON} characters: others read it"));
    }
    Ok(reason.to_owned())
}

/// A breaker that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Breaker {
    pub of: BreakerOf,
    /// Why, in the words of whoever opened it.
    pub reason: String,
    pub opened_by: Actor,
    pub opened_at: Timestamp,
}
