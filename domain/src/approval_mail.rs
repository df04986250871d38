//! Mails to people about approvals that wait for them, and the links in those.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ApprovalId, Timestamp, UserId, canonical::Digest};

/// What somebody is mailed of all that waits for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Mailed {
    All,
    /// What has much at stake, or a near deadline.
    Pressing,
}

impl Mailed {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Pressing => "pressing",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::All, Self::Pressing].into_iter().find(|mailed| mailed.as_str() == text)
    }
}

/// A mail about one approval to one person, or a line about it in a list of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalMail {
    pub approval_id: ApprovalId,
    pub user_id: UserId,
    /// What is kept of the secret in its link; none where there is no link, or it was ended.
    pub sha256: Option<String>,
    pub listed: bool,
    /// Of the approval as it was mailed.
    pub digest: Digest,
    pub created_at: Timestamp,
    /// None while it is handed over, and where nobody knows whether it was.
    pub sent_at: Option<Timestamp>,
    /// When its link opens nothing any more: with the approval.
    pub expires_at: Timestamp,
}
