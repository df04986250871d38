//! The knowledge of every workspace, searchable while it changes.
//!
//! [`Knowledge`] stands between documents and an [`Index`]: it makes points of chunks, keeps the
//! texts the index does not, and answers searches through the [`Retriever`] port. What the index
//! finds is checked against the scope once more before it is shown. The database is the truth;
//! whoever reads it tells `Knowledge` what there is.

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use async_trait::async_trait;
use domain::{
    ChunkId, DocumentId, WorkspaceId,
    knowledge::{Chunk, Document, Passage, RetrieveError, Retriever, Scope, UNIVERSAL_WORKSPACE},
};
use tokio::sync::{Mutex, MutexGuard};
use tracing::warn;

use crate::{
    embed::{Embedder, TextKind},
    lexical::{Bm25, Language, Statistics},
    points::{self, BM25, Composed},
    screen::{self, Screen, Screened},
    shelf::{Asked, Held, Shelf},
    vectors::{
        CollectionSpec, DenseSpec, Facets, Hit, Idf, Index, IndexError, IndexScope, MAX_BATCH, MemoryIndex,
        Point, QueryPlan, Selection,
    },
};

/// The most passages one search gives.
pub const MAX_PASSAGES: usize = 20;
/// What is read of a query; the rest of a longer one is left out.
pub const MAX_QUERY_CHARS: usize = 4_000;
/// Texts of one call to the embedder.
const EMBEDDED: usize = 64;
/// What more is asked of the index than is shown, because passages that say the same are folded.
const SPARE: usize = 10;
/// How much better a passage stands for being in the reader's language.
const OWN_LANGUAGE: f32 = 1.15;

/// How passages are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retrieval {
    /// By words and by meaning.
    Hybrid,
    /// By words alone.
    Lexical,
}

impl Retrieval {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hybrid => "hybrid",
            Self::Lexical => "lexical",
        }
    }
}

/// How a document was put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    Whole,
    /// The embedder failed: its passages are found by their words until it is put in again.
    WordsAlone,
}

/// What was found and not shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Dropped {
    /// The index holds it and the documents do not: it waits to be removed.
    pub unknown: u64,
    /// The index thought it in scope and the documents say that it is not.
    pub out_of_scope: u64,
}

/// The collection that is searched.
#[derive(Clone, Debug)]
struct Active {
    name: String,
    bm25: Bm25,
}

/// Passages of all workspaces. Readers never wait for a writer's work; writers come one after the
/// other.
pub struct Knowledge {
    index: Arc<dyn Index>,
    embedder: Option<Arc<dyn Embedder>>,
    screen: Option<Arc<dyn Screen>>,
    active: RwLock<Arc<Active>>,
    shelves: RwLock<HashMap<WorkspaceId, Shelf>>,
    writing: Mutex<()>,
    unknown: AtomicU64,
    out_of_scope: AtomicU64,
}

impl Knowledge {
    /// On an index in this process's memory, by words alone.
    pub fn in_memory() -> Self {
        let name = "knowledge";
        let index = Arc::new(MemoryIndex::with_collection(name, spec(BM25, None)));
        Self::on(index, None, Active { name: name.to_owned(), bm25: BM25 })
    }

    /// On a collection of an index, which is made unless it is there. [`IndexError::Differs`] when it
    /// was made for other vectors: then another one must be built under another name.
    pub async fn open(
        index: Arc<dyn Index>,
        embedder: Option<Arc<dyn Embedder>>,
        collection: &str,
    ) -> Result<Self, IndexError> {
        let there = index.describe(collection).await?;
        let bm25 = there.map_or(BM25, |there| there.bm25);
        index.ensure(collection, &spec(bm25, embedder.as_deref())).await?;
        Ok(Self::on(index, embedder, Active { name: collection.to_owned(), bm25 }))
    }

    fn on(index: Arc<dyn Index>, embedder: Option<Arc<dyn Embedder>>, active: Active) -> Self {
        Self {
            index,
            embedder,
            screen: None,
            active: RwLock::new(Arc::new(active)),
            shelves: RwLock::default(),
            writing: Mutex::default(),
            unknown: AtomicU64::new(0),
            out_of_scope: AtomicU64::new(0),
        }
    }

    /// Nothing is put in, and nothing is asked of the embedder, but what this lets through.
    #[must_use]
    pub fn screened_by(mut self, screen: Arc<dyn Screen>) -> Self {
        self.screen = Some(screen);
        self
    }

    pub(crate) fn screened(
        &self,
        workspace: WorkspaceId,
        document: Document,
        chunks: Vec<Chunk>,
    ) -> Screened {
        screen::screened(self.screen.as_deref(), workspace, document, chunks)
    }

    /// The rules by which each document that is searched was screened; see [`Screen::print`].
    pub fn prints(&self, workspace: WorkspaceId) -> HashMap<DocumentId, u64> {
        self.shelves().get(&workspace).map(Shelf::prints).unwrap_or_default()
    }

    pub fn retrieval(&self) -> Retrieval {
        if self.embedder.is_some() { Retrieval::Hybrid } else { Retrieval::Lexical }
    }

    /// The name of the collection that is searched.
    pub fn collection(&self) -> String {
        self.active().name.clone()
    }

    /// What searches of this process found and did not show.
    pub fn dropped(&self) -> Dropped {
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Dropped { unknown: count(&self.unknown), out_of_scope: count(&self.out_of_scope) }
    }

    /// The documents that are searched, each with its version.
    pub fn versions(&self, workspace: WorkspaceId) -> HashMap<DocumentId, i64> {
        self.shelves().get(&workspace).map(Shelf::versions).unwrap_or_default()
    }

    /// Passages held for the workspace.
    pub fn chunk_count(&self, workspace: WorkspaceId) -> usize {
        self.shelves().get(&workspace).map_or(0, Shelf::chunk_count)
    }

    /// By what share passages have become longer or shorter than the collection reckons with; beyond
    /// [`Bm25::MAX_DRIFT`] it is worth building anew.
    pub fn drift(&self) -> f32 {
        self.active().bm25.drift(&self.statistics())
    }

    /// Adds a document or puts a newer version in its place: points of pieces that did not change
    /// stay as they are. A version older than the one there is left alone.
    pub async fn put(
        &self,
        workspace: WorkspaceId,
        document: Document,
        chunks: Vec<Chunk>,
    ) -> Result<Put, IndexError> {
        let _writing = self.writing.lock().await;
        self.place(workspace, document, chunks, false).await
    }

    /// Writes all points of a document again, the same or not: what was put in by its words alone is
    /// embedded.
    pub async fn put_again(
        &self,
        workspace: WorkspaceId,
        document: Document,
        chunks: Vec<Chunk>,
    ) -> Result<Put, IndexError> {
        let _writing = self.writing.lock().await;
        self.place(workspace, document, chunks, true).await
    }

    /// Puts a document in of which nobody knows what the index holds: all that is there goes first.
    pub async fn heal(
        &self,
        workspace: WorkspaceId,
        document: Document,
        chunks: Vec<Chunk>,
    ) -> Result<Put, IndexError> {
        let _writing = self.writing.lock().await;
        let all = Selection::document(workspace, document.id);
        self.index.delete(&self.active().name, all).await?;
        self.place(workspace, document, chunks, true).await
    }

    async fn place(
        &self,
        workspace: WorkspaceId,
        document: Document,
        chunks: Vec<Chunk>,
        again: bool,
    ) -> Result<Put, IndexError> {
        let standing = {
            let shelves = self.shelves();
            let shelf = shelves.get(&workspace);
            if shelf.and_then(|shelf| shelf.version(document.id)).is_some_and(|held| held > document.version)
            {
                return Ok(Put::Whole);
            }
            shelf.map(|shelf| shelf.standing(document.id)).unwrap_or_default()
        };
        let screened = self.screened(workspace, document, chunks);
        let (document, chunks) = (&screened.document, &screened.chunks);
        let active = self.active();
        let stands = |chunk: &Chunk| !again && standing.get(&chunk.id) == Some(&chunk.since_version);
        let changed: Vec<&Chunk> = chunks.iter().filter(|chunk| !stands(chunk)).collect();
        let put = self.upsert(&active, workspace, document, &changed).await?;
        let mut gone: Vec<ChunkId> =
            standing.into_keys().filter(|id| !chunks.iter().any(|chunk| chunk.id == *id)).collect();
        gone.sort_unstable();
        for chunks in gone.chunks(MAX_BATCH) {
            let selection = Selection::Chunks { workspace, chunks: chunks.to_vec() };
            self.index.delete(&active.name, selection).await?;
        }
        self.hold(workspace, screened);
        Ok(put)
    }

    /// Takes a document whose points are known to be in the index.
    pub fn shelve(&self, workspace: WorkspaceId, document: Document, chunks: Vec<Chunk>) {
        self.hold(workspace, self.screened(workspace, document, chunks));
    }

    fn hold(&self, workspace: WorkspaceId, screened: Screened) {
        let print = screened.print;
        let (document, held) = hold(screened);
        let mut shelves = self.shelves.write().unwrap_or_else(PoisonError::into_inner);
        shelves.entry(workspace).or_default().put(document, held, print);
    }

    /// Forgets a document; one that is not known is no error. It is gone from searches at once, and
    /// from the index when this returns.
    pub async fn remove(&self, workspace: WorkspaceId, document: DocumentId) -> Result<(), IndexError> {
        let _writing = self.writing.lock().await;
        if let Some(shelf) = self.shelves.write().unwrap_or_else(PoisonError::into_inner).get_mut(&workspace)
        {
            shelf.remove(document);
        }
        self.index.delete(&self.active().name, Selection::document(workspace, document)).await
    }

    /// Makes everything that was put in survive a crash, as far as the index can.
    pub async fn flush(&self) -> Result<(), IndexError> {
        self.index.flush(&self.active().name).await
    }

    /// Begins to build a collection of this name beside the one that is searched. Changes wait until
    /// it ends.
    pub async fn rebuild(&self, collection: &str) -> Result<Rebuild<'_>, IndexError> {
        let writing = self.writing.lock().await;
        let statistics = self.statistics();
        let measured = statistics.average_length().unwrap_or(BM25.average_length);
        let bm25 = Bm25 { average_length: measured, ..BM25 };
        // What an earlier attempt left behind is of no use.
        self.index.drop_collection(collection).await?;
        self.index.ensure(collection, &spec(bm25, self.embedder.as_deref())).await?;
        let fresh = Active { name: collection.to_owned(), bm25 };
        Ok(Rebuild { knowledge: self, _writing: writing, fresh, shelves: HashMap::new(), put: Put::Whole })
    }

    /// Searches another collection from here on, one that holds the same documents.
    pub async fn switch_to(&self, collection: &str) -> Result<(), IndexError> {
        let _writing = self.writing.lock().await;
        let there = self.index.describe(collection).await?;
        let there = there.ok_or_else(|| IndexError::NoCollection(collection.to_owned()))?;
        let active = Active { name: collection.to_owned(), bm25: there.bm25 };
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(active);
        Ok(())
    }

    /// Removes a collection that is not searched any more.
    pub async fn drop_collection(&self, collection: &str) -> Result<(), IndexError> {
        if collection == self.active().name {
            return Err(IndexError::Query(format!("`{collection}` is the collection that is searched")));
        }
        self.index.drop_collection(collection).await
    }

    pub(crate) fn index(&self) -> &dyn Index {
        &*self.index
    }

    fn active(&self) -> Arc<Active> {
        Arc::clone(&self.active.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn shelves(&self) -> std::sync::RwLockReadGuard<'_, HashMap<WorkspaceId, Shelf>> {
        self.shelves.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn statistics(&self) -> Statistics {
        let mut all = Statistics::default();
        self.shelves().values().for_each(|shelf| all.merge(&shelf.statistics()));
        all
    }

    async fn upsert(
        &self,
        active: &Active,
        workspace: WorkspaceId,
        document: &Document,
        chunks: &[&Chunk],
    ) -> Result<Put, IndexError> {
        let mut put = Put::Whole;
        for chunks in chunks.chunks(EMBEDDED) {
            let composed = chunks.iter().map(|chunk| (*chunk, Composed::of(document, chunk)));
            let mut points: Vec<Point> = composed
                .map(|(chunk, words)| points::point(workspace, document, chunk, &words, &active.bm25))
                .collect();
            if let Some(embedder) = &self.embedder {
                let texts: Vec<String> = chunks.iter().map(|chunk| points::text_to_embed(chunk)).collect();
                match embedder.embed(&texts, TextKind::Passage).await {
                    Ok(vectors) if vectors.len() == points.len() => {
                        for (point, vector) in points.iter_mut().zip(vectors) {
                            point.dense = Some(vector);
                        }
                    }
                    Ok(vectors) => {
                        warn!(given = vectors.len(), wanted = points.len(), "the embedder left texts out");
                        put = Put::WordsAlone;
                    }
                    Err(error) => {
                        warn!(%error, document = %document.slug, "passages could not be embedded");
                        put = Put::WordsAlone;
                    }
                }
            }
            self.index.upsert(&active.name, points).await?;
        }
        Ok(put)
    }

    /// The query's dense vector, if there is an embedder and it answers.
    async fn dense(&self, workspace: WorkspaceId, query: &str) -> Option<Vec<f32>> {
        let embedder = self.embedder.as_ref()?;
        let shown = match &self.screen {
            Some(screen) => screen.line(workspace, query),
            None => query.into(),
        };
        match embedder.embed(&[shown.into_owned()], TextKind::Query).await {
            Ok(mut vectors) => vectors.pop(),
            Err(error) => {
                warn!(%error, "a query could not be embedded and is answered by its words alone");
                None
            }
        }
    }

    /// The passages of hits, best first, each checked against the scope once more.
    fn passages(
        &self,
        scope: &Scope,
        asked: &Asked,
        hits: Vec<Hit>,
        hybrid: bool,
        limit: usize,
    ) -> Vec<Passage> {
        let shelves = self.shelves();
        let language = scope.locale.as_deref().map(Language::of_locale);
        let mut found: Vec<(f32, Hit, &Held)> = Vec::with_capacity(hits.len());
        for hit in hits {
            let owner = hit.meta.workspace;
            let Some(held) = shelves.get(&owner).and_then(|shelf| shelf.chunk(hit.chunk)) else {
                self.unknown.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            if !scope.permits(owner, &held.document.meta) {
                self.out_of_scope.fetch_add(1, Ordering::Relaxed);
                warn!(
                    chunk = %hit.chunk, document = %held.document.slug, workspace = %scope.workspace_id,
                    "the index gave a passage that is out of scope; it was dropped"
                );
                continue;
            }
            let score = match hit.scores.lexical {
                Some(lexical) if !hybrid => lexical.score,
                _ => hit.scores.fused,
            };
            let own = language.is_some_and(|language| language == held.language);
            found.push((if own { score * OWN_LANGUAGE } else { score }, hit, held));
        }
        // Stable: what is equal stays in the index's order.
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut shown: Vec<&Held> = Vec::new();
        let mut passages = Vec::new();
        for (score, hit, held) in found {
            if passages.len() == limit {
                break;
            }
            if shown.iter().any(|before| before.print.is_like(&held.print)) {
                continue;
            }
            shown.push(held);
            passages.push(passage(held, score, &hit, asked.coverage(held)));
        }
        passages
    }
}

#[async_trait]
impl Retriever for Knowledge {
    async fn search(&self, scope: &Scope, query: &str, limit: usize) -> Result<Vec<Passage>, RetrieveError> {
        let query: String = query.chars().take(MAX_QUERY_CHARS).collect();
        if query.trim().is_empty() {
            return Err(RetrieveError::EmptyQuery);
        }
        let limit = limit.min(MAX_PASSAGES);
        let asked = {
            let shelves = self.shelves();
            let reach = [Some(scope.workspace_id), scope.universal.then_some(UNIVERSAL_WORKSPACE)];
            let reach: Vec<(WorkspaceId, &Shelf)> =
                reach.into_iter().flatten().filter_map(|id| Some((id, shelves.get(&id)?))).collect();
            Asked::new(&query, scope, &reach)
        };
        let Some(mut asked) = asked.filter(|_| limit > 0) else { return Ok(Vec::new()) };
        let mut plan = QueryPlan::new(reach(scope), 2 * limit + SPARE).facets(facets(scope));
        let dense = self.dense(scope.workspace_id, &query).await;
        let hybrid = dense.is_some();
        if let Some(dense) = dense {
            plan = plan.dense(dense);
        }
        if !asked.sparse.is_empty() {
            plan = plan.sparse(std::mem::take(&mut asked.sparse));
        } else if !hybrid {
            return Ok(Vec::new());
        }
        let hits = self
            .index
            .query(&self.active().name, plan)
            .await
            .map_err(|error| RetrieveError::Unavailable(error.to_string()))?;
        Ok(self.passages(scope, &asked, hits, hybrid, limit))
    }
}

/// A collection under way. Dropped before it is finished, it leaves what is searched as it was.
pub struct Rebuild<'a> {
    knowledge: &'a Knowledge,
    _writing: MutexGuard<'a, ()>,
    fresh: Active,
    shelves: HashMap<WorkspaceId, Shelf>,
    put: Put,
}

impl Rebuild<'_> {
    pub async fn add(
        &mut self,
        workspace: WorkspaceId,
        document: Document,
        chunks: Vec<Chunk>,
    ) -> Result<Put, IndexError> {
        let screened = self.knowledge.screened(workspace, document, chunks);
        let all: Vec<&Chunk> = screened.chunks.iter().collect();
        let put = self.knowledge.upsert(&self.fresh, workspace, &screened.document, &all).await?;
        if put == Put::WordsAlone {
            self.put = put;
        }
        let print = screened.print;
        let (document, held) = hold(screened);
        self.shelves.entry(workspace).or_default().put(document, held, print);
        Ok(put)
    }

    /// Makes the collection the one that is searched, and everything that was added all that is
    /// known. The earlier collection stays, for its owner to drop. Tells whether everything was
    /// embedded.
    pub async fn finish(self) -> Result<Put, IndexError> {
        let index = &self.knowledge.index;
        index.flush(&self.fresh.name).await?;
        index.optimise(&self.fresh.name).await?;
        let lock = &self.knowledge.shelves;
        let mut shelves = lock.write().unwrap_or_else(PoisonError::into_inner);
        *self.knowledge.active.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(self.fresh);
        *shelves = self.shelves;
        Ok(self.put)
    }
}

fn spec(bm25: Bm25, embedder: Option<&dyn Embedder>) -> CollectionSpec {
    let dense = embedder
        .map(|embedder| DenseSpec { dimension: embedder.dimension(), model: embedder.model().to_owned() });
    CollectionSpec { dense, idf: Idf::Query, ..CollectionSpec::lexical(bm25) }
}

fn reach(scope: &Scope) -> IndexScope {
    IndexScope {
        workspace: scope.workspace_id,
        universal: scope.universal,
        company: true,
        customer: scope.customer_id,
        internal: scope.internal,
    }
}

fn facets(scope: &Scope) -> Facets {
    Facets { brand: scope.brand.clone(), valid_at: Some(scope.valid_at), ..Facets::default() }
}

fn hold(screened: Screened) -> (Arc<Document>, Vec<Held>) {
    let Screened { mut document, chunks, .. } = screened;
    // Only the chunks are searched and shown.
    document.body = String::new();
    let document = Arc::new(document);
    let of_it = chunks.into_iter().filter(|chunk| chunk.document_id == document.id);
    let held = of_it
        .map(|chunk| {
            let composed = Composed::of(&document, &chunk);
            Held::new(&document, chunk, composed)
        })
        .collect();
    (document, held)
}

fn passage(held: &Held, score: f32, hit: &Hit, coverage: f32) -> Passage {
    let document = &held.document;
    Passage {
        chunk_id: held.chunk.id,
        document_id: document.id,
        document_version: document.version,
        slug: document.slug.clone(),
        title: document.meta.title.clone(),
        visibility: document.meta.visibility,
        layer: document.meta.layer,
        heading_path: held.chunk.heading_path.clone(),
        text: held.chunk.text.clone(),
        start: screen::place(&held.chunk),
        score,
        coverage,
        scores: hit.scores,
        highlights: Vec::new(),
    }
}
