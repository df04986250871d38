//! Brings the shipped library into the reserved workspace whenever the binary brings another one.

use std::collections::HashSet;

use domain::{knowledge::UNIVERSAL_WORKSPACE, user::Actor};
use rag::{Earlier, library};
use store::{KnowledgeFact, StoreError, WorkspaceStore};
use tracing::info;

use super::KnowledgeError;
use crate::app::App;

/// Loads the library unless it is there. What is not in it any more goes.
pub(crate) async fn load(app: &App) -> Result<(), KnowledgeError> {
    if !app.config.knowledge.library {
        return Ok(());
    }
    let store = app.store.workspace(UNIVERSAL_WORKSPACE);
    let digest = library::digest();
    if is_loaded(&store, &digest.0).await? {
        return Ok(());
    }
    let files = library::files();
    let mut changed = Vec::new();
    for file in &files {
        let parsed = rag::parse_markdown(file.slug, file.markdown)?;
        let known = match store.document_by_slug(file.slug).await? {
            Some(known) => {
                let chunks = store.chunks(&known).await?;
                Some((known, chunks))
            }
            None => None,
        };
        let earlier = known.as_ref().map(|(document, chunks)| Earlier { document, chunks });
        if !earlier.is_some_and(|earlier| earlier.is(&parsed)) {
            changed.push(rag::compose(file.slug, parsed, earlier, &*app.ids, app.clock.now()));
        }
    }
    info!(documents = changed.len(), "the library is loaded");
    if let Err(error) = store.put_documents(changed, Actor::System).await {
        // Another process that starts at the same time may have been faster.
        return if is_loaded(&store, &digest.0).await? { Ok(()) } else { Err(error.into()) };
    }
    let slugs: HashSet<&str> = files.iter().map(|file| file.slug).collect();
    for (document, _) in store.all_chunks().await? {
        if !slugs.contains(document.slug.as_str()) {
            store.remove_document(document.id).await?;
        }
    }
    store.put_knowledge_fact(KnowledgeFact::Library, &digest.0).await?;
    Ok(())
}

async fn is_loaded(store: &WorkspaceStore, digest: &str) -> Result<bool, StoreError> {
    Ok(store.knowledge_fact(KnowledgeFact::Library).await?.as_deref() == Some(digest))
}
