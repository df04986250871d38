//! A sentence transformer in this process, from a folder or from what was fetched from the Hugging
//! Face hub before. Nothing is fetched here: a start must not depend on somebody else's server.

use std::{path::PathBuf, sync::Arc};

use rag::embed::Embedder;

use super::{EmbeddingsConfig, KnowledgeIndexError};

/// Where the model is, or what to do when it is not there.
pub(crate) fn folder(config: &EmbeddingsConfig) -> Result<PathBuf, String> {
    if config.folder.is_empty() { hub::folder(&config.model) } else { Ok(PathBuf::from(&config.folder)) }
}

#[cfg(not(feature = "local-embedder"))]
pub(super) async fn open(_: &EmbeddingsConfig) -> Result<Arc<dyn Embedder>, KnowledgeIndexError> {
    Err(KnowledgeIndexError::NoLocalModels)
}

#[cfg(feature = "local-embedder")]
pub(super) async fn open(config: &EmbeddingsConfig) -> Result<Arc<dyn Embedder>, KnowledgeIndexError> {
    use std::num::NonZeroUsize;

    use rag::embed::EmbedError;
    use rag_embed::{LocalEmbedder, LocalOptions};

    let mut options = LocalOptions::default();
    if let Some(threads) = NonZeroUsize::new(config.threads) {
        options.threads = threads;
    }
    if config.folder.is_empty() {
        options.name = Some(config.model.clone());
    }
    let folder = folder(config).map_err(KnowledgeIndexError::Setup)?;
    let loaded = super::blocking(move || LocalEmbedder::load(&folder, options)).await;
    let embedder = loaded.unwrap_or_else(|why| Err(EmbedError::Model(why)))?;
    if config.dimension != 0 && config.dimension != embedder.dimension() {
        return Err(EmbedError::Dimension {
            model: embedder.model().to_owned(),
            given: embedder.dimension(),
            wanted: config.dimension,
        }
        .into());
    }
    Ok(Arc::new(embedder))
}

mod hub {
    //! The hub's cache as its own tools keep it: `models--<owner>--<name>/refs/main` names the
    //! folder in `snapshots/`
    //! (<https://huggingface.co/docs/huggingface_hub/guides/manage-cache>).

    use std::{
        env, fs,
        path::{Path, PathBuf},
    };

    pub(super) fn folder(model: &str) -> Result<PathBuf, String> {
        let cache = cache().ok_or("set HF_HOME or HOME, so that models of the hub can be found")?;
        find(&cache, model)
    }

    fn cache() -> Option<PathBuf> {
        let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        set("HF_HUB_CACHE")
            .or_else(|| Some(set("HF_HOME")?.join("hub")))
            .or_else(|| Some(set("XDG_CACHE_HOME")?.join("huggingface/hub")))
            .or_else(|| Some(set("HOME")?.join(".cache/huggingface/hub")))
    }

    pub(super) fn find(cache: &Path, model: &str) -> Result<PathBuf, String> {
        let fits = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        };
        let parts: Vec<&str> = model.split('/').collect();
        if parts.len() != 2 || !parts.iter().all(|part| fits(part)) {
            return Err(format!(
                "model `{model}` is no name on the hub: write OWNER/NAME, such as \
                 sentence-transformers/all-MiniLM-L6-v2, or give the `folder` the model is in"
            ));
        }
        let kept = cache.join(format!("models--{}--{}", parts[0], parts[1]));
        let fetch = || {
            format!(
                "model `{model}` is not in {}: fetch it with `hf download {model}`, or give the `folder` it is in",
                cache.display()
            )
        };
        let revision = fs::read_to_string(kept.join("refs/main")).map_err(|_| fetch())?;
        let revision = revision.trim();
        let folder = kept.join("snapshots").join(revision);
        if !fits(revision) || !folder.is_dir() {
            return Err(fetch());
        }
        Ok(folder)
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_model_is_found_where_the_hubs_tools_put_it_and_no_name_leads_elsewhere() {
            let cache = tempfile::tempdir().unwrap();
            let error = find(cache.path(), "owner/model").unwrap_err();
            assert!(error.contains("hf download owner/model"), "{error}");
            let kept = cache.path().join("models--owner--model");
            fs::create_dir_all(kept.join("snapshots/abc123")).unwrap();
            fs::create_dir_all(kept.join("refs")).unwrap();
            fs::write(kept.join("refs/main"), "abc123\n").unwrap();
            assert_eq!(find(cache.path(), "owner/model"), Ok(kept.join("snapshots/abc123")));
            fs::write(kept.join("refs/main"), "../../..").unwrap();
            assert!(find(cache.path(), "owner/model").is_err());
            for name in ["model", "a/b/c", "../x", "a/..", "/", "a/ b"] {
                assert!(find(cache.path(), name).unwrap_err().contains("OWNER/NAME"), "{name}");
            }
        }
    }
}
