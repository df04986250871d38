//! The port to models that turn text into dense vectors, and the cache before them.

use std::{num::NonZeroUsize, sync::Arc};

use async_trait::async_trait;
use domain::canonical::Digest;
use moka::sync::Cache;
use thiserror::Error;

/// Some models read a question differently from what answers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextKind {
    Query,
    Passage,
}

/// The most texts of one call.
pub const MAX_TEXTS: usize = 512;
/// The most bytes of one text; what a model does not read of it is its own business.
pub const MAX_TEXT_BYTES: usize = 64 * 1024;

/// Turns texts into vectors of one length. The same text gives the same vector, up to rounding.
#[async_trait]
pub trait Embedder: Send + Sync {
    /// The model's name, with whatever else tells its vectors from those of other models.
    fn model(&self) -> &str;

    fn dimension(&self) -> usize;

    /// How many tokens of a text are read; the rest does not count. None: no limit is known.
    fn reads_tokens(&self) -> Option<usize>;

    /// A vector for each text, in order. At most [`MAX_TEXTS`] of at most [`MAX_TEXT_BYTES`].
    async fn embed(&self, texts: &[String], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError>;
}

#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EmbedError {
    #[error("{given} texts in one call; at most {MAX_TEXTS}: send them in several")]
    TooMany { given: usize },
    #[error("text {at} has {bytes} bytes; at most {MAX_TEXT_BYTES}: cut it into chunks first")]
    TooLong { at: usize, bytes: usize },
    #[error(
        "`{model}` gives vectors of {given} numbers where {wanted} are configured: set the dimension to {given}"
    )]
    Dimension { model: String, given: usize, wanted: usize },
    #[error("the embedding model cannot be loaded from {folder}: {why}")]
    Load { folder: String, why: String },
    #[error("the embedding provider refused: {0}")]
    Refused(String),
    #[error("the embedding provider is not available: {0}")]
    Unavailable(String),
    #[error("the embedding model failed: {0}")]
    Model(String),
}

/// Checks what every embedder is asked.
pub fn check_texts(texts: &[String]) -> Result<(), EmbedError> {
    if texts.len() > MAX_TEXTS {
        return Err(EmbedError::TooMany { given: texts.len() });
    }
    match texts.iter().enumerate().find(|(_, text)| text.len() > MAX_TEXT_BYTES) {
        Some((at, text)) => Err(EmbedError::TooLong { at, bytes: text.len() }),
        None => Ok(()),
    }
}

/// Vectors that were computed before, by the digest of model, kind and text.
#[async_trait]
pub trait EmbeddingCache: Send + Sync {
    /// One answer for each key, in order.
    async fn get(&self, keys: &[Digest]) -> Result<Vec<Option<Vec<f32>>>, EmbedError>;

    async fn put(&self, entries: Vec<(Digest, Vec<f32>)>) -> Result<(), EmbedError>;
}

/// An embedder that asks another one only for what its cache does not hold.
pub struct CachedEmbedder {
    inner: Arc<dyn Embedder>,
    cache: Arc<dyn EmbeddingCache>,
}

impl CachedEmbedder {
    pub fn new(inner: Arc<dyn Embedder>, cache: Arc<dyn EmbeddingCache>) -> Self {
        Self { inner, cache }
    }

    /// The key of a text. The dimension is in it because some models can be asked for several.
    fn key(&self, text: &str, kind: TextKind) -> Digest {
        let kind = match kind {
            TextKind::Query => "query",
            TextKind::Passage => "passage",
        };
        let head = format!("{}\n{}\n{kind}\n", self.inner.model(), self.inner.dimension());
        Digest::of_bytes(&[head.as_bytes(), text.as_bytes()].concat())
    }
}

#[async_trait]
impl Embedder for CachedEmbedder {
    fn model(&self) -> &str {
        self.inner.model()
    }

    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn reads_tokens(&self) -> Option<usize> {
        self.inner.reads_tokens()
    }

    async fn embed(&self, texts: &[String], kind: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
        check_texts(texts)?;
        let keys: Vec<Digest> = texts.iter().map(|text| self.key(text, kind)).collect();
        let mut vectors = self.cache.get(&keys).await?;
        vectors.resize(texts.len(), None);
        // A vector of another length is of no use; it is computed anew and put in its place.
        let usable = |vector: &Option<Vec<f32>>| vector.as_ref().is_some_and(|v| v.len() == self.dimension());
        let mut missing: Vec<usize> = (0..texts.len()).filter(|at| !usable(&vectors[*at])).collect();
        // The same text twice is computed once.
        missing.sort_by(|a, b| keys[*a].cmp(&keys[*b]).then(a.cmp(b)));
        missing.dedup_by(|a, b| keys[*a] == keys[*b]);
        missing.sort_unstable();
        if missing.is_empty() {
            return Ok(vectors.into_iter().flatten().collect());
        }
        let wanted: Vec<String> = missing.iter().map(|at| texts[*at].clone()).collect();
        let computed = self.inner.embed(&wanted, kind).await?;
        if computed.len() != wanted.len() {
            return Err(EmbedError::Model(format!("{} vectors for {} texts", computed.len(), wanted.len())));
        }
        let entries: Vec<(Digest, Vec<f32>)> =
            missing.iter().map(|at| keys[*at].clone()).zip(computed).collect();
        let fresh: std::collections::HashMap<&Digest, &Vec<f32>> =
            entries.iter().map(|(key, vector)| (key, vector)).collect();
        for (at, vector) in vectors.iter_mut().enumerate() {
            if let Some(computed) = fresh.get(&keys[at]) {
                *vector = Some((*computed).clone());
            }
        }
        self.cache.put(entries).await?;
        Ok(vectors.into_iter().flatten().collect())
    }
}

/// The vectors used last, in memory.
pub struct MemoryCache {
    entries: Cache<Digest, Arc<Vec<f32>>>,
}

impl MemoryCache {
    /// For so many vectors; 384 numbers are some 1.6 kB.
    pub fn new(capacity: NonZeroUsize) -> Self {
        Self { entries: Cache::new(capacity.get() as u64) }
    }
}

#[async_trait]
impl EmbeddingCache for MemoryCache {
    async fn get(&self, keys: &[Digest]) -> Result<Vec<Option<Vec<f32>>>, EmbedError> {
        Ok(keys.iter().map(|key| self.entries.get(key).map(|vector| (*vector).clone())).collect())
    }

    async fn put(&self, entries: Vec<(Digest, Vec<f32>)>) -> Result<(), EmbedError> {
        for (key, vector) in entries {
            self.entries.insert(key, Arc::new(vector));
        }
        Ok(())
    }
}
