//! An index in memory, exact: it is what others are checked against, and enough where no engine is
//! wanted. Words are looked up in lists of the points that hold them; dense vectors are compared
//! one by one. It survives nothing.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{PoisonError, RwLock},
};

use async_trait::async_trait;
use domain::{ChunkId, WorkspaceId};

use super::{
    Candidate, CollectionSpec, Cursor, Facets, Hit, Idf, Index, IndexError, IndexScope, MAX_BATCH, Page,
    Point, PointMeta, QueryPlan, Selection, UNIVERSAL_WORKSPACE, check_name, check_spec, fuse,
};
use crate::lexical::{SparseVector, Statistics};

struct Collection {
    spec: CollectionSpec,
    workspaces: BTreeMap<WorkspaceId, Partition>,
    /// Whose each point is.
    homes: HashMap<ChunkId, WorkspaceId>,
}

/// One workspace's points.
#[derive(Default)]
struct Partition {
    /// A point keeps its place as long as it is there.
    points: Vec<Option<Point>>,
    free: Vec<u32>,
    places: BTreeMap<ChunkId, u32>,
    /// Which points hold a term, and with what weight.
    holding: HashMap<u32, Vec<(u32, f32)>>,
}

#[derive(Default)]
pub struct MemoryIndex {
    collections: RwLock<BTreeMap<String, Collection>>,
}

impl MemoryIndex {
    pub fn new() -> Self {
        Self::default()
    }

    /// With an empty collection in it.
    pub fn with_collection(name: &str, spec: CollectionSpec) -> Self {
        let collections = BTreeMap::from([(name.to_owned(), Collection::new(spec))]);
        Self { collections: RwLock::new(collections) }
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

impl Partition {
    fn put(&mut self, point: Point) {
        self.remove(point.chunk);
        let place = self.free.pop().unwrap_or_else(|| {
            self.points.push(None);
            (self.points.len() - 1) as u32
        });
        for (term, weight) in point.sparse.iter() {
            self.holding.entry(term).or_default().push((place, weight));
        }
        self.places.insert(point.chunk, place);
        self.points[place as usize] = Some(point);
    }

    fn remove(&mut self, chunk: ChunkId) {
        let Some(place) = self.places.remove(&chunk) else { return };
        let Some(point) = self.points[place as usize].take() else { return };
        for (term, _) in point.sparse.iter() {
            if let Some(list) = self.holding.get_mut(&term) {
                list.retain(|(at, _)| *at != place);
                if list.is_empty() {
                    self.holding.remove(&term);
                }
            }
        }
        self.free.push(place);
    }

    fn iter(&self) -> impl Iterator<Item = &Point> {
        self.points.iter().flatten()
    }

    /// Every point that shares a term with the query, with its score. Terms are added up in the
    /// order of their ids, as [`SparseVector::dot`] does.
    fn matching(&self, query: &SparseVector) -> Vec<(&Point, f32)> {
        let mut scores = vec![0.0f32; self.points.len()];
        let mut touched: Vec<u32> = Vec::new();
        for (term, wanted) in query.iter() {
            for (place, weight) in self.holding.get(&term).into_iter().flatten() {
                let score = &mut scores[*place as usize];
                if *score == 0.0 {
                    touched.push(*place);
                }
                *score += wanted * weight;
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let scored = touched.into_iter().filter(|place| scores[*place as usize] > 0.0);
        scored
            .filter_map(|place| Some((self.points[place as usize].as_ref()?, scores[place as usize])))
            .collect()
    }
}

impl Collection {
    fn new(spec: CollectionSpec) -> Self {
        Self { spec, workspaces: BTreeMap::new(), homes: HashMap::new() }
    }

    fn put(&mut self, point: Point) {
        let home = point.meta.workspace;
        if let Some(before) = self.homes.insert(point.chunk, home)
            && before != home
            && let Some(partition) = self.workspaces.get_mut(&before)
        {
            partition.remove(point.chunk);
        }
        self.workspaces.entry(home).or_default().put(point);
    }

    /// The partitions a scope may reach into.
    fn within(&self, scope: &IndexScope) -> impl Iterator<Item = &Partition> {
        let universal = (scope.universal && scope.workspace != UNIVERSAL_WORKSPACE)
            .then(|| self.workspaces.get(&UNIVERSAL_WORKSPACE));
        self.workspaces.get(&scope.workspace).into_iter().chain(universal.flatten())
    }

    fn seen<'a>(&'a self, scope: &'a IndexScope, facets: &'a Facets) -> impl Iterator<Item = &'a Point> {
        let points = self.within(scope).flat_map(Partition::iter);
        points.filter(|point| scope.permits(&point.meta) && facets.matches(&point.meta))
    }

    fn lexical(&self, plan: &QueryPlan, query: &SparseVector) -> Vec<Candidate> {
        let found = self
            .within(&plan.scope)
            .flat_map(|partition| partition.matching(query))
            .filter(|(point, _)| plan.scope.permits(&point.meta) && plan.facets.matches(&point.meta))
            .collect();
        best(found, plan.candidates())
    }

    fn dense(&self, plan: &QueryPlan, query: &[f32]) -> Vec<Candidate> {
        let found = self
            .seen(&plan.scope, &plan.facets)
            .filter_map(|point| Some((point, dot(query, point.dense.as_ref()?))))
            .collect();
        best(found, plan.candidates())
    }

    /// The query with its terms' rarity.
    fn weighed(&self, query: &SparseVector) -> SparseVector {
        if self.spec.idf == Idf::Query {
            return query.clone();
        }
        let mut statistics = Statistics::default();
        for point in self.workspaces.values().flat_map(Partition::iter) {
            statistics.add_vector(&point.sparse, point.meta.length);
        }
        query.iter().map(|(id, weight)| (id, weight * statistics.idf(id))).collect()
    }
}

/// The best, best first; equal scores in the order of ids. Only they are copied.
fn best(mut found: Vec<(&Point, f32)>, limit: usize) -> Vec<Candidate> {
    found.sort_unstable_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.chunk.cmp(&b.0.chunk)));
    found.truncate(limit);
    found
        .into_iter()
        .map(|(point, score)| Candidate { chunk: point.chunk, meta: point.meta.clone(), score })
        .collect()
}

#[async_trait]
impl Index for MemoryIndex {
    async fn ensure(&self, collection: &str, spec: &CollectionSpec) -> Result<(), IndexError> {
        check_name(collection)?;
        let mut collections = self.collections.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = collections.get(collection) {
            return check_spec(collection, &there.spec, spec);
        }
        collections.insert(collection.to_owned(), Collection::new(spec.clone()));
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
                collection.put(point);
            }
            Ok(())
        })
    }

    async fn delete(&self, collection: &str, selection: Selection) -> Result<(), IndexError> {
        self.write(collection, |collection| {
            let Some(partition) = collection.workspaces.get_mut(&selection.workspace()) else {
                return Ok(());
            };
            let gone: Vec<ChunkId> = match &selection {
                Selection::Chunks { chunks, .. } => {
                    chunks.iter().filter(|chunk| partition.places.contains_key(chunk)).copied().collect()
                }
                _ => {
                    let selected = partition.iter().filter(|point| selects(&selection, &point.meta));
                    selected.map(|point| point.chunk).collect()
                }
            };
            for chunk in gone {
                partition.remove(chunk);
                collection.homes.remove(&chunk);
            }
            Ok(())
        })
    }

    async fn query(&self, collection: &str, plan: QueryPlan) -> Result<Vec<Hit>, IndexError> {
        self.read(collection, |collection| {
            plan.check(&collection.spec)?;
            let lexical =
                plan.sparse.as_ref().map(|query| collection.lexical(&plan, &collection.weighed(query)));
            let dense = plan.dense.clone().map(unit).map(|query| collection.dense(&plan, &query));
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
            let mut left: Vec<&Point> = collection
                .seen(scope, facets)
                .filter(|point| from.is_none_or(|from| point.chunk >= from.0))
                .collect();
            left.sort_unstable_by_key(|point| point.chunk);
            let next = left.get(limit).map(|point| Cursor(point.chunk));
            Ok(Page { points: left.into_iter().take(limit).cloned().collect(), next })
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

/// Of points of the selection's workspace.
fn selects(selection: &Selection, meta: &PointMeta) -> bool {
    match selection {
        Selection::Document { document, except_version, .. } => {
            meta.document == *document && *except_version != Some(meta.document_version)
        }
        // Named by their ids, without looking at the points.
        Selection::Chunks { .. } => false,
        Selection::Workspace(_) => true,
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
