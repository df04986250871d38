//! Documents in: parsed, chunked, stored, and only then searchable.

mod articles;
mod import;
mod indexing;
mod library;
mod said;
pub(crate) mod screening;
mod slug;
pub mod sources;

use std::sync::Arc;

use domain::{
    Clock, CustomerId, DocumentId, Ids, WorkspaceId,
    knowledge::{Document, Layer, Said},
    user::Actor,
};
use parse::ParseError;
use rag::{Earlier, Knowledge, ParsedDocument, vectors::IndexError};
use store::{Store, StoreError};
use thiserror::Error;

pub use import::{FileReport, Import, files_at};
pub use indexing::{Indexing, Rebuilt, rebuild, verify};
pub(crate) use indexing::{follow, open, sync_all};
pub(crate) use library::load as load_library;
pub use said::Spoken;

use crate::app::App;

/// How often a change is tried again that another one came before.
const ATTEMPTS: usize = 4;

#[derive(Debug, Error)]
pub enum KnowledgeError {
    #[error(transparent)]
    Parse(#[from] rag::RagError),
    #[error(transparent)]
    File(#[from] ParseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error("{path} cannot be read: {error}")]
    Unreadable { path: String, error: std::io::Error },
    #[error("its name has no letters or digits to name a document by; rename it")]
    Unnamed,
    #[error("`{slug}` came already, from {file}; rename one of the two, or hand in only one of them")]
    Taken { slug: String, file: String },
    #[error("{0}")]
    Metadata(String),
    #[error("the layer `universal` is the shipped library's; say `company` for what is the workspace's own")]
    Universal,
    #[error("there is no customer {0} in this workspace; look its id up, or leave `customer` out")]
    NoCustomer(CustomerId),
}

/// What became of one document.
#[derive(Clone, Debug, PartialEq)]
pub enum Added {
    New(Document),
    Changed(Document),
    Unchanged(Document),
}

impl Added {
    pub fn document(&self) -> &Document {
        match self {
            Self::New(document) | Self::Changed(document) | Self::Unchanged(document) => document,
        }
    }
}

/// Adds a Markdown document under its slug, or a new version of it. An unchanged one is left alone.
pub async fn add_markdown(
    app: &App,
    workspace: WorkspaceId,
    slug: &str,
    markdown: &str,
    said: &Said,
    by: Actor,
) -> Result<Added, KnowledgeError> {
    let mut parsed = rag::parse_markdown(slug, markdown)?;
    said::put_over(said, &mut parsed.meta)?;
    let added = keep(&app.keeper, workspace, slug, parsed, by).await?;
    indexing::settle(&app.keeper, workspace, [added.document()]).await;
    Ok(added)
}

/// What documents are kept with: the database, the index, and what is known of the two.
pub(crate) struct Keeper {
    pub store: Store,
    pub knowledge: Arc<Knowledge>,
    pub indexing: Arc<Indexing>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// Stores a document under its slug and puts it into the index, unless nothing changed.
async fn keep(
    keeper: &Keeper,
    workspace: WorkspaceId,
    slug: &str,
    parsed: ParsedDocument,
    by: Actor,
) -> Result<Added, KnowledgeError> {
    let store = keeper.store.workspace(workspace);
    if parsed.meta.layer == Layer::Universal {
        return Err(KnowledgeError::Universal);
    }
    if let Some(customer) = parsed.meta.customer_id
        && store.customer(customer).await?.is_none()
    {
        return Err(KnowledgeError::NoCustomer(customer));
    }
    let _changing = keeper.indexing.changing().await;
    for attempt in 1.. {
        let known = match store.document_by_slug(slug).await? {
            Some(known) => {
                let chunks = store.chunks(&known).await?;
                Some((known, chunks))
            }
            None => None,
        };
        let earlier = known.as_ref().map(|(document, chunks)| Earlier { document, chunks });
        if let (Some(earlier), Some((known, _))) = (earlier, &known)
            && earlier.is(&parsed)
        {
            return Ok(Added::Unchanged(known.clone()));
        }
        let (document, chunks) =
            rag::compose(slug, parsed.clone(), earlier, &*keeper.ids, keeper.clock.now());
        match store.put_document(document.clone(), chunks.clone(), by.clone()).await {
            // Another process changed it in between; this change goes on top of that.
            Err(StoreError::Taken(_)) if attempt < ATTEMPTS => continue,
            written => written?,
        }
        indexing::put(keeper, workspace, document.clone(), chunks).await;
        return Ok(if known.is_some() { Added::Changed(document) } else { Added::New(document) });
    }
    Err(KnowledgeError::Store(StoreError::Taken(format!("the slug {slug}"))))
}

/// Removes a document from the store and from every search; its versions stay. False when there was
/// none.
pub async fn remove(app: &App, workspace: WorkspaceId, id: DocumentId) -> Result<bool, KnowledgeError> {
    let _changing = app.indexing.changing().await;
    let removed = app.store.workspace(workspace).remove_document(id).await?;
    indexing::remove(app, workspace, id).await;
    Ok(removed)
}
