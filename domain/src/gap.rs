//! Gaps of the knowledge base: questions that could not be answered, gathered by what they are about.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{GapId, GapQuestionId, RunId, TicketId, Timestamp};

/// Questions about one thing that the knowledge base does not answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    pub id: GapId,
    pub status: GapStatus,
    /// The question that stands for all: the first one.
    pub question: String,
    /// How many of its questions hold each word, stemmed.
    pub terms: BTreeMap<String, i64>,
    pub questions: i64,
    /// The draft of an article that was begun for it.
    pub document_slug: Option<String>,
    pub first_at: Timestamp,
    pub last_at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapStatus {
    Open,
    /// Not to be answered by an article; further questions about it keep it so.
    Dismissed,
    /// An article was begun.
    Drafted,
}

impl GapStatus {
    pub const ALL: [Self; 3] = [Self::Open, Self::Dismissed, Self::Drafted];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Dismissed => "dismissed",
            Self::Drafted => "drafted",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == text)
    }
}

/// A question that could not be answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GapQuestion {
    pub id: GapQuestionId,
    pub gap_id: GapId,
    pub question: String,
    pub cause: GapCause,
    /// Words of it that nothing found holds.
    pub missing: Vec<String>,
    pub ticket_id: Option<TicketId>,
    pub run_id: Option<RunId>,
    pub at: Timestamp,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GapCause {
    /// Nothing was said.
    Abstained,
    /// It was asked what is meant.
    AskedBack,
    /// A person got the ticket.
    HandedOff,
}

impl GapCause {
    pub const ALL: [Self; 3] = [Self::Abstained, Self::AskedBack, Self::HandedOff];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Abstained => "abstained",
            Self::AskedBack => "asked_back",
            Self::HandedOff => "handed_off",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}
