//! The index of vectors and the embedder of a process, opened as the configuration says.
//!
//! What is put into the index and how it is asked is not decided here. The ports are
//! [`rag::vectors::Index`] and [`rag::embed::Embedder`].

mod config;
mod local;
mod probe;

use std::{num::NonZeroUsize, sync::Arc, time::Duration};

use rag::{
    embed::{CachedEmbedder, EmbedError, Embedder, MemoryCache},
    vectors::{CollectionSpec, DenseSpec, Index, IndexError, MemoryIndex},
};
use rag_embed::{EndpointEmbedder, EndpointOptions};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(crate) use config::is_variable;
pub use config::{EmbeddingsConfig, EmbeddingsProvider, EngineChoice, IndexConfig};
pub(crate) use local::folder as local_folder;
pub use probe::{KeptCollection, TriedEmbedder, try_embedder};

use crate::{
    api_key,
    app::{BroughtIndex, sqlite_path},
    config::Config,
    models::connections,
};
use config::{key_file, set};

/// What the names of the service's collections begin with; a number follows.
pub const COLLECTIONS: &str = "knowledge";
/// What this build can open besides the exact index in memory and embedders behind an API.
pub const HAS_EMBEDDED: bool = cfg!(feature = "embedded-index");
pub const HAS_SERVER: bool = cfg!(feature = "index-server");
pub const HAS_LOCAL: bool = cfg!(feature = "local-embedder");

/// What holds the vectors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// The exact index in memory: it compares with every point and is filled anew at each start.
    Memory,
    /// Qdrant's engine in this process.
    Embedded,
    /// A Qdrant server or cluster.
    Server,
}

impl Engine {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Embedded => "embedded",
            Self::Server => "server",
        }
    }
}

#[derive(Debug, Error)]
pub enum KnowledgeIndexError {
    #[error(
        "index.engine is `{engine}` and this build is without it: build with `--features {feature}` (release builds \
         have it), or set index.engine = \"memory\""
    )]
    NotBuilt { engine: &'static str, feature: &'static str },
    #[error(
        "embeddings.provider is `local` and this build is without it: build with `--features local-embedder` (release \
         builds have it), or use an endpoint"
    )]
    NoLocalModels,
    #[error("index: {0}")]
    Index(#[from] IndexError),
    #[error("embeddings: {0}")]
    Embed(#[from] EmbedError),
    #[error("{table}: the key cannot be read: {why}")]
    Key { table: &'static str, why: String },
    /// The text says what to do.
    #[error("embeddings: {0}")]
    Setup(String),
}

/// Which engine the configuration means, and a reason worth telling when it is not the best there is.
pub fn engine_of(config: &Config) -> Result<(Engine, Option<&'static str>), KnowledgeIndexError> {
    let missing = |engine, feature| Err(KnowledgeIndexError::NotBuilt { engine, feature });
    match config.index.engine {
        EngineChoice::Memory => Ok((Engine::Memory, None)),
        EngineChoice::Embedded if HAS_EMBEDDED => Ok((Engine::Embedded, None)),
        EngineChoice::Embedded => missing("embedded", "embedded-index"),
        EngineChoice::Server if HAS_SERVER => Ok((Engine::Server, None)),
        EngineChoice::Server => missing("server", "index-server"),
        EngineChoice::Auto if sqlite_path(&config.database.url).is_none() => Ok((
            Engine::Memory,
            Some(
                "the index is in memory, each process filling its own: with many chunks configure a Qdrant server, \
                 index.engine = \"server\"",
            ),
        )),
        EngineChoice::Auto if HAS_EMBEDDED => Ok((Engine::Embedded, None)),
        EngineChoice::Auto => Ok((
            Engine::Memory,
            Some(
                "light build: the index is the exact one in memory; a release build has the embedded engine, for many \
                 chunks",
            ),
        )),
    }
}

/// Leaves the folder of an embedded engine to the service that may be running on the same database:
/// for commands that work beside it.
pub(crate) fn beside_a_service(config: &mut Config) {
    if config.index.engine != EngineChoice::Server {
        config.index.engine = EngineChoice::Memory;
    }
}

/// Opens the configured index. A server must answer; a folder must not be another process's.
pub async fn open_index(config: &Config) -> Result<Arc<dyn Index>, KnowledgeIndexError> {
    let (engine, why) = engine_of(config)?;
    if let Some(why) = why {
        tracing::info!("{why}");
    }
    match engine {
        Engine::Memory => Ok(Arc::new(MemoryIndex::new())),
        Engine::Embedded => embedded(config).await,
        Engine::Server => server(config).await,
    }
}

#[cfg(feature = "embedded-index")]
async fn embedded(config: &Config) -> Result<Arc<dyn Index>, KnowledgeIndexError> {
    use rag_qdrant::{EdgeIndex, EdgeOptions};
    let folder = config.index.folder(&config.database.url);
    let opened = blocking(move || EdgeIndex::open(&folder, EdgeOptions::default())).await;
    let index: Arc<dyn Index> = Arc::new(opened.unwrap_or_else(|why| Err(IndexError::Engine(why)))?);
    Ok(index)
}

#[cfg(not(feature = "embedded-index"))]
async fn embedded(_: &Config) -> Result<Arc<dyn Index>, KnowledgeIndexError> {
    Err(KnowledgeIndexError::NotBuilt { engine: "embedded", feature: "embedded-index" })
}

#[cfg(feature = "index-server")]
async fn server(config: &Config) -> Result<Arc<dyn Index>, KnowledgeIndexError> {
    use rag_qdrant::{ServerIndex, ServerOptions};
    let config = &config.index;
    let api_key = api_key::read(set(&config.api_key_env), key_file(&config.api_key_file))
        .map_err(|why| KnowledgeIndexError::Key { table: "index", why })?;
    let options = ServerOptions {
        api_key,
        prefix: config.prefix.clone(),
        timeout: Duration::from_millis(config.timeout_ms),
        shards: Some(config.shards).filter(|count| *count > 0),
        replicas: Some(config.replicas).filter(|count| *count > 0),
        ..ServerOptions::new(&config.url)
    };
    let index: Arc<dyn Index> = Arc::new(ServerIndex::connect(options).await?);
    Ok(index)
}

#[cfg(not(feature = "index-server"))]
async fn server(_: &Config) -> Result<Arc<dyn Index>, KnowledgeIndexError> {
    Err(KnowledgeIndexError::NotBuilt { engine: "server", feature: "index-server" })
}

/// Runs what blocks on a thread for that. The error says that it panicked.
#[cfg(any(feature = "embedded-index", feature = "local-embedder"))]
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(work).await.map_err(|error| format!("it gave up while opening: {error}"))
}

/// The configured embedder behind its cache; none when none is configured. Asks nobody anything, but
/// a local model is read.
pub async fn open_embedder(config: &Config) -> Result<Option<Arc<dyn Embedder>>, KnowledgeIndexError> {
    let embedder = uncached_embedder(&config.embeddings).await?;
    Ok(match (embedder, NonZeroUsize::new(config.embeddings.cached)) {
        (Some(embedder), Some(cached)) => {
            Some(Arc::new(CachedEmbedder::new(embedder, Arc::new(MemoryCache::new(cached)))))
        }
        (embedder, _) => embedder,
    })
}

/// The same without the cache: whoever asks it asks the model.
pub async fn uncached_embedder(
    config: &EmbeddingsConfig,
) -> Result<Option<Arc<dyn Embedder>>, KnowledgeIndexError> {
    match config.provider {
        EmbeddingsProvider::None => Ok(None),
        EmbeddingsProvider::Endpoint => endpoint(config).map(Some),
        EmbeddingsProvider::Local => local::open(config).await.map(Some),
    }
}

fn endpoint(config: &EmbeddingsConfig) -> Result<Arc<dyn Embedder>, KnowledgeIndexError> {
    let setup = KnowledgeIndexError::Setup;
    let base_url = config
        .base_url
        .parse()
        .map_err(|error| setup(format!("base_url `{}` is no address: {error}", config.base_url)))?;
    let api_key = api_key::read(set(&config.api_key_env), key_file(&config.api_key_file))
        .map_err(|why| KnowledgeIndexError::Key { table: "embeddings", why })?;
    let timeout = Duration::from_millis(config.timeout_ms);
    let client = connections(&config.base_url, timeout, Some(timeout), 8)
        .map_err(|error| setup(format!("the HTTP client cannot be built: {error}")))?;
    let options = EndpointOptions {
        api_key,
        ask_dimension: config.ask_dimension,
        reads_tokens: Some(config.reads_tokens).filter(|tokens| *tokens > 0),
        prefixes: [config.query_prefix.clone(), config.passage_prefix.clone()],
        batch: config.batch,
        attempts: config.attempts,
        ..EndpointOptions::new(base_url, &config.model, config.dimension)
    };
    Ok(Arc::new(EndpointEmbedder::new(client, options)))
}

/// What the embedder's vectors make of a collection's description.
pub fn dense_spec(embedder: &dyn Embedder) -> DenseSpec {
    DenseSpec { dimension: embedder.dimension(), model: embedder.model().to_owned() }
}

/// The collections that are kept, with what they were made for. Opens nothing: the folder of an
/// embedded engine may be another process's. Nothing is kept in memory.
pub async fn kept_collections(config: &Config) -> Result<Vec<(String, CollectionSpec)>, KnowledgeIndexError> {
    let mut kept = match engine_of(config)?.0 {
        Engine::Memory => Vec::new(),
        Engine::Embedded => described(config)?,
        Engine::Server => {
            let index = server(config).await?;
            let mut kept = Vec::new();
            for name in index.collections().await? {
                if let Some(spec) = index.describe(&name).await? {
                    kept.push((name, spec));
                }
            }
            kept
        }
    };
    kept.retain(|(name, _)| name.starts_with(COLLECTIONS));
    Ok(kept)
}

#[cfg(feature = "embedded-index")]
fn described(config: &Config) -> Result<Vec<(String, CollectionSpec)>, KnowledgeIndexError> {
    Ok(rag_qdrant::described(&config.index.folder(&config.database.url))?)
}

#[cfg(not(feature = "embedded-index"))]
fn described(_: &Config) -> Result<Vec<(String, CollectionSpec)>, KnowledgeIndexError> {
    Ok(Vec::new())
}

/// The index and the embedder of a running service.
pub struct KnowledgeIndex {
    pub engine: Engine,
    /// A reason worth telling when the engine is not the best there is.
    pub note: Option<&'static str>,
    pub index: Arc<dyn Index>,
    pub embedder: Option<Arc<dyn Embedder>>,
}

impl KnowledgeIndex {
    pub async fn open(config: &Config) -> Result<Self, KnowledgeIndexError> {
        let (engine, note) = engine_of(config)?;
        let (index, embedder) = (open_index(config).await?, open_embedder(config).await?);
        tracing::info!(
            index = engine.as_str(),
            embedder = embedder.as_ref().map_or("none", |embedder| embedder.model()),
            "the index of knowledge is open"
        );
        Ok(Self { engine, note, index, embedder })
    }

    /// One that was opened by whoever embeds the service.
    pub fn brought(index: BroughtIndex, embedder: Option<Arc<dyn Embedder>>) -> Self {
        let engine = if index.survives { Engine::Embedded } else { Engine::Memory };
        Self { engine, note: None, index: index.index, embedder }
    }

    /// With this embedder where none is configured.
    #[must_use]
    pub fn or_embedder(self, embedder: Option<Arc<dyn Embedder>>) -> Self {
        Self { embedder: self.embedder.or(embedder), ..self }
    }

    /// Whether what was flushed is there again after a restart.
    pub fn survives(&self) -> bool {
        self.engine != Engine::Memory
    }

    /// Makes what was written survive the end of the process.
    pub async fn flush(&self) -> Result<(), KnowledgeIndexError> {
        for name in self.index.collections().await? {
            self.index.flush(&name).await?;
        }
        Ok(())
    }
}
