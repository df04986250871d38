//! One small real call of the configured embedder.

use domain::Clock;
use rag::{
    embed::{EmbedError, TextKind},
    vectors::{DenseSpec, rebuild_due},
};
use serde::Serialize;

use super::{KnowledgeIndexError, dense_spec, kept_collections, uncached_embedder};
use crate::config::Config;

/// How the call went, and what it means for what is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TriedEmbedder {
    pub asked: String,
    pub ok: bool,
    pub dimension: Option<usize>,
    pub latency_ms: u64,
    /// What is wrong and what to do.
    pub problem: Option<String>,
    pub collections: Vec<KeptCollection>,
    /// Why the collections could not be looked at, if they could not.
    pub collections_problem: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct KeptCollection {
    pub name: String,
    /// Why it needs a rebuild with this embedder, if it does.
    pub rebuild: Option<String>,
}

/// None when no embedder is configured.
pub async fn try_embedder(config: &Config, clock: &dyn Clock) -> Option<TriedEmbedder> {
    let named = &config.embeddings;
    let asked = if named.model.is_empty() { named.folder.clone() } else { named.model.clone() };
    let started = clock.now();
    let result = embed_once(config).await.transpose()?;
    let latency_ms = u64::try_from(clock.now().since(started).as_millis()).unwrap_or(u64::MAX);
    let mut tried = TriedEmbedder {
        asked,
        ok: result.is_ok(),
        dimension: None,
        latency_ms,
        problem: None,
        collections: Vec::new(),
        collections_problem: None,
    };
    match result {
        Ok(dense) => {
            tried.dimension = Some(dense.dimension);
            match kept_collections(config).await {
                Ok(kept) => {
                    let look =
                        |(name, spec)| KeptCollection { rebuild: rebuild_due(&spec, Some(&dense)), name };
                    tried.collections = kept.into_iter().map(look).collect();
                }
                Err(error) => tried.collections_problem = Some(error.to_string()),
            }
        }
        Err(error) => tried.problem = Some(explained(&error)),
    }
    Some(tried)
}

async fn embed_once(config: &Config) -> Result<Option<DenseSpec>, KnowledgeIndexError> {
    let once = super::EmbeddingsConfig { attempts: 1, ..config.embeddings.clone() };
    let Some(embedder) = uncached_embedder(&once).await? else { return Ok(None) };
    let vectors = embedder.embed(&["How do I send it back?".to_owned()], TextKind::Query).await?;
    match vectors.as_slice() {
        [vector] if vector.len() == embedder.dimension() => Ok(Some(dense_spec(&*embedder))),
        other => {
            let why = format!("{} vectors for one text", other.len());
            Err(EmbedError::Model(why).into())
        }
    }
}

/// The error with what to do about it.
fn explained(error: &KnowledgeIndexError) -> String {
    let text = error.to_string();
    let advice = match error {
        _ if text.contains("answered 401") || text.contains("answered 403") => {
            "check the key that `api_key_env` or `api_key_file` names"
        }
        _ if text.contains("answered 404") => {
            "check the model's name and `base_url`, which ends before `/embeddings`"
        }
        KnowledgeIndexError::Embed(EmbedError::Unavailable(_)) => {
            "check `base_url`, and that the server runs"
        }
        KnowledgeIndexError::Embed(EmbedError::Refused(_)) => {
            "its words say what it wants; some models take no `ask_dimension`"
        }
        KnowledgeIndexError::Embed(EmbedError::Load { .. }) => {
            "the folder holds `config.json`, `tokenizer.json` and `model.safetensors` of a BERT-like model"
        }
        // These say it themselves.
        _ => return text,
    };
    format!("{text}: {advice}")
}
