//! Documents in: parsed, chunked, stored, and only then searchable.

use std::{collections::HashMap, path::Path, time::Duration};

use domain::{DocumentId, WorkspaceId, canonical::Digest, knowledge::Document};
use store::StoreError;
use thiserror::Error;
use tokio::time;
use tracing::warn;

use crate::app::App;

#[derive(Debug, Error)]
pub enum KnowledgeError {
    #[error(transparent)]
    Parse(#[from] rag::RagError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the folder {path} cannot be read: {error}")]
    Folder { path: String, error: std::io::Error },
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
    let parsed = rag::parse_markdown(slug, markdown)?;
    let store = app.store.workspace(workspace);
    let known = store.document_by_slug(slug).await?;
    let digest = Digest::of_bytes(markdown.as_bytes());
    if let Some(known) = &known
        && known.digest == digest
    {
        return Ok(Added::Unchanged(known.clone()));
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
    app.knowledge.upsert(workspace, document.clone(), chunks);
    Ok(if known.is_some() { Added::Changed(document) } else { Added::New(document) })
}

/// Removes a document from the store and from every search. False when there was none.
pub async fn remove(app: &App, workspace: WorkspaceId, id: DocumentId) -> Result<bool, KnowledgeError> {
    let removed = app.store.workspace(workspace).remove_document(id).await?;
    app.knowledge.remove(workspace, id);
    Ok(removed)
}

/// What a folder brought.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct FolderReport {
    pub added: usize,
    pub changed: usize,
    pub unchanged: usize,
    /// File names with the reason.
    pub rejected: Vec<(String, String)>,
}

/// Adds every `.md` file of a folder; a file's stem is its slug. One bad file does not stop the rest.
pub async fn add_folder(
    app: &App,
    workspace: WorkspaceId,
    folder: &Path,
) -> Result<FolderReport, KnowledgeError> {
    let unreadable = |error| KnowledgeError::Folder { path: folder.display().to_string(), error };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.extension().is_some_and(|e| e == "md") {
            files.push(path);
        }
    }
    files.sort();
    let mut report = FolderReport::default();
    for path in files {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let slug = path.file_stem().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => {
                report.rejected.push((name, error.to_string()));
                continue;
            }
        };
        match add_markdown(app, workspace, &slug, &text).await {
            Ok(Added::New(_)) => report.added += 1,
            Ok(Added::Changed(_)) => report.changed += 1,
            Ok(Added::Unchanged(_)) => report.unchanged += 1,
            Err(KnowledgeError::Parse(error)) => report.rejected.push((name, error.to_string())),
            Err(error) => return Err(error),
        }
    }
    Ok(report)
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
