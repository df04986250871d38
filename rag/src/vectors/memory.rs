//! An index in memory that compares the query with every point: exact, so it is what others are
//! checked against, and enough for some thousands of points where no engine is wanted. It survives
//! nothing.

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use async_trait::async_trait;
use domain::{ChunkId, WorkspaceId};

use super::{
    Candidate, CollectionSpec, Cursor, Facets, Hit, Idf, Index, IndexError, IndexScope, MAX_BATCH, Page,
    Point, PointMeta, QueryPlan, Selection, check_name, check_spec, fuse,
};
use crate::lexical::{SparseVector, Statistics};

struct Collection {
    spec: CollectionSpec,
    points: BTreeMap<ChunkId, Point>,
}

#[derive(Default)]
pub struct MemoryIndex {
    collections: RwLock<BTreeMap<String, Collection>>,
}

impl MemoryIndex {
    pub fn new() -> Self {
        Self::default()
    }

    fn read<T>(
        &self,
        name: &str,
        look: impl FnOnce(&Collection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        look(collections.get(name).ok_or_else(|| IndexError::NoCollection(name.to_owned()))?)
    }

    fn write<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Collection) -> Result<T, IndexError>,
    ) -> Result<T, IndexError> {
        let mut collections = self.collections.write().unwrap_or_else(PoisonError::into_inner);
        change(collections.get_mut(name).ok_or_else(|| IndexError::NoCollection(name.to_owned()))?)
    }
}

impl Collection {
    fn seen<'a>(&'a self, scope: &'a IndexScope, facets: &'a Facets) -> impl Iterator<Item = &'a Point> {
        self.points.values().filter(|point| scope.permits(&point.meta) && facets.matches(&point.meta))
    }

    fn best(&self, plan: &QueryPlan, score: impl Fn(&Point) -> Option<f32>) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = self
            .seen(&plan.scope, &plan.facets)
            .filter_map(|point| {
                score(point).map(|score| Candidate { chunk: point.chunk, meta: point.meta.clone(), score })
            })
            .collect();
        found.sort_by(|a, b| b.score.total_cmp(&a.score).then_with(|| a.chunk.cmp(&b.chunk)));
        found.truncate(plan.candidates());
        found
    }

    /// The query with its terms' rarity.
    fn weighed(&self, query: &SparseVector) -> SparseVector {
        if self.spec.idf == Idf::Query {
            return query.clone();
        }
        let mut statistics = Statistics::default();
        for point in self.points.values() {
            statistics.add_vector(&point.sparse, point.meta.length);
        }
        query.iter().map(|(id, weight)| (id, weight * statistics.idf(id))).collect()
    }
}

#[async_trait]
impl Index for MemoryIndex {
    async fn ensure(&self, collection: &str, spec: &CollectionSpec) -> Result<(), IndexError> {
        check_name(collection)?;
        let mut collections = self.collections.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = collections.get(collection) {
            return check_spec(collection, &there.spec, spec);
        }
        collections.insert(collection.to_owned(), Collection { spec: spec.clone(), points: BTreeMap::new() });
        Ok(())
    }

    async fn describe(&self, collection: &str) -> Result<Option<CollectionSpec>, IndexError> {
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        Ok(collections.get(collection).map(|there| there.spec.clone()))
    }

    async fn collections(&self) -> Result<Vec<String>, IndexError> {
        let collections = self.collections.read().unwrap_or_else(PoisonError::into_inner);
        Ok(collections.keys().cloned().collect())
    }

    async fn drop_collection(&self, collection: &str) -> Result<(), IndexError> {
        self.collections.write().unwrap_or_else(PoisonError::into_inner).remove(collection);
        Ok(())
    }

    async fn upsert(&self, collection: &str, points: Vec<Point>) -> Result<(), IndexError> {
        if points.len() > MAX_BATCH {
            return Err(IndexError::TooMany { given: points.len() });
        }
        self.write(collection, |collection| {
            points.iter().try_for_each(|point| point.check(&collection.spec))?;
            for mut point in points {
                point.dense = point.dense.map(unit);
                collection.points.insert(point.chunk, point);
            }
            Ok(())
        })
    }

    async fn delete(&self, collection: &str, selection: Selection) -> Result<(), IndexError> {
        self.write(collection, |collection| {
            collection.points.retain(|_, point| !selects(&selection, point.chunk, &point.meta));
            Ok(())
        })
    }

    async fn query(&self, collection: &str, plan: QueryPlan) -> Result<Vec<Hit>, IndexError> {
        self.read(collection, |collection| {
            plan.check(&collection.spec)?;
            let lexical = plan.sparse.as_ref().map(|query| {
                let query = collection.weighed(query);
                collection.best(&plan, |point| Some(query.dot(&point.sparse)).filter(|score| *score > 0.0))
            });
            let dense = plan.dense.clone().map(unit).map(|query| {
                collection.best(&plan, |point| point.dense.as_ref().map(|vector| dot(&query, vector)))
            });
            Ok(fuse(&plan.scope, lexical, dense, plan.limit))
        })
    }

    async fn scroll(
        &self,
        collection: &str,
        scope: &IndexScope,
        facets: &Facets,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        Page::check(facets, limit)?;
        self.read(collection, |collection| {
            let mut left =
                collection.seen(scope, facets).filter(|point| from.is_none_or(|from| point.chunk >= from.0));
            let points = left.by_ref().take(limit).cloned().collect();
            Ok(Page { points, next: left.next().map(|point| Cursor(point.chunk)) })
        })
    }

    async fn count(&self, collection: &str, scope: &IndexScope, facets: &Facets) -> Result<u64, IndexError> {
        facets.check()?;
        self.read(collection, |collection| Ok(collection.seen(scope, facets).count() as u64))
    }

    async fn flush(&self, collection: &str) -> Result<(), IndexError> {
        self.read(collection, |_| Ok(()))
    }

    async fn optimise(&self, collection: &str) -> Result<(), IndexError> {
        self.read(collection, |_| Ok(()))
    }
}

fn selects(selection: &Selection, id: ChunkId, meta: &PointMeta) -> bool {
    let of = |workspace: &WorkspaceId| meta.workspace == *workspace;
    match selection {
        Selection::Document { workspace, document, except_version } => {
            of(workspace) && meta.document == *document && *except_version != Some(meta.document_version)
        }
        Selection::Chunks { workspace, chunks } => of(workspace) && chunks.contains(&id),
        Selection::Workspace(workspace) => of(workspace),
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let length = dot(&vector, &vector).sqrt();
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}
