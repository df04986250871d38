//! One collection: the engine's shard in its folder.
//!
//! Changes and flushes come one at a time, because the engine's flush refuses to wait for another
//! change. Searches come from any thread and at any time, and so do changes while segments are merged.

use std::{
    fs,
    io::Write,
    num::NonZeroUsize,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use qdrant_edge::{
    CountRequest, CreateIndex, Distance, EdgeConfig, EdgeOptimizersConfig, EdgeShard, EdgeSparseVectorParams,
    EdgeVectorParams, FieldIndexOperations, HnswIndexConfig, Modifier, NamedQuery, PointInsertOperations,
    PointOperations, QueryEnum, QueryRequest, ScoredPoint, ScoringQuery, ScrollRequest, SearchParams,
    UpdateOperation, VectorInternal, WalOptions, WithPayloadInterface, WithVector,
};
use rag::{
    lexical::SparseVector,
    vectors::{Candidate, CollectionSpec, Cursor, Idf, IndexError, Page, Point, QueryPlan},
};
use tracing::{debug, error, info};

use super::convert::{chunk, failed, filter, path, read_point, schema, sparse, write_point};
use crate::{
    DENSE, HNSW_CONSTRUCT, HNSW_M, HNSW_SEARCH, LEXICAL,
    filter::Clause,
    payload::{FIELD_INDEXES, from_payload},
};

const SPEC: &str = "collection.json";
const ENGINE: &str = "engine";
const LOG: &str = "wal";
/// With more full files than this, the log is cut when the collection is optimised. The engine
/// itself never does: it would hold every change ever made.
const LOG_FILES: usize = 8;
const FLUSHES: usize = 10;

pub(super) struct Shard {
    name: String,
    folder: PathBuf,
    spec: CollectionSpec,
    log_file_bytes: usize,
    /// None once removed, or when it could not be opened again.
    engine: RwLock<Option<EdgeShard>>,
    /// Held while something is changed or flushed.
    changing: Mutex<()>,
    /// Points put in that no optimising has seen yet.
    grown: AtomicUsize,
}

/// What the collection in the folder was made for; none when it was never finished.
pub(super) fn described(folder: &Path) -> Result<Option<CollectionSpec>, IndexError> {
    let Ok(text) = fs::read(folder.join(SPEC)) else { return Ok(None) };
    serde_json::from_slice(&text).map(Some).map_err(|error| {
        IndexError::Engine(format!("{}/{SPEC} cannot be read ({error}): remove the folder", folder.display()))
    })
}

impl Shard {
    /// The collection in the folder; none when it was never finished.
    pub(super) fn open(name: &str, folder: &Path, log_file_bytes: usize) -> Result<Option<Self>, IndexError> {
        let Some(spec) = described(folder)? else { return Ok(None) };
        let mut shard = Self::new(name, folder, spec, log_file_bytes, None);
        let engine = shard.loaded()?;
        let info = engine.info();
        shard.grown = info.points_count.saturating_sub(info.indexed_vectors_count).into();
        shard.engine = RwLock::new(Some(engine));
        Ok(Some(shard))
    }

    fn new(
        name: &str,
        folder: &Path,
        spec: CollectionSpec,
        log_file_bytes: usize,
        engine: Option<EdgeShard>,
    ) -> Self {
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            spec,
            log_file_bytes,
            engine: RwLock::new(engine),
            changing: Mutex::new(()),
            grown: AtomicUsize::new(0),
        }
    }

    pub(super) fn create(
        name: &str,
        folder: &Path,
        spec: CollectionSpec,
        log_file_bytes: usize,
    ) -> Result<Self, IndexError> {
        let written = |error: std::io::Error| IndexError::Engine(format!("{}: {error}", folder.display()));
        if folder.exists() {
            // What is left of one whose making or removal failed.
            fs::remove_dir_all(folder).map_err(written)?;
        }
        let engine_folder = folder.join(ENGINE);
        fs::create_dir_all(&engine_folder).map_err(written)?;
        let engine = EdgeShard::new(&engine_folder, config(&spec, log_file_bytes)).map_err(failed)?;
        for (field, index) in FIELD_INDEXES {
            let create = CreateIndex { field_name: path(field)?, field_schema: Some(schema(*index)) };
            engine
                .update(UpdateOperation::FieldIndexOperation(FieldIndexOperations::CreateIndex(create)))
                .map_err(failed)?;
        }
        engine.flush();
        let text = serde_json::to_vec_pretty(&spec).map_err(|error| {
            IndexError::Engine(format!("the collection's description cannot be written: {error}"))
        })?;
        let unfinished = folder.join(format!("{SPEC}.new"));
        let mut file = fs::File::create(&unfinished).map_err(written)?;
        file.write_all(&text).and_then(|()| file.sync_all()).map_err(written)?;
        fs::rename(&unfinished, folder.join(SPEC)).map_err(written)?;
        Ok(Self::new(name, folder, spec, log_file_bytes, Some(engine)))
    }

    fn loaded(&self) -> Result<EdgeShard, IndexError> {
        let folder = self.folder.join(ENGINE);
        cut_log(&folder.join(LOG))?;
        EdgeShard::load(&folder, Some(config(&self.spec, self.log_file_bytes))).map_err(failed)
    }

    pub(super) fn spec(&self) -> &CollectionSpec {
        &self.spec
    }

    fn with<T>(&self, work: impl FnOnce(&EdgeShard) -> Result<T, IndexError>) -> Result<T, IndexError> {
        let engine = self.engine.read().unwrap_or_else(PoisonError::into_inner);
        work(engine.as_ref().ok_or_else(|| IndexError::NoCollection(self.name.clone()))?)
    }

    pub(super) fn upsert(&self, points: Vec<Point>) -> Result<(), IndexError> {
        points.iter().try_for_each(|point| point.check(&self.spec))?;
        if points.is_empty() {
            return Ok(());
        }
        let points = points.into_iter().map(write_point).collect::<Result<Vec<_>, _>>()?;
        let count = points.len();
        self.change(PointOperations::UpsertPoints(PointInsertOperations::PointsList(points)))?;
        self.grown.fetch_add(count, Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn delete(&self, clause: &Clause) -> Result<(), IndexError> {
        self.change(PointOperations::DeletePointsByFilter(filter(clause)?))
    }

    fn change(&self, operation: PointOperations) -> Result<(), IndexError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with(|engine| engine.update(UpdateOperation::PointOperation(operation)).map_err(failed))
    }

    pub(super) fn lexical(
        &self,
        plan: &QueryPlan,
        query: &SparseVector,
        clause: &Clause,
    ) -> Result<Vec<Candidate>, IndexError> {
        if query.is_empty() {
            return Ok(Vec::new());
        }
        self.nearest(plan, VectorInternal::Sparse(sparse(query)), LEXICAL, clause)
    }

    pub(super) fn dense(
        &self,
        plan: &QueryPlan,
        query: &[f32],
        clause: &Clause,
    ) -> Result<Vec<Candidate>, IndexError> {
        self.nearest(plan, VectorInternal::Dense(query.to_vec()), DENSE, clause)
    }

    fn nearest(
        &self,
        plan: &QueryPlan,
        query: VectorInternal,
        using: &str,
        clause: &Clause,
    ) -> Result<Vec<Candidate>, IndexError> {
        let limit = plan.candidates();
        let request = QueryRequest {
            prefetches: Vec::new(),
            query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(query, using)))),
            filter: Some(filter(clause)?),
            score_threshold: None,
            limit,
            offset: 0,
            params: Some(SearchParams {
                hnsw_ef: Some(limit.max(HNSW_SEARCH)),
                exact: plan.exact,
                ..SearchParams::default()
            }),
            with_vector: WithVector::Bool(false),
            with_payload: WithPayloadInterface::Bool(true),
        };
        let found = self.with(|engine| engine.query(request).map_err(failed))?;
        found.into_iter().map(candidate).collect()
    }

    pub(super) fn scroll(
        &self,
        clause: &Clause,
        from: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, IndexError> {
        let request = ScrollRequest {
            offset: from.map(|cursor| qdrant_edge::PointId::Uuid(cursor.0.0)),
            limit: Some(limit),
            filter: Some(filter(clause)?),
            with_payload: Some(WithPayloadInterface::Bool(true)),
            with_vector: WithVector::Bool(true),
            order_by: None,
        };
        let (records, next) = self.with(|engine| engine.scroll(request).map_err(failed))?;
        let points = records.into_iter().map(|record| read_point(record.id, record.payload, record.vector));
        Ok(Page { points: points.collect::<Result<_, _>>()?, next: next.map(chunk).transpose()?.map(Cursor) })
    }

    pub(super) fn count(&self, clause: &Clause) -> Result<u64, IndexError> {
        let request = CountRequest { filter: Some(filter(clause)?), exact: true };
        self.with(|engine| engine.count(request).map_err(failed)).map(|count| count as u64)
    }

    pub(super) fn flush(&self) -> Result<(), IndexError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.with(|engine| {
            flush(engine);
            Ok(())
        })
    }

    /// Points put in since the collection was optimised, or was going to be.
    pub(super) fn grown(&self) -> usize {
        self.grown.load(Ordering::Relaxed)
    }

    pub(super) fn is_seen_to(&self) {
        self.grown.store(0, Ordering::Relaxed);
    }

    /// Merges segments and indexes them; changes and searches go on meanwhile. One at a time.
    ///
    /// Points are numbered by the log's entries, and a change numbered below the point it changes is
    /// ignored. So the log is on disk before segments are merged, and what is cut from it leaves the
    /// count in place.
    pub(super) fn optimise(&self) -> Result<(), IndexError> {
        self.flush()?;
        self.with(|engine| engine.optimize().map_err(failed))?;
        self.flush()?;
        if closed_log_files(&self.folder.join(ENGINE).join(LOG))?.len() <= LOG_FILES {
            return Ok(());
        }
        // Searches and changes wait while the collection is opened again.
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut engine = self.engine.write().unwrap_or_else(PoisonError::into_inner);
        if engine.take().is_some() {
            *engine = Some(self.loaded()?);
        }
        Ok(())
    }

    pub(super) fn remove(&self) -> Result<(), IndexError> {
        let gone = |error: std::io::Error| IndexError::Engine(format!("{}: {error}", self.folder.display()));
        let engine = self.engine.write().unwrap_or_else(PoisonError::into_inner).take();
        fs::remove_file(self.folder.join(SPEC)).map_err(gone)?;
        drop(engine);
        fs::remove_dir_all(&self.folder).map_err(gone)
    }
}

impl Drop for Shard {
    /// The engine flushes when it is dropped and panics when it cannot, on a full disk for one. That
    /// must not end the process.
    fn drop(&mut self) {
        let engine = self.engine.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if catch_unwind(AssertUnwindSafe(|| drop(engine))).is_err() {
            error!(collection = self.name, "what was written last could not be flushed");
        }
    }
}

/// The engine panics instead of waiting where merged segments are taking the place of others that
/// moment. Nothing is lost by that: it is asked again when they have.
fn flush(engine: &EdgeShard) {
    for left in (0..FLUSHES).rev() {
        // Waits for segments that are changing places.
        engine.info();
        match catch_unwind(AssertUnwindSafe(|| engine.flush())) {
            Ok(()) => return,
            Err(panic) if left == 0 => resume_unwind(panic),
            Err(_) => debug!("the index's segments were changing places; flushing again"),
        }
    }
}

fn candidate(point: ScoredPoint) -> Result<Candidate, IndexError> {
    let chunk = chunk(point.id)?;
    let meta = from_payload(chunk, point.payload.unwrap_or_default().0)?;
    Ok(Candidate { chunk, meta, score: point.score })
}

fn config(spec: &CollectionSpec, log_file_bytes: usize) -> EdgeConfig {
    let modifier = match spec.idf {
        Idf::Collection => Some(Modifier::Idf),
        Idf::Query => None,
    };
    let hnsw = HnswIndexConfig { m: HNSW_M, ef_construct: HNSW_CONSTRUCT, ..HnswIndexConfig::default() };
    let mut config = EdgeConfig::builder()
        .on_disk_payload(true)
        .sparse_vector(LEXICAL, EdgeSparseVectorParams { modifier, ..EdgeSparseVectorParams::default() })
        .hnsw_config(hnsw)
        .optimizers(EdgeOptimizersConfig {
            default_segment_number: Some(2),
            ..EdgeOptimizersConfig::default()
        })
        .wal_options(WalOptions {
            segment_capacity: log_file_bytes,
            segment_queue_len: 0,
            retain_closed: NonZeroUsize::MIN,
        });
    if let Some(dense) = &spec.dense {
        config = config.vector(DENSE, EdgeVectorParams::builder(dense.dimension, Distance::Cosine).build());
    }
    config.build()
}

/// The log's full files, oldest first.
fn closed_log_files(log: &Path) -> Result<Vec<PathBuf>, IndexError> {
    let unread = |error: std::io::Error| IndexError::Engine(format!("{}: {error}", log.display()));
    let mut files: Vec<(u64, PathBuf)> = Vec::new();
    if !log.exists() {
        return Ok(Vec::new());
    }
    for entry in fs::read_dir(log).map_err(unread)? {
        let path = entry.map_err(unread)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(start) = name.strip_prefix("closed-").and_then(|start| start.parse().ok()) {
            files.push((start, path));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, path)| path).collect())
}

/// Removes what nobody reads any more. The newest full file stays: the engine counts on from it.
fn cut_log(log: &Path) -> Result<(), IndexError> {
    let mut files = closed_log_files(log)?;
    files.pop();
    for file in &files {
        fs::remove_file(file).map_err(|error| IndexError::Engine(format!("{}: {error}", file.display())))?;
    }
    if !files.is_empty() {
        info!(files = files.len(), log = %log.display(), "old files of the index's log were removed");
    }
    Ok(())
}
