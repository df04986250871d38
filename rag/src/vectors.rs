//! The port to an index of vectors, and what is the same whatever engine stands behind it.
//!
//! Every question carries an [`IndexScope`]; there is no way to ask without one. Implementations
//! translate it into their engine's filter, and check what comes back against it once more.

mod fusion;
mod memory;
mod plan;
mod point;
mod rebuild;
mod scope;

use async_trait::async_trait;
use domain::{ChunkId, DocumentId, WorkspaceId};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::lexical::{ANALYSIS, Bm25};

pub use fusion::{RRF_K, fuse};
pub use memory::MemoryIndex;
pub use plan::{Candidate, Cursor, Hit, MAX_LIMIT, MAX_PREFETCH, Page, QueryPlan, Ranked, Scores, Selection};
pub use point::{
    Layer, MAX_BATCH, MAX_FIELD_BYTES, MAX_SPARSE, MAX_TAGS, Point, PointMeta, UNIVERSAL_WORKSPACE,
};
pub use rebuild::rebuild_due;
pub use scope::{Facets, IndexScope};

/// What a collection is made for. It is written when the collection is made and never changes: other
/// vectors need another collection, built beside it and swapped in by its users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CollectionSpec {
    /// Without it, points have no dense vectors.
    pub dense: Option<DenseSpec>,
    pub idf: Idf,
    /// With what the sparse vectors are made.
    pub bm25: Bm25,
    /// [`ANALYSIS`] when the collection was made.
    pub analysis: u32,
}

impl CollectionSpec {
    /// Sparse vectors alone.
    pub fn lexical(bm25: Bm25) -> Self {
        Self { dense: None, idf: Idf::Collection, bm25, analysis: ANALYSIS }
    }

    /// Sparse and dense vectors.
    pub fn hybrid(bm25: Bm25, dense: DenseSpec) -> Self {
        Self { dense: Some(dense), ..Self::lexical(bm25) }
    }
}

/// The dense vectors of a collection; they are compared by cosine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DenseSpec {
    pub dimension: usize,
    /// The embedder's name. Vectors of two models do not compare.
    pub model: String,
}

/// Where a query's terms get their rarity from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Idf {
    /// The engine counts over the whole collection, whatever the scope. Nothing to keep in step, and
    /// lexical scores tell a little of what other scopes hold: that a word is common somewhere.
    Collection,
    /// The query's weights hold it already ([`Bm25::query_within`]): scores are of the scope alone.
    Query,
}

/// An index of points in named collections.
///
/// An `upsert` or `delete` that returned is seen by every later call. What survives a crash is what
/// came before the last [`Index::flush`] that returned; the database is the truth an index is
/// rebuilt from. Dropping a future gives up its answer; a change that was already handed over still
/// happens.
#[async_trait]
pub trait Index: Send + Sync {
    /// Makes the collection, or checks that the one there is as `spec` says.
    async fn ensure(&self, collection: &str, spec: &CollectionSpec) -> Result<(), IndexError>;

    /// What the collection was made for; none if there is none of the name.
    async fn describe(&self, collection: &str) -> Result<Option<CollectionSpec>, IndexError>;

    /// The names of all collections, sorted.
    async fn collections(&self) -> Result<Vec<String>, IndexError>;

    /// Removes the collection with its points; one that is not there is no error.
    async fn drop_collection(&self, collection: &str) -> Result<(), IndexError>;

    /// Puts points in, each in place of the one with its id. At most [`MAX_BATCH`]; all or, when one
    /// is refused, none.
    async fn upsert(&self, collection: &str, points: Vec<Point>) -> Result<(), IndexError>;

    /// Removes what is selected; nothing found is no error.
    async fn delete(&self, collection: &str, selection: Selection) -> Result<(), IndexError>;

    /// The best points in scope, best first. Equal scores come in the order of ids.
    async fn query(&self, collection: &str, plan: QueryPlan) -> Result<Vec<Hit>, IndexError>;

    /// Points in scope in the order of ids, from the cursor on.
    async fn scroll(
        &self,
        collection: &str,
        scope: &IndexScope,
        facets: &Facets,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, IndexError>;

    /// How many points are in scope, counted exactly.
    async fn count(&self, collection: &str, scope: &IndexScope, facets: &Facets) -> Result<u64, IndexError>;

    /// Makes everything that was written so far survive a crash.
    async fn flush(&self, collection: &str) -> Result<(), IndexError>;

    /// Builds what makes searches fast and gives back what deletions left behind. Reads go on
    /// meanwhile. Worth calling after many changes; an engine that does so by itself does nothing.
    async fn optimise(&self, collection: &str) -> Result<(), IndexError>;
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IndexError {
    #[error("there is no collection `{0}`: call `ensure` first")]
    NoCollection(String),
    #[error("`{0}` cannot name a collection: use 1 to 64 of a-z, 0-9, `-` and `_`, a letter or digit first")]
    Name(String),
    #[error(
        "collection `{collection}` was made for something else ({why}): build a new one under another name"
    )]
    Differs { collection: String, why: String },
    #[error("point {chunk} is refused: {why}")]
    Point { chunk: ChunkId, why: String },
    #[error("{given} points in one call; at most {MAX_BATCH}: send them in several")]
    TooMany { given: usize },
    #[error("the query is refused: {0}")]
    Query(String),
    #[error("the index in {0} is used by another process: stop it, or configure a Qdrant server for both")]
    Locked(String),
    #[error("the index is not available: {0}")]
    Unavailable(String),
    #[error("the index failed: {0}")]
    Engine(String),
}

/// Checks a collection's name; names become folders, so nothing else may pass.
pub fn check_name(name: &str) -> Result<(), IndexError> {
    let letters =
        name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_'));
    if letters && (1..=64).contains(&name.len()) && !name.starts_with(['-', '_']) {
        return Ok(());
    }
    Err(IndexError::Name(name.chars().take(80).collect()))
}

/// Checks that the collection that is there is the one wanted.
pub fn check_spec(
    collection: &str,
    there: &CollectionSpec,
    wanted: &CollectionSpec,
) -> Result<(), IndexError> {
    if there == wanted {
        return Ok(());
    }
    let of = |spec: &CollectionSpec| serde_json::to_string(spec).unwrap_or_else(|_| format!("{spec:?}"));
    Err(IndexError::Differs {
        collection: collection.to_owned(),
        why: format!("it is {}, wanted is {}", of(there), of(wanted)),
    })
}

/// Who and what [`Selection`] can name; here so that the two ids stay together.
impl Selection {
    /// Every point of a document in a workspace.
    pub fn document(workspace: WorkspaceId, document: DocumentId) -> Self {
        Self::Document { workspace, document, except_version: None }
    }
}
