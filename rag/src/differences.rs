//! What an index holds against what the documents say it should.

use std::collections::{BTreeMap, BTreeSet};

use domain::{
    ChunkId, CustomerId, DocumentId, WorkspaceId,
    knowledge::{Chunk, Document, UNIVERSAL_WORKSPACE},
};
use serde::Serialize;

use crate::{
    Knowledge,
    points::{self, Composed},
    vectors::{Facets, IndexError, IndexScope, PointMeta},
};

/// Points of one call.
const PAGE: usize = 500;

/// A point that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub workspace_id: WorkspaceId,
    pub document_id: DocumentId,
    pub chunk_id: ChunkId,
    pub kind: DifferenceKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// The documents have it and the index does not.
    Missing,
    /// The index has it and the documents do not.
    Extra,
    /// It was made from another text, or for another scope.
    Stale,
    /// It has no dense vector, though there is an embedder.
    Unembedded,
}

impl Knowledge {
    /// Every difference of a workspace, given all of its documents and every customer whose own
    /// documents it holds or held.
    pub async fn differences(
        &self,
        workspace: WorkspaceId,
        documents: &[(Document, Vec<Chunk>)],
        customers: &BTreeSet<CustomerId>,
    ) -> Result<Vec<Difference>, IndexError> {
        let mut expected: BTreeMap<ChunkId, PointMeta> = BTreeMap::new();
        for (document, chunks) in documents {
            let screened = self.screened(workspace, document.clone(), chunks.clone());
            let document = &screened.document;
            for chunk in &screened.chunks {
                let length = Composed::of(document, chunk).terms.length();
                expected.insert(chunk.id, points::meta(workspace, document, chunk, length));
            }
        }
        let universal = workspace == UNIVERSAL_WORKSPACE;
        let whole = IndexScope { universal, company: !universal, ..IndexScope::staff(workspace) };
        let of = |customer: &CustomerId| IndexScope { company: false, ..whole }.with_customer(*customer);
        let mut found = Vec::new();
        for scope in [whole].into_iter().chain(customers.iter().map(of)) {
            self.compare(&scope, &mut expected, &mut found).await?;
        }
        found.extend(expected.into_iter().map(|(chunk_id, meta)| Difference {
            workspace_id: workspace,
            document_id: meta.document,
            chunk_id,
            kind: DifferenceKind::Missing,
        }));
        found.sort_by_key(|difference| (difference.document_id, difference.chunk_id));
        Ok(found)
    }

    /// Takes what is in the index out of `expected`.
    async fn compare(
        &self,
        scope: &IndexScope,
        expected: &mut BTreeMap<ChunkId, PointMeta>,
        found: &mut Vec<Difference>,
    ) -> Result<(), IndexError> {
        let embedded = self.retrieval() == crate::Retrieval::Hybrid;
        let collection = self.collection();
        let mut from = None;
        loop {
            let page = self.index().scroll(&collection, scope, &Facets::default(), from, PAGE).await?;
            for point in page.points {
                let kind = match expected.remove(&point.chunk) {
                    None => Some(DifferenceKind::Extra),
                    Some(meta) if !same(&meta, &point.meta) => Some(DifferenceKind::Stale),
                    Some(_) if embedded && point.dense.is_none() => Some(DifferenceKind::Unembedded),
                    Some(_) => None,
                };
                found.extend(kind.map(|kind| Difference {
                    workspace_id: point.meta.workspace,
                    document_id: point.meta.document,
                    chunk_id: point.chunk,
                    kind,
                }));
            }
            from = page.next;
            if from.is_none() {
                return Ok(());
            }
        }
    }
}

/// Lengths are floating-point numbers that an engine may round.
fn same(a: &PointMeta, b: &PointMeta) -> bool {
    let without = |meta: &PointMeta| PointMeta { length: 0.0, ..meta.clone() };
    without(a) == without(b) && (a.length - b.length).abs() <= 1e-3 * a.length.max(1.0)
}
