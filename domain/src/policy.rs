//! What the gate answers, and the rules it answers by. Evaluation of conditions lives with the
//! gate; here are the words.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{canonical::Digest, user::Role};

/// A policy document. Rules are tried in order and the first match wins; no match asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    #[serde(default, rename = "rule")]
    pub rules: Vec<Rule>,
    pub default: AskTerms,
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
    Ask,
    Refuse,
}

/// Whom to ask and how.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AskTerms {
    /// The least role that may decide.
    pub role: Role,
    /// How many must approve, 1 to 3.
    pub quorum: u8,
    pub ttl_minutes: u32,
}

/// What the gate says of one call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The rule that matched; `default` when none did.
    pub rule: String,
    pub policy_version: Digest,
    pub answer: Answer,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Answer {
    Run,
    Ask { terms: AskTerms, why: String },
    Refuse { why: String },
}
