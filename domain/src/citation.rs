//! What sent replies rest on, and what readers say of passages.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ChunkId, CitationId, DocumentId, Ids, MessageId, TicketId, Timestamp, knowledge::Citation,
    ticket::Message,
};

/// A citation of a reply that was sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SentCitation {
    pub id: CitationId,
    pub ticket_id: TicketId,
    pub message_id: MessageId,
    pub citation: Citation,
    /// When the reply was sent.
    pub at: Timestamp,
    /// When a follow-up was proposed because the quote no longer stands in the document.
    pub followed_up_at: Option<Timestamp>,
}

impl SentCitation {
    /// Those of a message that was sent.
    pub fn of(message: &Message, ticket_id: TicketId, ids: &dyn Ids, at: Timestamp) -> Vec<Self> {
        let sent = |citation: &Citation| Self {
            id: CitationId::new(ids),
            ticket_id,
            message_id: message.id,
            citation: citation.clone(),
            at,
            followed_up_at: None,
        };
        message.sources.iter().map(sent).collect()
    }
}

/// What a reader says of a passage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PassageFeedback {
    pub chunk_id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    /// `user:…` or `visitor:…`; one word of each on a passage.
    pub author: String,
    pub verdict: PassageVerdict,
    pub note: String,
    /// The beginning of the passage as it was read.
    pub quote: String,
    pub ticket_id: Option<TicketId>,
    pub at: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassageVerdict {
    Helpful,
    Wrong,
    Outdated,
}

impl PassageVerdict {
    pub const ALL: [Self; 3] = [Self::Helpful, Self::Wrong, Self::Outdated];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Helpful => "helpful",
            Self::Wrong => "wrong",
            Self::Outdated => "outdated",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.as_str() == text)
    }
}
