//! Procedures: requests that a workspace knows how to fulfil, step by step.
//!
//! A procedure is data. A language model reads it in its prompt; the offline model interprets it.
//!
//! Texts (`reply`, `otherwise`, `declined`, `label`) may hold `{slot.x}`, `{record.x.y}`,
//! `{result.x}`, `{customer.x}` and, in `declined`, `{reason}`; `{record.total_cents|money}` formats
//! cents and `{record.eta|date}` a date. A sentence whose placeholder has no value is left out.
//!
//! References (`$slot.x`, `$record.x.y`, `$customer.x`) keep the type of what they point at.
//! `$slot.amount ?? $record.refundable_cents` takes the first that has a value.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One request type, for example a refund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    pub name: String,
    pub title: String,
    /// Example phrasings by customers; matched on stemmed words. A wish (`cancel my order`), a
    /// statement (`I forgot my password`) and a question (`where is my parcel`) match messages of
    /// the same form.
    pub triggers: Vec<String>,
    /// What must be known, asked for in order.
    #[serde(default)]
    pub slots: Vec<Slot>,
    /// How to fill a slot from the customer's own records when the text does not hold it.
    #[serde(default)]
    pub find: Option<Find>,
    /// A read tool that fetches the record the request is about.
    #[serde(default)]
    pub lookup: Option<CallTemplate>,
    /// Path of the email address the record belongs to, such as `record.customer_email`. A record
    /// of somebody else, or one without an owner, goes to a person and nothing of it is told.
    #[serde(default)]
    pub owner: Option<String>,
    /// Conditions on the record, in order; the first that fails ends the procedure with its text.
    #[serde(default)]
    pub checks: Vec<Check>,
    /// The tool with an effect; absent when looking up is the whole answer.
    #[serde(default)]
    pub action: Option<CallTemplate>,
    /// Replies for particular records; the first that fits is used instead of `reply`.
    #[serde(default)]
    pub cases: Vec<Case>,
    /// What to tell the customer once it is done.
    pub reply: String,
    /// What to tell the customer when a person declined; `{reason}` is theirs.
    #[serde(default)]
    pub declined: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slot {
    pub name: String,
    pub kind: SlotKind,
    /// Asked when the text does not hold it.
    pub question: String,
    #[serde(default)]
    pub optional: bool,
    /// A reference used when the text does not hold it, such as `$customer.email`.
    #[serde(default)]
    pub default: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// Letters, a hyphen and digits such as `NF-10482`; a bare number after `order` or `#` gets the
    /// letters of `NF-`.
    OrderNumber,
    Email,
    /// Money, in cents.
    Amount,
    /// Street, postcode and city in one go; yields an object with `street`, `postcode`, `city` and, where it
    /// was named, `country` (ISO 3166-1, two letters).
    Address,
    /// The sentence that carries the request, trimmed.
    Reason,
}

/// Arguments are literals or references.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CallTemplate {
    pub tool: String,
    pub args: BTreeMap<String, Value>,
}

/// Lists the customer's records. One that fits fills the slot; several are offered to the customer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Find {
    /// The slot it fills.
    pub slot: String,
    /// A read tool.
    pub call: CallTemplate,
    /// Where in the result the list is; empty when the result is the list.
    #[serde(default)]
    pub list: String,
    /// The field of a record that fills the slot.
    pub key: String,
    /// How a record is named to the customer: `{record.order_number}, placed on {record.placed_at|date}`.
    pub label: String,
    /// Only records for which all of these hold are considered.
    #[serde(default)]
    pub only: Vec<Condition>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// A path such as `record.status`.
    pub path: String,
    #[serde(default)]
    pub one_of: Vec<Value>,
    /// A whole number, or a reference to one, that the value must be at least.
    #[serde(default)]
    pub at_least: Option<Value>,
    #[serde(default)]
    pub at_most: Option<Value>,
}

/// A condition with its consequence. A `record.` or `result.` path without a value fails; a `slot.`
/// path without a value passes, because nothing was claimed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    pub path: String,
    #[serde(default)]
    pub one_of: Vec<Value>,
    #[serde(default)]
    pub at_least: Option<Value>,
    #[serde(default)]
    pub at_most: Option<Value>,
    /// What to tell the customer otherwise.
    pub otherwise: String,
    /// Whether a person takes over when it fails.
    #[serde(default)]
    pub handoff: bool,
}

impl Check {
    pub fn condition(&self) -> Condition {
        Condition {
            path: self.path.clone(),
            one_of: self.one_of.clone(),
            at_least: self.at_least.clone(),
            at_most: self.at_most.clone(),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Case {
    pub path: String,
    pub one_of: Vec<Value>,
    pub text: String,
}
