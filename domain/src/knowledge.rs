//! Knowledge as agents and tools see it: passages in, citations out.

use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{ChunkId, CustomerId, DocumentId, Timestamp, WorkspaceId, canonical::Digest, ticket::Visibility};

/// A knowledge source, one row per document; `version` counts its changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Document {
    pub id: DocumentId,
    /// Stable name from the source, for example a file's stem; unique in the workspace.
    pub slug: String,
    pub title: String,
    pub visibility: Visibility,
    pub category: String,
    pub tags: Vec<String>,
    pub version: i64,
    pub digest: Digest,
    /// The Markdown it was made from.
    pub body: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A piece of a document in the index.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Chunk {
    pub id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    pub ordinal: i64,
    /// Headings from the document's title down to this piece.
    pub heading_path: Vec<String>,
    pub text: String,
}

/// The link from an answer to the piece and version it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Citation {
    pub chunk_id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    pub slug: String,
    pub title: String,
    /// The words of the source that support the answer.
    pub quote: String,
}

/// A search result.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Passage {
    pub chunk_id: ChunkId,
    pub document_id: DocumentId,
    pub document_version: i64,
    pub slug: String,
    pub title: String,
    pub visibility: Visibility,
    pub heading_path: Vec<String>,
    pub text: String,
    /// BM25, unbounded; comparable within one search alone.
    pub score: f32,
    /// Share of the query's informative words (weighted by rarity) the passage holds, 0 to 1;
    /// comparable between searches.
    pub coverage: f32,
}

impl Passage {
    /// Title and headings: what its text is about without saying it.
    pub fn label(&self) -> String {
        let headings = self.heading_path.iter().filter(|heading| **heading != self.title);
        headings.fold(self.title.clone(), |label, heading| format!("{label} › {heading}"))
    }
}

/// Which passages a search may see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scope {
    pub workspace_id: WorkspaceId,
    /// Internal documents are found only when this is true; never for what a customer will read.
    pub internal: bool,
    pub customer_id: Option<CustomerId>,
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RetrieveError {
    #[error("the query is empty: say what to look for")]
    EmptyQuery,
    #[error("the knowledge index is not available: {0}")]
    Unavailable(String),
}

/// Finds passages. Tools look knowledge up through this and never through the index itself.
#[async_trait]
pub trait Retriever: Send + Sync {
    /// The best `limit` passages in scope, best first. At most 20.
    async fn search(&self, scope: Scope, query: &str, limit: usize) -> Result<Vec<Passage>, RetrieveError>;
}
