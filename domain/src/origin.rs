//! Where the value of an argument comes from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The places a value can come from, the most trusted first; of those that are not trusted, the most
/// telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OriginKind {
    /// Somebody of the staff wrote it.
    Person,
    /// A record that was read for the customer who asks: a field of it, whole.
    Record,
    /// Such a record, while nobody has checked that whoever asks is that customer.
    Claimed,
    /// The customer's own words.
    Customer,
    /// A document of the knowledge base.
    Document,
    /// What another tool gave back: a server outside, or a part of a longer text.
    Output,
    /// Nothing that the run has seen holds it: the model made it up or worked it out.
    Model,
}

impl OriginKind {
    /// Whether a protected argument may rest on it without a person.
    pub fn is_trusted(self) -> bool {
        matches!(self, Self::Person | Self::Record)
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Record => "record",
            Self::Claimed => "claimed",
            Self::Document => "document",
            Self::Output => "output",
            Self::Customer => "customer",
            Self::Model => "model",
        }
    }
}

/// How the value was found there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Likeness {
    /// As it is.
    Exact,
    /// In another spelling: case, spaces, punctuation.
    Normalised,
    /// Worked out of it: cents from an amount in units.
    Computed,
    /// Nowhere.
    None,
}

/// Where one protected argument of a call comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ArgumentOrigin {
    /// Its name.
    pub argument: String,
    pub kind: OriginKind,
    pub likeness: Likeness,
    /// What holds it, in words for people: `shop__get_order`. Empty when nothing does.
    pub from: String,
}
