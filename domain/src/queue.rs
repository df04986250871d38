//! Ways of looking at the queue of approvals: what narrows it, in which order it comes, and what people keep
//! of that. What brings one approval before another is in [`crate::stake`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{CustomerId, DomainError, Timestamp, UserId, ViewId, tool::Risk};

/// Characters of a view's name.
pub const MAX_NAME: usize = 60;
/// Characters of what is searched for and of the names that narrow the queue.
pub const MAX_WORDS: usize = 200;
/// Views that one person may keep.
pub const MAX_VIEWS: i64 = 30;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum QueueOrder {
    /// What is at stake first: expected loss × uncertainty × how near the deadline is.
    #[default]
    Stake,
    /// What has waited longest first.
    Age,
}

/// What narrows the queue; everything that is given has to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Narrowed {
    /// In the title, the fields and the text of the proposal, in the ticket's subject, number or tags, or in
    /// the customer's name; case does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub tool: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// The rule of the policy that stopped it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub rule: Option<String>,
    /// The procedure that the customer asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 200))]
    pub intent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    /// Whose it is: `me` (with those who named the caller their delegate), `nobody`, or a person's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 40))]
    pub assignee: Option<String>,
    /// True: only those that are snoozed; false: only those that are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snoozed: Option<bool>,
    /// True: only those whose deadline is within the hour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub soon: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<QueueOrder>,
}

impl Narrowed {
    /// Whether every text has a length that is looked for.
    pub fn checked(self) -> Result<Self, DomainError> {
        let texts = [&self.text, &self.agent, &self.tool, &self.rule, &self.intent, &self.assignee];
        if texts.into_iter().flatten().any(|text| text.chars().count() > MAX_WORDS) {
            let why = format!("what narrows the queue has at most {MAX_WORDS} characters");
            return Err(DomainError::Decision(why));
        }
        Ok(self)
    }
}

/// A way of looking at the queue that somebody keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct View {
    pub id: ViewId,
    pub owner_id: UserId,
    /// Whether everybody of the workspace sees it.
    pub shared: bool,
    pub name: String,
    pub narrowed: Narrowed,
    pub created_at: Timestamp,
}

/// Somebody sees to another's approvals while they are away. It gives no right to decide: who may is asked of
/// the delegate as of anybody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Delegation {
    pub user_id: UserId,
    pub delegate_id: UserId,
    /// Over by itself from here on.
    pub until: Timestamp,
    pub created_at: Timestamp,
}
