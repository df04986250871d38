//! Documents in: parsed, chunked, stored, and only then searchable.

mod import;
mod slug;

use std::{collections::HashMap, time::Duration};

use domain::{
    DocumentId, WorkspaceId,
    canonical::Digest,
    knowledge::{Chunk, Document},
};
use parse::ParseError;
use rag::ParsedDocument;
use store::StoreError;
use thiserror::Error;
use tokio::time;
use tracing::warn;

pub use import::{FileReport, Import, Said, files_at};

use crate::app::App;

#[derive(Debug, Error)]
pub enum KnowledgeError {
    #[error(transparent)]
    Parse(#[from] rag::RagError),
    #[error(transparent)]
    File(#[from] ParseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{path} cannot be read: {error}")]
    Unreadable { path: String, error: std::io::Error },
    #[error("its name has no letters or digits to name a document by; rename it")]
    Unnamed,
    #[error("`{slug}` came already, from {file}; rename one of the two, or hand in only one of them")]
    Taken { slug: String, file: String },
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
) -> Result<Added, KnowledgeError> {
    let draft = Draft::of_markdown(slug, markdown)?;
    let (added, chunks) = keep(app, workspace, slug, draft).await?;
    if let Some(chunks) = chunks {
        app.knowledge.upsert(workspace, added.document().clone(), chunks);
    }
    Ok(added)
}

/// A document that has a slug and is not stored yet.
struct Draft {
    parsed: ParsedDocument,
    /// Of everything that was handed in; the same again changes nothing.
    digest: Digest,
}

impl Draft {
    fn of_markdown(slug: &str, markdown: &str) -> Result<Self, KnowledgeError> {
        let parsed = rag::parse_markdown(slug, markdown)?;
        Ok(Self { parsed, digest: Digest::of_bytes(markdown.as_bytes()) })
    }
}

/// Stores a draft under its slug. The chunks, unless nothing changed, are not searchable yet.
async fn keep(
    app: &App,
    workspace: WorkspaceId,
    slug: &str,
    draft: Draft,
) -> Result<(Added, Option<Vec<Chunk>>), KnowledgeError> {
    let Draft { parsed, digest } = draft;
    let store = app.store.workspace(workspace);
    let known = store.document_by_slug(slug).await?;
    if let Some(known) = &known
        && known.digest == digest
    {
        return Ok((Added::Unchanged(known.clone()), None));
    }
    let now = app.clock.now();
    let document = Document {
        id: known.as_ref().map_or_else(|| DocumentId::new(&*app.ids), |d| d.id),
        slug: slug.to_owned(),
        title: parsed.title,
        visibility: parsed.visibility,
        category: parsed.category,
        tags: parsed.tags,
        version: known.as_ref().map_or(1, |d| d.version + 1),
        digest,
        body: parsed.body,
        created_at: known.as_ref().map_or(now, |d| d.created_at),
        updated_at: now,
    };
    let chunks = rag::chunk(&document, &*app.ids);
    store.put_document(document.clone(), chunks.clone()).await?;
    let added = if known.is_some() { Added::Changed(document) } else { Added::New(document) };
    Ok((added, Some(chunks)))
}

/// Removes a document from the store and from every search. False when there was none.
pub async fn remove(app: &App, workspace: WorkspaceId, id: DocumentId) -> Result<bool, KnowledgeError> {
    let removed = app.store.workspace(workspace).remove_document(id).await?;
    app.knowledge.remove(workspace, id);
    Ok(removed)
}

/// How often other processes' changes are looked for.
const FOLLOW: Duration = Duration::from_secs(2);

/// Keeps this process's index in step with what other processes, or the command line, changed in
/// the database.
pub(crate) async fn follow(app: &App) {
    let mut seen: HashMap<WorkspaceId, (i64, i64, i64)> = HashMap::new();
    let mut tick = time::interval(FOLLOW);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = catch_up(app, &mut seen).await {
            warn!(%error, "changes to the knowledge base could not be looked for");
        }
    }
}

async fn catch_up(app: &App, seen: &mut HashMap<WorkspaceId, (i64, i64, i64)>) -> Result<(), StoreError> {
    for workspace in app.store.workspaces().await? {
        let store = app.store.workspace(workspace.id);
        let stamp = store.documents_stamp().await?;
        if seen.insert(workspace.id, stamp) != Some(stamp) {
            app.knowledge.replace(workspace.id, store.all_chunks().await?);
        }
    }
    Ok(())
}
