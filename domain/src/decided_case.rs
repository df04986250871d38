//! Cases that decisions of reviewers are made into, written as the evaluations read cases: a conversation up to a
//! proposed call, the records that the run had read, and what the person said to the call as what must come of it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    ApprovalId, EvaluationCaseId, TicketId, Timestamp, approval::ApprovalStatus, canonical, user::Actor,
};

/// A case that was made of a person's decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DecidedCase {
    pub id: EvaluationCaseId,
    pub approval_id: ApprovalId,
    pub ticket_id: TicketId,
    /// `approved`, `edited` or `rejected`.
    pub decided: ApprovalStatus,
    /// What was decided on.
    pub tool: String,
    /// What is held and what must come of it, as the evaluations read it.
    pub case: Scripted,
    pub made_by: Actor,
    pub made_at: Timestamp,
    pub decided_at: Timestamp,
}

/// A conversation with what must come of it, without personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Scripted {
    pub name: String,
    pub tags: BTreeSet<String>,
    /// The reviewer's reason, where there is one.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub why: String,
    /// Who writes; without it a visitor whom nobody knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<ScriptedFrom>,
    /// When it was: what the records say of times is to be read beside it.
    pub at: Timestamp,
    /// The records that the run had read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reads: Vec<ScriptedRead>,
    pub turns: Vec<ScriptedTurn>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScriptedFrom {
    /// An address that stands for the customer's own.
    pub email: String,
}

/// What a tool gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScriptedRead {
    pub tool: String,
    #[serde(serialize_with = "canonical::value")]
    pub args: Value,
    #[serde(serialize_with = "canonical::value")]
    pub answer: Value,
}

/// One thing that happens: the customer says something, or a reviewer decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ScriptedTurn {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub says: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub approves: bool,
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "canonical::optional")]
    pub edits: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejects: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub responds: Option<String>,
    #[serde(default, skip_serializing_if = "Expected::is_nothing")]
    pub expects: Expected,
}

/// What must come of a turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Expected {
    /// A call that must wait for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposes: Option<ExpectedCall>,
    /// Calls that may neither wait for a person nor have been made.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub avoids: Vec<ExpectedCall>,
    /// What the customer is told must come near this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub like: Option<Likely>,
    /// Neither what the customer is told nor a reply that waits may come nearer to this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlike: Option<Unlikely>,
    /// What the answer must be, in words, where a model is configured that judges it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
}

impl Expected {
    fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExpectedCall {
    pub tool: String,
    /// Arguments that must be among the call's.
    #[serde(serialize_with = "canonical::value")]
    pub args: Value,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Likely {
    pub text: String,
    /// From 0 to 1.
    pub at_least: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Unlikely {
    pub text: String,
    /// From 0 to 1.
    pub at_most: f64,
}
