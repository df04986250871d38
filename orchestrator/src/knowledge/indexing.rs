//! Keeps the index in step with the database, whatever happens in between.
//!
//! The database is changed first and the index after it. Of an index that survives a restart, a mark
//! in the database says which version of each document it holds whole; the mark is written after the
//! index was flushed. What has no mark, or one of another version, is put in again: at start, and by
//! [`follow`], which also sees what other processes and the command line changed. An index in memory
//! needs no marks: it holds what this process put in.
//!
//! What is put in is screened by the rules of its workspace. A change of them is a change of all its
//! documents; a fact in the database says by which rules an index that survives was screened.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use domain::{
    DocumentId, WorkspaceId,
    knowledge::{Chunk, Document, UNIVERSAL_WORKSPACE},
};
use guards::masking::Border;
use rag::{Difference, Knowledge, Put, vectors::IndexError};
use serde::Serialize;
use store::{KnowledgeFact, Store, StoreError, WorkspaceStore};
use tokio::{sync::MutexGuard, time};
use tracing::{info, warn};

use super::{Keeper, KnowledgeError, screening::Screening};
use crate::{app::App, knowledge_index::KnowledgeIndex, protections::Protections};

/// How often other processes' changes are looked for.
const FOLLOW: Duration = Duration::from_secs(2);
/// Every so many looks, what could not be put in is tried again.
const RETRY_EVERY: u32 = 15;
/// Documents read at once.
const READ: usize = 200;
const FIRST_COLLECTION: &str = "knowledge-1";

/// What this process knows about its index.
#[derive(Default)]
pub struct Indexing {
    survives: bool,
    /// Changes of documents come one after the other, so that none overtakes another on its way from
    /// the database to the index.
    changing: tokio::sync::Mutex<()>,
    /// What was stored and could not be put in.
    pending: Mutex<HashSet<(WorkspaceId, DocumentId)>>,
}

impl Indexing {
    pub(super) async fn changing(&self) -> MutexGuard<'_, ()> {
        self.changing.lock().await
    }

    fn pending(&self) -> std::sync::MutexGuard<'_, HashSet<(WorkspaceId, DocumentId)>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Documents that are stored and wait to be found.
    pub fn behind(&self) -> usize {
        self.pending().len()
    }
}

/// Knowledge on the index that was opened.
pub(crate) async fn open(
    store: &Store,
    opened: &KnowledgeIndex,
    protections: &Arc<Protections>,
) -> Result<(Knowledge, Indexing), KnowledgeError> {
    let survives = opened.survives();
    let indexing = Indexing { survives, ..Indexing::default() };
    let shared = store.workspace(UNIVERSAL_WORKSPACE);
    let known = match survives {
        true => shared.knowledge_fact(KnowledgeFact::Collection).await?,
        false => None,
    };
    let mut name = known.clone().unwrap_or_else(|| FIRST_COLLECTION.to_owned());
    if survives && known.is_some() && opened.index.describe(&name).await?.is_none() {
        // The marks are of a collection that is gone.
        forget(store, &name).await?;
    }
    let knowledge = loop {
        match Knowledge::open(Arc::clone(&opened.index), opened.embedder.clone(), &name).await {
            Err(IndexError::Differs { why, .. }) => {
                let next = after(&name);
                warn!(%why, collection = %next, "the index was made for other vectors and is built anew");
                forget(store, &name).await?;
                opened.index.drop_collection(&name).await?;
                name = next;
            }
            ready => break ready?,
        }
    };
    if survives && known.as_deref() != Some(name.as_str()) {
        shared.put_knowledge_fact(KnowledgeFact::Collection, &name).await?;
    }
    let screening = Screening { protections: Arc::clone(protections) };
    Ok((knowledge.screened_by(Arc::new(screening)), indexing))
}

/// The name of the next collection: `knowledge-1`, `knowledge-2`.
fn after(name: &str) -> String {
    let number = name.rsplit('-').next().and_then(|number| number.parse::<u64>().ok()).unwrap_or(0);
    format!("knowledge-{}", number.saturating_add(1))
}

async fn workspaces(store: &Store) -> Result<Vec<WorkspaceId>, StoreError> {
    let tenants = store.workspaces().await?.into_iter().map(|workspace| workspace.id);
    Ok(std::iter::once(UNIVERSAL_WORKSPACE).chain(tenants).collect())
}

async fn forget(store: &Store, collection: &str) -> Result<(), StoreError> {
    for workspace in workspaces(store).await? {
        store.workspace(workspace).forget_collection(collection).await?;
    }
    Ok(())
}

/// Puts a stored document into the index. What goes wrong is the index's, and is tried again later;
/// the document is stored.
pub(super) async fn put(keeper: &Keeper, workspace: WorkspaceId, document: Document, chunks: Vec<Chunk>) {
    let key = (workspace, document.id);
    match keeper.knowledge.put(workspace, document, chunks).await {
        Ok(Put::Whole) => {
            keeper.indexing.pending().remove(&key);
        }
        Ok(Put::WordsAlone) => {
            keeper.indexing.pending().insert(key);
        }
        Err(error) => {
            warn!(%error, document = %key.1, "a document is stored and cannot be put into the index yet");
            keeper.indexing.pending().insert(key);
        }
    }
}

/// Makes what was put in survive, and says so in the database.
pub(super) async fn settle<'a>(
    keeper: &Keeper,
    workspace: WorkspaceId,
    documents: impl IntoIterator<Item = &'a Document>,
) {
    if !keeper.indexing.survives {
        return;
    }
    let whole: Vec<(DocumentId, i64)> = documents
        .into_iter()
        .filter(|document| !keeper.indexing.pending().contains(&(workspace, document.id)))
        .map(|document| (document.id, document.version))
        .collect();
    if whole.is_empty() {
        return;
    }
    if let Err(error) = mark(keeper, workspace, whole).await {
        // Without the mark it is put in again, which changes nothing.
        warn!(%error, "the index's state could not be noted");
    }
}

async fn mark(
    keeper: &Keeper,
    workspace: WorkspaceId,
    whole: Vec<(DocumentId, i64)>,
) -> Result<(), KnowledgeError> {
    keeper.knowledge.flush().await?;
    let collection = keeper.knowledge.collection();
    keeper.store.workspace(workspace).mark_indexed(&collection, whole).await?;
    Ok(())
}

pub(super) async fn remove(app: &App, workspace: WorkspaceId, document: DocumentId) {
    app.indexing.pending().remove(&(workspace, document));
    if let Err(error) = take_out(app, workspace, document).await {
        // No search shows it any more; its mark stays until the points are gone.
        warn!(%error, %document, "a removed document could not be taken out of the index yet");
    }
}

async fn take_out(app: &App, workspace: WorkspaceId, document: DocumentId) -> Result<(), KnowledgeError> {
    app.knowledge.remove(workspace, document).await?;
    if app.indexing.survives {
        app.knowledge.flush().await?;
        let collection = app.knowledge.collection();
        app.store.workspace(workspace).unmark_indexed(&collection, document).await?;
    }
    Ok(())
}

/// Brings the index up to what the database holds, in every workspace.
pub(crate) async fn sync_all(app: &App) -> Result<(), KnowledgeError> {
    for workspace in workspaces(&app.store).await? {
        sync(app, workspace).await?;
    }
    Ok(())
}

/// Brings a workspace's part of the index up to what the database holds.
async fn sync(app: &App, workspace: WorkspaceId) -> Result<(), KnowledgeError> {
    let _changing = app.indexing.changing().await;
    let store = app.store.workspace(workspace);
    let heads = store.document_heads().await?;
    let held = app.knowledge.versions(workspace);
    let marks: HashMap<DocumentId, i64> = match app.indexing.survives {
        true => store.index_marks(&app.knowledge.collection()).await?,
        false => held.clone(),
    };
    let screened = Screened::of(app, &store, workspace).await?;
    let known: BTreeSet<DocumentId> = held.keys().chain(marks.keys()).copied().collect();
    for gone in known.into_iter().filter(|id| !heads.contains_key(id)) {
        take_out(app, workspace, gone).await?;
    }
    let waits = |id: &DocumentId| app.indexing.pending().contains(&(workspace, *id));
    let mut behind: Vec<DocumentId> = heads
        .iter()
        .filter(|(id, version)| {
            held.get(id) != Some(version)
                || marks.get(id) != Some(version)
                || waits(id)
                || screened.otherwise(id, held.contains_key(id))
        })
        .map(|(id, _)| *id)
        .collect();
    behind.sort_unstable();
    let mut changed = false;
    for ids in behind.chunks(READ) {
        let mut put_in = Vec::new();
        for (document, chunks) in store.documents_with_chunks(ids).await? {
            let (id, version) = (document.id, document.version);
            let otherwise = screened.otherwise(&id, held.contains_key(&id));
            let marked = marks.get(&id) == Some(&version) && !waits(&id) && app.indexing.survives;
            // Another process has put it in, or an earlier one, by the rules that count now.
            if marked && screened.index && (!held.contains_key(&id) || otherwise) {
                app.knowledge.shelve(workspace, document, chunks);
                continue;
            }
            // Where the mark is that of what is held, only what changed is put in. Of a document
            // that lasts without a mark nobody knows what a crash left behind.
            let known = held.contains_key(&id) || !app.indexing.survives;
            let sure = known && held.get(&id) == marks.get(&id) && !waits(&id) && !otherwise;
            let unembedded = !otherwise
                && waits(&id)
                && held.contains_key(&id)
                && !(app.indexing.survives && marks.contains_key(&id));
            changed = true;
            let put = if sure {
                app.knowledge.put(workspace, document, chunks).await?
            } else if unembedded {
                app.knowledge.put_again(workspace, document, chunks).await?
            } else {
                app.knowledge.heal(workspace, document, chunks).await?
            };
            let mut pending = app.indexing.pending();
            match put {
                Put::Whole => {
                    pending.remove(&(workspace, id));
                    put_in.push((id, version));
                }
                Put::WordsAlone => {
                    pending.insert((workspace, id));
                }
            }
        }
        if app.indexing.survives && !put_in.is_empty() {
            mark(&app.keeper, workspace, put_in).await?;
        }
    }
    if app.indexing.survives && !screened.index {
        // A flush takes a tenth of a second, and there may be thousands of workspaces without a document.
        if changed {
            app.knowledge.flush().await?;
        }
        store.put_knowledge_fact(KnowledgeFact::Screened, &screened.print.to_string()).await?;
    }
    Ok(())
}

/// By which rules a workspace's part of the index was screened.
struct Screened {
    print: u64,
    /// All of an index that survives was screened by the rules that count now.
    index: bool,
    held: HashMap<DocumentId, u64>,
}

impl Screened {
    async fn of(app: &App, store: &WorkspaceStore, workspace: WorkspaceId) -> Result<Self, StoreError> {
        let print = print(app, workspace);
        let index = match app.indexing.survives && workspace != UNIVERSAL_WORKSPACE {
            true => store.knowledge_fact(KnowledgeFact::Screened).await? == Some(print.to_string()),
            false => true,
        };
        Ok(Self { print, index, held: app.knowledge.prints(workspace) })
    }

    /// Whether a document was screened by other rules than those that count now. What this process holds by
    /// these it has also put in by these.
    fn otherwise(&self, document: &DocumentId, held: bool) -> bool {
        match held {
            true => self.held.get(document) != Some(&self.print),
            false => !self.index,
        }
    }
}

/// What tells the rules of a workspace that count now from others.
fn print(app: &App, workspace: WorkspaceId) -> u64 {
    match workspace {
        UNIVERSAL_WORKSPACE => 0,
        _ => app.protections.of(workspace).print(Border::Index),
    }
}

/// Keeps this process's index in step with what other processes, or the command line, changed in
/// the database, and tries again what could not be put in.
pub(crate) async fn follow(app: &App) {
    let mut seen = Seen::new();
    let mut tick = time::interval(FOLLOW);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    for look in 0u32.. {
        tick.tick().await;
        if let Err(error) = catch_up(app, &mut seen, look % RETRY_EVERY == 0).await {
            warn!(%error, "changes to the knowledge base could not be followed");
        }
        let dropped = app.knowledge.dropped();
        metrics::gauge!("countersign_knowledge_dropped", "why" => "out_of_scope")
            .set(dropped.out_of_scope as f64);
        metrics::gauge!("countersign_knowledge_dropped", "why" => "unknown").set(dropped.unknown as f64);
        metrics::gauge!("countersign_knowledge_behind").set(app.indexing.behind() as f64);
    }
}

/// The documents of each workspace and the rules they are screened by, as they were last looked at.
type Seen = HashMap<WorkspaceId, ((i64, i64, i64), u64)>;

async fn catch_up(app: &App, seen: &mut Seen, retry: bool) -> Result<(), KnowledgeError> {
    if app.indexing.survives {
        let shared = app.store.workspace(UNIVERSAL_WORKSPACE);
        if let Some(active) = shared.knowledge_fact(KnowledgeFact::Collection).await?
            && active != app.knowledge.collection()
        {
            info!(collection = %active, "another collection was built and is searched from here on");
            app.knowledge.switch_to(&active).await?;
            seen.clear();
        }
    }
    for workspace in workspaces(&app.store).await? {
        let stamp = (app.store.workspace(workspace).documents_stamp().await?, print(app, workspace));
        let waits = retry && app.indexing.pending().iter().any(|(of, _)| *of == workspace);
        if waits || seen.get(&workspace) != Some(&stamp) {
            sync(app, workspace).await?;
            seen.insert(workspace, stamp);
        }
    }
    Ok(())
}

/// What a rebuild did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Rebuilt {
    pub collection: String,
    pub documents: usize,
    pub passages: usize,
    /// Some passages are found by their words alone until the embedder answers.
    pub words_alone: bool,
}

/// Builds a collection from the database beside the one that is searched, and switches to it.
pub async fn rebuild(app: &App) -> Result<Rebuilt, KnowledgeError> {
    let _changing = app.indexing.changing().await;
    let before = app.knowledge.collection();
    let name = after(&before);
    let mut rebuilt = Rebuilt { collection: name.clone(), documents: 0, passages: 0, words_alone: false };
    let mut whole: Vec<(WorkspaceId, Vec<(DocumentId, i64)>)> = Vec::new();
    forget(&app.store, &name).await?;
    let mut fresh = app.knowledge.rebuild(&name).await?;
    for workspace in workspaces(&app.store).await? {
        let mut marks = Vec::new();
        for (document, chunks) in app.store.workspace(workspace).all_chunks().await? {
            let (id, version) = (document.id, document.version);
            rebuilt.documents += 1;
            rebuilt.passages += chunks.len();
            match fresh.add(workspace, document, chunks).await? {
                Put::Whole => marks.push((id, version)),
                Put::WordsAlone => {
                    rebuilt.words_alone = true;
                    app.indexing.pending().insert((workspace, id));
                }
            }
        }
        whole.push((workspace, marks));
    }
    fresh.finish().await?;
    if app.indexing.survives {
        for (workspace, marks) in whole {
            let store = app.store.workspace(workspace);
            store.mark_indexed(&name, marks).await?;
            store.put_knowledge_fact(KnowledgeFact::Screened, &print(app, workspace).to_string()).await?;
        }
        let shared = app.store.workspace(UNIVERSAL_WORKSPACE);
        shared.put_knowledge_fact(KnowledgeFact::Collection, &name).await?;
        forget(&app.store, &before).await?;
    }
    app.knowledge.drop_collection(&before).await?;
    Ok(rebuilt)
}

/// Every difference between the index and the database.
pub async fn verify(app: &App) -> Result<Vec<Difference>, KnowledgeError> {
    let _changing = app.indexing.changing().await;
    let mut found = Vec::new();
    for workspace in workspaces(&app.store).await? {
        let store = app.store.workspace(workspace);
        let customers = store.customers_with_documents().await?.into_iter().collect();
        let documents = store.all_chunks().await?;
        found.extend(app.knowledge.differences(workspace, &documents, &customers).await?);
    }
    Ok(found)
}
