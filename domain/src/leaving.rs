//! What a call would carry out of the house that a person should see first.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CarriedKind {
    /// A link to a place that nobody allowed.
    Link,
    /// A key, token, password or card number.
    Secret,
    /// A stretch of the instructions that agents work by.
    Prompt,
}

impl CarriedKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Secret => "secret",
            Self::Prompt => "prompt",
        }
    }
}

/// One thing that an argument carries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Carried {
    pub kind: CarriedKind,
    /// The host of a link; what kind of secret it is, and its first characters; how the stretch begins.
    pub shown: String,
}

/// In words, for whoever decides.
pub fn words(carried: &[Carried]) -> String {
    let part = |one: &Carried| match one.kind {
        CarriedKind::Link => format!("links to {}, which is no place of yours", one.shown),
        CarriedKind::Secret => format!("carries what looks like a secret ({})", one.shown),
        CarriedKind::Prompt => format!("repeats the agent's own instructions (\"{}\")", one.shown),
    };
    let parts: Vec<String> = carried.iter().map(part).collect();
    format!("it {}, so it does not go out by itself", parts.join(" and "))
}
