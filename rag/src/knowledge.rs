//! The knowledge of every workspace of this process, searchable while it changes.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use async_trait::async_trait;
use domain::{
    DocumentId, WorkspaceId,
    knowledge::{Chunk, Document, Passage, RetrieveError, Retriever, Scope},
};

use crate::{
    index::{Entry, Index},
    words::Words,
};

/// The most passages one search gives.
pub const MAX_PASSAGES: usize = 20;
/// What is read of a query; the rest of a longer one is left out.
pub const MAX_QUERY_CHARS: usize = 4_000;

/// Passages of all workspaces, in memory. Readers take a snapshot and never wait for a writer's
/// work; writers build the next snapshot one after the other.
#[derive(Default)]
pub struct Knowledge {
    indexes: RwLock<HashMap<WorkspaceId, Arc<Index>>>,
    writer: Mutex<()>,
}

impl Knowledge {
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes these documents all that the workspace knows.
    pub fn replace(&self, workspace: WorkspaceId, documents: Vec<(Document, Vec<Chunk>)>) {
        let entries = documents.into_iter().map(|(document, chunks)| Arc::new(Entry::new(document, chunks)));
        let entries: Vec<_> = entries.collect();
        let _writing = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        self.swap(workspace, entries);
    }

    /// Adds a document or puts a newer version in its place. The work grows with the workspace's
    /// knowledge: for many documents at once, use [`Knowledge::upsert_all`].
    pub fn upsert(&self, workspace: WorkspaceId, document: Document, chunks: Vec<Chunk>) {
        self.upsert_all(workspace, vec![(document, chunks)]);
    }

    /// Like [`Knowledge::upsert`] for several documents, each of them once, for the work of one.
    pub fn upsert_all(&self, workspace: WorkspaceId, documents: Vec<(Document, Vec<Chunk>)>) {
        let new = documents.into_iter().map(|(document, chunks)| Arc::new(Entry::new(document, chunks)));
        let new: Vec<_> = new.collect();
        let ids: HashSet<DocumentId> = new.iter().map(|entry| entry.id()).collect();
        let _writing = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let mut entries = self.others(workspace, &ids);
        entries.extend(new);
        self.swap(workspace, entries);
    }

    /// Forgets a document; one that is not known is no error.
    pub fn remove(&self, workspace: WorkspaceId, document: DocumentId) {
        let _writing = self.writer.lock().unwrap_or_else(PoisonError::into_inner);
        let entries = self.others(workspace, &HashSet::from([document]));
        self.swap(workspace, entries);
    }

    /// Passages held for the workspace.
    pub fn chunk_count(&self, workspace: WorkspaceId) -> usize {
        self.snapshot(workspace).map_or(0, |index| index.chunk_count())
    }

    /// What [`Retriever::search`] does, without the future: it is far below a millisecond's work.
    pub fn find(&self, scope: Scope, query: &str, limit: usize) -> Result<Vec<Passage>, RetrieveError> {
        let query: String = query.chars().take(MAX_QUERY_CHARS).collect();
        if query.trim().is_empty() {
            return Err(RetrieveError::EmptyQuery);
        }
        let Some(index) = self.snapshot(scope.workspace_id) else { return Ok(Vec::new()) };
        Ok(index.search(scope, &Words::of_question(&query), limit.min(MAX_PASSAGES)))
    }

    fn snapshot(&self, workspace: WorkspaceId) -> Option<Arc<Index>> {
        self.indexes.read().unwrap_or_else(PoisonError::into_inner).get(&workspace).cloned()
    }

    fn others(&self, workspace: WorkspaceId, except: &HashSet<DocumentId>) -> Vec<Arc<Entry>> {
        let Some(index) = self.snapshot(workspace) else { return Vec::new() };
        index.entries().iter().filter(|entry| !except.contains(&entry.id())).cloned().collect()
    }

    fn swap(&self, workspace: WorkspaceId, entries: Vec<Arc<Entry>>) {
        let index = Arc::new(Index::new(workspace, entries));
        // The old index is freed after the lock, because freeing a large one takes a while.
        let old = self.indexes.write().unwrap_or_else(PoisonError::into_inner).insert(workspace, index);
        drop(old);
    }
}

#[async_trait]
impl Retriever for Knowledge {
    async fn search(&self, scope: Scope, query: &str, limit: usize) -> Result<Vec<Passage>, RetrieveError> {
        self.find(scope, query, limit)
    }
}
