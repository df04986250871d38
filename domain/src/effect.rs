//! Effects: things done to the outside world, recorded before they are attempted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ApprovalId, EffectId, RunId, TicketId, Timestamp, canonical, policy::Judged, tool::ToolCall};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EffectStatus {
    /// Recorded; an attempt may be under way.
    Attempting,
    /// Known not to be done; another attempt is due.
    Retrying,
    Succeeded,
    /// Known not to be done, and not tried again.
    Failed,
    /// It may or may not have been done; a person has to say.
    Unknown,
}

impl EffectStatus {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Attempting => "attempting",
            Self::Retrying => "retrying",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Attempting, Self::Retrying, Self::Succeeded, Self::Failed, Self::Unknown]
            .into_iter()
            .find(|status| status.as_str() == text)
    }

    pub fn is_settled(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    pub id: EffectId,
    pub run_id: RunId,
    pub ticket_id: Option<TicketId>,
    /// What runs. One effect per call of a run: the schema holds that.
    pub call: ToolCall,
    pub approval_id: Option<ApprovalId>,
    /// What the gate said of it last before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged: Option<Box<Judged>>,
    pub status: EffectStatus,
    pub attempts: i64,
    /// Millionths of a credit that were set aside for it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub price_micros: i64,
    pub next_attempt_at: Option<Timestamp>,
    #[serde(serialize_with = "canonical::optional")]
    pub output: Option<Value>,
    pub summary: String,
    pub error: Option<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

fn is_zero(micros: &i64) -> bool {
    *micros == 0
}

impl Effect {
    /// Sent with every attempt, so that the other side can recognise a repeat.
    pub fn idempotency_key(&self) -> String {
        format!("countersign-{}", self.id)
    }
}

impl EffectId {
    /// The effect that [`Effect::idempotency_key`] names.
    pub fn of_key(key: &str) -> Option<Self> {
        key.strip_prefix("countersign-")?.parse().ok()
    }
}
