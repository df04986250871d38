//! What a run has read that speaks to the agent instead of telling it something.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A passage that reads like an order to a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Suspicion {
    /// Where it stands, in words: `a message of the customer`, `what shop__get_order gave back`.
    pub place: String,
    /// The passage, cut; what it hides is shown.
    pub quote: String,
    /// What speaks for it, in words.
    pub why: String,
}

/// In words, for whoever decides.
pub fn words(suspicions: &[Suspicion]) -> String {
    let part = |one: &Suspicion| format!("{} reads like an order to the agent: “{}”", one.place, one.quote);
    let parts: Vec<String> = suspicions.iter().map(part).collect();
    format!("{}; what follows from it does not go out by itself", parts.join("; "))
}
