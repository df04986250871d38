//! What the gate answers, and the rules it answers by. Evaluation of conditions lives with the
//! gate; here are the words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    PaperId, Timestamp,
    autonomy::Level,
    canonical::{self, Digest},
    confidence::Band,
    leaving::CarriedKind,
    tool::Risk,
    user::Actor,
    user::Role,
    user::TeamName,
};

/// Characters of a policy document.
pub const MAX_DOCUMENT: usize = 64 * 1024;
/// Characters of the note with which somebody changes it.
pub const MAX_NOTE: usize = 500;

/// A policy document. Rules are tried in order and the first match wins; no match asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    pub default: AskTerms,
    /// What becomes of personal and secret data at each border, over what the house says; read by
    /// `guards::masking::Own`.
    #[serde(default, skip_serializing_if = "Value::is_null", serialize_with = "canonical::value")]
    pub masking: Value,
}

impl Policy {
    /// What decisions bind to.
    pub fn version(&self) -> Digest {
        Digest::of(self)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub name: String,
    /// A CEL condition; absent matches everything.
    #[serde(default)]
    pub when: Option<String>,
    pub then: Then,
    /// Told to the reviewer, or to the agent when it refuses.
    #[serde(default)]
    pub why: String,
    #[serde(default)]
    pub ask: Option<AskTerms>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    Run,
    /// Waits for a person as something they finish: what a reply is that is not sure enough.
    Draft,
    Ask,
    Refuse,
}

impl Then {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Draft => "draft",
            Self::Ask => "ask",
            Self::Refuse => "refuse",
        }
    }
}

/// Whom to ask and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTerms {
    /// The role that is asked. Whoever may everything that it may answers for it.
    pub role: Role,
    /// The team that is asked: of those of the role, who is in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamName>,
    /// How many must approve, 1 to 3.
    pub quorum: u8,
    pub ttl_minutes: u32,
    /// Who asked for the call does not approve it: whoever changed its arguments before, and those of the
    /// staff whose words the run has read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub not_requester: bool,
    /// When those who may decide are told once more that it waits. Less than the time to live.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminder_minutes: Option<u32>,
    /// Whom it goes to when nobody has decided for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalate: Option<Escalation>,
}

/// An approval that nobody decides becomes somebody else's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Escalation {
    /// Another one than was asked first, and of the built-in ones one that may more.
    pub role: Role,
    /// Less than the time to live.
    pub after_minutes: u32,
}

impl AskTerms {
    /// Anybody of this role, alone, within a time.
    pub fn of(role: Role, ttl_minutes: u32) -> Self {
        Self {
            role,
            team: None,
            quorum: 1,
            ttl_minutes,
            not_requester: false,
            reminder_minutes: None,
            escalate: None,
        }
    }
}

/// What the gate says of one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The rule that matched; `default` when none did.
    pub rule: String,
    pub policy_version: Digest,
    pub answer: Answer,
    /// It is refused because the ladder has it on paper alone: the policy would have it run or asked.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub on_paper: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    Run,
    Ask { terms: AskTerms, why: String },
    Refuse { why: String },
}

impl Answer {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Ask { .. } => "ask",
            Self::Refuse { .. } => "refuse",
        }
    }
}

/// Whether a call rests on what is trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Each protected argument is a whole field of a record of the customer, or a colleague's words.
    Trusted,
    #[default]
    Untrusted,
}

impl Trust {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
        }
    }
}

/// What a call is judged on besides its arguments: the variables of a condition.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Facts {
    pub tool: String,
    pub risk: Risk,
    pub agent: String,
    /// Of the ticket; empty without one.
    pub channel: String,
    /// Of the customer; empty when unknown.
    pub tier: String,
    pub band: Band,
    /// 0 to 1.
    pub confidence: f32,
    /// The share of a reply's sentences that rest on a source, 0 to 1; -1 where nothing was checked.
    pub groundedness: f32,
    /// Cents; -1 when the call has none. Null when it cannot be read, and such a call is refused.
    pub amount: Option<i64>,
    /// A person changed the arguments.
    pub edited: bool,
    pub origin: Trust,
    /// What it would carry out of the house.
    pub carries: Vec<CarriedKind>,
    /// What checks found: what it carries, `unsupported_values`, `contradiction`, `injection`.
    pub findings: Vec<String>,
    /// 0 to 23, UTC.
    pub hour: i8,
    /// `monday` to `sunday`, UTC.
    pub weekday: String,
    /// The procedure that the customer's words ask for; empty for none. Null where nobody looked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Credits that the run had cost. Null where nobody kept it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spend: Option<f64>,
    /// Where it stands on the ladder of autonomy: `ask` for what is less sure than the threshold of `act`. Null
    /// where the ladder says nothing of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub autonomy: Option<Level>,
}

/// What the gate said of a call, and what it said it on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Judged {
    pub rule: String,
    pub policy_version: Digest,
    pub facts: Facts,
    /// The call on paper that it became: it was refused because the ladder had it on paper alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_paper: Option<PaperId>,
}

/// A version of a workspace's policy; the highest is in effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PolicyDocument {
    /// 1 for the first.
    pub version: i64,
    /// What decisions bind to.
    pub digest: Digest,
    /// TOML.
    pub text: String,
    /// Why it was changed.
    pub note: String,
    pub created_by: Actor,
    pub created_at: Timestamp,
}
