//! Articles that runs add, each once for its effect: the document has the effect's own id, so that the
//! same effect cannot make a second one, in whichever process it is tried again.

use async_trait::async_trait;
use domain::{
    DocumentId, EffectId, WorkspaceId,
    knowledge::Document,
    ports::{AddedArticle, ArticleError, Articles, NewArticle},
    run::Run,
    user::Actor,
};
use rag::ParsedDocument;
use store::{StoreError, WorkspaceStore};
use tracing::warn;

use super::{Keeper, indexing};

/// Names that are tried when other documents have them: `name`, `name-2`, …
const MAX_NAMES: u32 = 50;

#[async_trait]
impl Articles for Keeper {
    async fn add(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        run: &Run,
        article: NewArticle,
    ) -> Result<AddedArticle, ArticleError> {
        let store = self.store.workspace(workspace);
        let parsed = read(&article)?;
        let _changing = self.indexing.changing().await;
        for number in 1..=MAX_NAMES {
            if let Some(there) = known(&store, effect).await? {
                close_gap(&store, run, &there.slug).await?;
                return Ok(there);
            }
            let slug = match number {
                1 => article.slug.clone(),
                number => format!("{}-{number}", article.slug),
            };
            if store.document_by_slug(&slug).await.map_err(unavailable)?.is_some() {
                continue;
            }
            let (mut document, mut chunks) =
                rag::compose(&slug, parsed.clone(), None, &*self.ids, self.clock.now());
            document.id = DocumentId(effect.0);
            chunks.iter_mut().for_each(|chunk| chunk.document_id = document.id);
            let by = Actor::Agent { agent: run.agent.clone(), run_id: run.id };
            match store.put_document(document.clone(), chunks.clone(), by).await {
                // Another process took the name, or did this very thing: looked at anew.
                Err(StoreError::Taken(_)) => continue,
                written => written.map_err(unavailable)?,
            }
            indexing::put(self, workspace, document.clone(), chunks).await;
            indexing::settle(self, workspace, [&document]).await;
            close_gap(&store, run, &document.slug).await?;
            return Ok(added(&document));
        }
        Err(ArticleError::Invalid(format!(
            "{MAX_NAMES} documents are called `{}`; choose another name",
            article.slug
        )))
    }

    async fn added(
        &self,
        workspace: WorkspaceId,
        effect: EffectId,
        run: &Run,
    ) -> Result<Option<AddedArticle>, ArticleError> {
        let store = self.store.workspace(workspace);
        let there = known(&store, effect).await?;
        if let Some(there) = &there {
            close_gap(&store, run, &there.slug).await?;
        }
        Ok(there)
    }
}

fn read(article: &NewArticle) -> Result<ParsedDocument, ArticleError> {
    let invalid = |error: &dyn std::fmt::Display| ArticleError::Invalid(error.to_string());
    let body = rag::parse_markdown(&article.slug, &article.body).map_err(|error| invalid(&error))?.body;
    let mut meta = article.meta.clone();
    meta.locale = rag::read_locale(&meta.locale).map_err(|why| invalid(&why))?;
    rag::check_metadata(&meta).map_err(|why| invalid(&why))?;
    Ok(ParsedDocument { meta, body })
}

/// The document of the effect, also when it has been removed since: its versions stay.
async fn known(store: &WorkspaceStore, effect: EffectId) -> Result<Option<AddedArticle>, ArticleError> {
    let id = DocumentId(effect.0);
    if let Some(document) = store.document(id).await.map_err(unavailable)? {
        return Ok(Some(added(&document)));
    }
    let versions = store.document_versions(id).await.map_err(unavailable)?;
    Ok(versions.into_iter().next().map(|version| AddedArticle {
        document_id: id,
        slug: version.slug,
        title: version.meta.title,
    }))
}

fn added(document: &Document) -> AddedArticle {
    AddedArticle { document_id: document.id, slug: document.slug.clone(), title: document.meta.title.clone() }
}

/// The gap that the run is about has its article.
async fn close_gap(store: &WorkspaceStore, run: &Run, slug: &str) -> Result<(), ArticleError> {
    let Some(id) = run.about.and_then(|about| about.gap_id) else { return Ok(()) };
    if store.draft_gap(id, slug.to_owned()).await.map_err(unavailable)?.is_none() {
        warn!(gap = %id, "the gap that an article was made for is gone");
    }
    Ok(())
}

fn unavailable(error: StoreError) -> ArticleError {
    ArticleError::Unavailable(error.to_string())
}
