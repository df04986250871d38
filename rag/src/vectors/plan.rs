//! What is asked of an index, and what it answers.

pub use domain::knowledge::{Ranked, Scores};
use domain::{ChunkId, DocumentId, WorkspaceId};

use super::{
    CollectionSpec, Facets, IndexError, IndexScope, Point, PointMeta,
    point::{check_dense, check_limit, check_sparse},
};
use crate::lexical::SparseVector;

/// The most hits or points of one call.
pub const MAX_LIMIT: usize = 1000;
/// The most candidates of each kind that are fused.
pub const MAX_PREFETCH: usize = 5000;

/// A search. With both vectors it is hybrid: the best candidates of each kind, fused by their ranks.
#[derive(Clone, Debug, PartialEq)]
pub struct QueryPlan {
    pub scope: IndexScope,
    pub facets: Facets,
    pub sparse: Option<SparseVector>,
    pub dense: Option<Vec<f32>>,
    /// Hits wanted, 1 to [`MAX_LIMIT`].
    pub limit: usize,
    /// Candidates of each kind before fusion, up to [`MAX_PREFETCH`]; at least the limit is taken.
    pub prefetch: usize,
    /// Compare the dense vector with every point in scope. Slow; it is what approximate search is
    /// measured against.
    pub exact: bool,
}

impl QueryPlan {
    /// What candidates are taken for each hit wanted unless said otherwise.
    const CANDIDATES_PER_HIT: usize = 5;

    pub fn new(scope: IndexScope, limit: usize) -> Self {
        Self {
            scope,
            facets: Facets::default(),
            sparse: None,
            dense: None,
            limit,
            prefetch: limit.saturating_mul(Self::CANDIDATES_PER_HIT).clamp(50, MAX_PREFETCH),
            exact: false,
        }
    }

    pub fn sparse(self, sparse: SparseVector) -> Self {
        Self { sparse: Some(sparse), ..self }
    }

    pub fn dense(self, dense: Vec<f32>) -> Self {
        Self { dense: Some(dense), ..self }
    }

    pub fn facets(self, facets: Facets) -> Self {
        Self { facets, ..self }
    }

    /// Candidates to take of each kind.
    pub fn candidates(&self) -> usize {
        let hybrid = self.sparse.is_some() && self.dense.is_some();
        if hybrid { self.prefetch.max(self.limit) } else { self.limit }
    }

    /// Whether the collection can answer it. Implementations call this first.
    pub fn check(&self, spec: &CollectionSpec) -> Result<(), IndexError> {
        check_limit(self.limit)?;
        if self.prefetch > MAX_PREFETCH {
            return Err(IndexError::Query(format!(
                "a prefetch of {}; at most {MAX_PREFETCH}",
                self.prefetch
            )));
        }
        self.facets.check()?;
        if self.sparse.is_none() && self.dense.is_none() {
            return Err(IndexError::Query("it has neither a sparse nor a dense vector".to_owned()));
        }
        if let Some(sparse) = &self.sparse {
            check_sparse(sparse).map_err(IndexError::Query)?;
        }
        match (&self.dense, &spec.dense) {
            (Some(_), None) => Err(IndexError::Query("the collection holds no dense vectors".to_owned())),
            (Some(vector), Some(dense)) => check_dense(vector, dense.dimension).map_err(IndexError::Query),
            (None, _) => Ok(()),
        }
    }
}

/// A point one search found, best first in its list.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    pub chunk: ChunkId,
    pub meta: PointMeta,
    pub score: f32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    pub chunk: ChunkId,
    pub meta: PointMeta,
    pub scores: Scores,
}

/// What to delete. It is bound to a workspace, as everything is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Selection {
    /// All points of a document, or all but those of one version: what is left behind when a new
    /// version has been put in.
    Document { workspace: WorkspaceId, document: DocumentId, except_version: Option<i64> },
    /// These points, as far as they are the workspace's. At most [`MAX_BATCH`](super::MAX_BATCH).
    Chunks { workspace: WorkspaceId, chunks: Vec<ChunkId> },
    /// All of the workspace's points.
    Workspace(WorkspaceId),
}

/// Where a scroll goes on: the id of the next point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor(pub ChunkId);

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    pub points: Vec<Point>,
    /// None at the end.
    pub next: Option<Cursor>,
}

impl Page {
    /// Checks what a scroll asks for. Implementations call this first.
    pub fn check(facets: &Facets, limit: usize) -> Result<(), IndexError> {
        check_limit(limit)?;
        facets.check()
    }
}

impl Selection {
    pub fn workspace(&self) -> WorkspaceId {
        match self {
            Self::Document { workspace, .. }
            | Self::Chunks { workspace, .. }
            | Self::Workspace(workspace) => *workspace,
        }
    }
}
