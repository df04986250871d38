//! Looking through stored messages for personal data: the scan, what it suggests, and what a person
//! has taken out.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    MessageId, ScanId, SuggestionId, TicketId, Timestamp, canonical::Digest, ticket::TextFinding, user::Actor,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ScanStatus {
    Running,
    Done,
    /// Something broke; a new scan begins anew and suggests nothing twice.
    Failed,
    /// Somebody stopped it.
    Stopped,
}

impl ScanStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Running, Self::Done, Self::Failed, Self::Stopped]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

/// One going through the messages of a workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scan {
    pub id: ScanId,
    pub status: ScanStatus,
    /// What it looks for.
    pub kinds: BTreeSet<String>,
    pub started_by: Actor,
    /// Messages there were when it began.
    pub messages: i64,
    pub messages_read: i64,
    /// Messages in which something was found that was not suggested before.
    pub found: i64,
    /// Why it failed.
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// The message up to which a scan has read: its ticket and its version there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ScanPlace {
    pub ticket: String,
    pub version: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionStatus {
    /// Nobody has said anything yet.
    Open,
    /// The values were replaced for good.
    Redacted,
    /// A person found that it may stay.
    Kept,
}

impl SuggestionStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Redacted => "redacted",
            Self::Kept => "kept",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Redacted, Self::Kept].into_iter().find(|status| status.as_str() == text)
    }
}

/// Personal data that was found in a stored message. It never holds a value.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Suggestion {
    pub id: SuggestionId,
    pub scan_id: ScanId,
    pub ticket_id: TicketId,
    pub message_id: MessageId,
    pub status: SuggestionStatus,
    /// Such as `email`.
    pub kinds: BTreeSet<String>,
    /// Where in the message, as it was read.
    pub spans: Vec<TextFinding>,
    /// The words around the first, with everything masked.
    pub excerpt: String,
    pub decided_by: Option<Actor>,
    pub decided_at: Option<Timestamp>,
    pub created_at: Timestamp,
}

/// A suggestion with the digest of the text that it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct NewSuggestion {
    pub suggestion: Suggestion,
    pub text: Digest,
}

/// A value that is taken out of everything that is kept of a ticket.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedValue {
    pub value: String,
    /// What stands there from then on, such as `[email redacted]`.
    pub replacement: String,
}

impl std::fmt::Debug for RedactedValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RedactedValue").field("replacement", &self.replacement).finish_non_exhaustive()
    }
}
