//! People on the staff side, and who did something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ApiKeyId, ContactId, RunId, Timestamp, UserId};

/// What a member of staff may do. Ordered: each role may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads everything in the workspace.
    Viewer,
    /// Works on tickets: replies, notes, fields.
    Agent,
    /// Decides approvals.
    Reviewer,
    /// Configures tools, policy and knowledge; retries and cancels runs.
    Admin,
    /// Everything.
    Owner,
}

impl Role {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Agent => "agent",
            Self::Reviewer => "reviewer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Viewer, Self::Agent, Self::Reviewer, Self::Admin, Self::Owner]
            .into_iter()
            .find(|role| role.as_str() == text)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub title: String,
    pub created_at: Timestamp,
}

/// Who caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A contact of the customer, or a visitor not yet known.
    Customer { contact_id: Option<ContactId>, name: String },
    /// An AI agent, by its name, in a run.
    Agent { agent: String, run_id: RunId },
    /// A member of staff.
    User { user_id: UserId, name: String },
    /// A service with an API key.
    ApiKey { api_key_id: ApiKeyId, name: String },
    /// The service itself.
    System,
}
