//! The server's collections: each an engine's shard in a folder of its name, all gone with the server.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use qdrant_edge::{
    Distance, EdgeConfig, EdgeShard, EdgeSparseVectorParams, EdgeVectorParams, HnswIndexConfig, Modifier,
    OperationError, UpdateOperation, WalOptions,
};
use serde_json::{Map, Value};
use tempfile::TempDir;
use tonic::Status;

/// What a collection is made of.
#[derive(Clone, Debug, Default)]
pub(super) struct Made {
    /// Dense vectors: name, dimension. They are compared by cosine.
    pub dense: Vec<(String, usize)>,
    /// Sparse vectors: name, whether the engine weighs by rarity.
    pub sparse: Vec<(String, bool)>,
    pub metadata: Map<String, Value>,
}

pub(super) struct Shard {
    engine: EdgeShard,
    pub metadata: Map<String, Value>,
    /// Changes take turns.
    changing: Mutex<()>,
}

pub(super) struct Shards {
    all: RwLock<BTreeMap<String, Arc<Shard>>>,
    /// Removed after the engines have been closed: they insist on their files.
    folder: TempDir,
}

pub(super) fn engine_failed(error: OperationError) -> Status {
    match error {
        OperationError::ValidationError { .. }
        | OperationError::WrongVectorDimension { .. }
        | OperationError::VectorNameNotExists { .. } => Status::invalid_argument(error.to_string()),
        _ => Status::internal(error.to_string()),
    }
}

impl Shards {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { all: RwLock::new(BTreeMap::new()), folder: tempfile::tempdir()? })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.all.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }

    pub(super) fn get(&self, name: &str) -> Result<Arc<Shard>, Status> {
        let all = self.all.read().unwrap_or_else(PoisonError::into_inner);
        all.get(name).cloned().ok_or_else(|| Status::not_found(format!("Collection `{name}` doesn't exist!")))
    }

    pub(super) fn create(&self, name: &str, made: Made) -> Result<(), Status> {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        if all.contains_key(name) {
            return Err(Status::already_exists(format!("Collection `{name}` already exists!")));
        }
        let folder = self.folder.path().join(name);
        let failed = |error: std::io::Error| Status::internal(format!("{}: {error}", folder.display()));
        fs::create_dir_all(&folder).map_err(failed)?;
        let engine = EdgeShard::new(&folder, config(&made)).map_err(engine_failed)?;
        let shard = Shard { engine, metadata: made.metadata, changing: Mutex::new(()) };
        all.insert(name.to_owned(), Arc::new(shard));
        Ok(())
    }

    /// Whether there was one. It must not be in use: its engine is closed before its files go.
    pub(super) fn delete(&self, name: &str) -> Result<bool, Status> {
        let mut all = self.all.write().unwrap_or_else(PoisonError::into_inner);
        let Some(shard) = all.remove(name) else { return Ok(false) };
        let shard = Arc::into_inner(shard)
            .ok_or_else(|| Status::unavailable(format!("Collection `{name}` is in use: try again")))?;
        drop(shard);
        let folder = self.folder.path().join(name);
        fs::remove_dir_all(&folder)
            .map_err(|error| Status::internal(format!("{}: {error}", folder.display())))?;
        Ok(true)
    }
}

impl Shard {
    pub(super) fn change(&self, operation: UpdateOperation) -> Result<(), Status> {
        let _turn = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        self.engine.update(operation).map_err(engine_failed)
    }

    pub(super) fn engine(&self) -> &EdgeShard {
        &self.engine
    }
}

fn config(made: &Made) -> EdgeConfig {
    let dense: HashMap<_, _> = made
        .dense
        .iter()
        .map(|(name, size)| (name.clone(), EdgeVectorParams::builder(*size, Distance::Cosine).build()))
        .collect();
    let sparse: HashMap<_, _> = made
        .sparse
        .iter()
        .map(|(name, idf)| {
            let modifier = idf.then_some(Modifier::Idf);
            (name.clone(), EdgeSparseVectorParams { modifier, ..EdgeSparseVectorParams::default() })
        })
        .collect();
    EdgeConfig::builder()
        .vectors(dense)
        .sparse_vectors(sparse)
        .hnsw_config(HnswIndexConfig::default())
        .wal_options(WalOptions { segment_capacity: 4 * 1024 * 1024, ..WalOptions::default() })
        .build()
}
