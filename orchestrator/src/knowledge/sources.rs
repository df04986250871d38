//! Knowledge sources: pages by URL, those of a sitemap, and the folders that the configuration names.
//!
//! A source is a record (`domain::source`); a sync brings its documents up to what it holds now. Several
//! processes may want to: a lease with a fence lets one at a time. What was asked for is a column, so
//! that it is done after a crash as well. Fetching is in `fetch`, what pages and files have in common
//! in `syncing`.

mod fetch;
mod folder;
mod sitemap;
mod syncing;
mod watch;
mod web;

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{
    SourceId, Timestamp, WorkspaceId,
    knowledge::Said,
    source::{Removing, Source, SourceDocument, SourceKind, SyncReport},
};
use store::StoreError;
use thiserror::Error;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};
use tools::http::public::PublicClient;
use tracing::warn;
use url::Url;

use super::KnowledgeError;
use crate::app::App;
use syncing::Syncing;

pub(crate) use watch::watch;

/// How long a process that syncs may be silent before another one takes over. Longer than the longest
/// page takes to be fetched and read.
const LEASE: Duration = Duration::from_secs(300);
/// How often sources are looked for that are due.
const LOOK: Duration = Duration::from_secs(5);
/// Sources that one process syncs at a time.
const AT_ONCE: usize = 4;
/// The longest address of a page.
pub const MAX_ADDRESS: usize = 2_000;

#[derive(Debug, Error)]
pub enum SourceError {
    #[error("`{address}` cannot be a source: {why}")]
    Address { address: String, why: String },
    #[error("there is no such source; `countersign kb sources list` shows those there are")]
    Unknown,
    #[error("it is being synced or removed already; look at it again in a moment")]
    Busy,
    #[error("the folder {0} is named in knowledge.folders; take it out there first")]
    Configured(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Knowledge(#[from] KnowledgeError),
}

/// What this process needs to sync sources.
pub struct Sources {
    client: PublicClient,
    turns: Arc<Semaphore>,
}

impl Sources {
    /// `private_hosts` may be fetched from although their addresses are private.
    pub fn new(private_hosts: &[String]) -> Result<Self, tools::ToolsError> {
        Ok(Self { client: PublicClient::new(private_hosts)?, turns: Arc::new(Semaphore::new(AT_ONCE)) })
    }

    /// Waits until no sync is under way, and lets none begin.
    pub(crate) async fn come_to_rest(&self) {
        if self.turns.acquire_many(AT_ONCE as u32).await.is_ok() {
            self.turns.close();
        }
    }
}

/// An address as it is kept: without a fragment, and no private one.
fn checked(app: &App, address: &str) -> Result<String, SourceError> {
    let wrong = |why: &str| SourceError::Address {
        address: address.chars().take(200).collect(),
        why: why.to_owned(),
    };
    let mut url = Url::parse(address.trim()).map_err(|error| wrong(&error.to_string()))?;
    url.set_fragment(None);
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("it must start with https:// or http://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("it carries a name or a password; pages are fetched without"));
    }
    if url.as_str().len() > MAX_ADDRESS {
        return Err(wrong(&format!("it may have {MAX_ADDRESS} characters")));
    }
    app.sources.client.check(&url).map_err(|error| wrong(&error.to_string()))?;
    Ok(url.into())
}

/// Adds a source of the web, and asks for its first sync.
pub async fn create(
    app: &App,
    workspace: WorkspaceId,
    kind: SourceKind,
    address: &str,
    said: Said,
) -> Result<Source, SourceError> {
    if kind == SourceKind::Folder {
        let why = "folders are named in the configuration, under knowledge.folders".to_owned();
        return Err(SourceError::Address { address: address.chars().take(200).collect(), why });
    }
    let address = checked(app, address)?;
    let store = app.store.workspace(workspace);
    if let Some(customer) = said.customer_id
        && store.customer(customer).await?.is_none()
    {
        return Err(KnowledgeError::NoCustomer(customer).into());
    }
    let source = new(app, kind, address, said);
    store.create_source(source.clone()).await?;
    Ok(source)
}

fn new(app: &App, kind: SourceKind, address: String, said: Said) -> Source {
    let now = app.clock.now();
    Source {
        id: SourceId::new(&*app.ids),
        kind,
        address,
        said,
        created_at: now,
        asked_at: Some(now),
        synced_at: None,
        report: None,
        lease_until: None,
        fence: 0,
        removing: None,
    }
}

/// Whether it is a folder that this process's configuration names.
pub fn is_configured(app: &App, source: &Source) -> bool {
    source.kind == SourceKind::Folder
        && app.config.knowledge.folders.iter().any(|folder| address_of(folder) == source.address)
}

/// One way to write a folder, wherever the process was started and whether it is there or not.
fn address_of(folder: &str) -> String {
    let whole = std::path::absolute(folder).unwrap_or_else(|_| PathBuf::from(folder));
    // Without what makes no difference, such as a `/` at its end.
    whole.components().collect::<PathBuf>().to_string_lossy().into_owned()
}

/// Asks for a sync and begins it in this process, if it has a turn free. Somebody does it in any case.
pub async fn ask(app: &Arc<App>, workspace: WorkspaceId, id: SourceId) -> Result<(), SourceError> {
    if !app.store.workspace(workspace).ask_for_sync(id).await? {
        return Err(SourceError::Unknown);
    }
    begin(app, workspace, id);
    Ok(())
}

/// Begins in this process what was asked for, if it has a turn free.
pub fn begin(app: &Arc<App>, workspace: WorkspaceId, id: SourceId) {
    if let Ok(turn) = Arc::clone(&app.sources.turns).try_acquire_owned() {
        tokio::spawn(work_on(Arc::clone(app), workspace, id, turn));
    }
}

async fn work_on(app: Arc<App>, workspace: WorkspaceId, id: SourceId, turn: OwnedSemaphorePermit) {
    match sync(&app, workspace, id, false).await {
        // Somebody was faster, in this process or in another one.
        Ok(_) | Err(SourceError::Busy | SourceError::Unknown) => {}
        Err(error) => warn!(%error, source = %id, "a knowledge source cannot be synced"),
    }
    drop(turn);
}

/// Syncs a source now, and says what came of it. With `full` everything is read again, changed or not.
pub async fn sync(
    app: &App,
    workspace: WorkspaceId,
    id: SourceId,
    full: bool,
) -> Result<SyncReport, SourceError> {
    let source = app.store.workspace(workspace).source(id).await?.ok_or(SourceError::Unknown)?;
    let kind = source.kind;
    let Some(mut syncing) = Syncing::begin(app, workspace, source, full).await? else {
        return Err(SourceError::Busy);
    };
    let ended = match kind {
        SourceKind::Url => web::page(&mut syncing, &app.sources.client).await,
        SourceKind::Sitemap => web::sitemap(&mut syncing, &app.sources.client).await,
        SourceKind::Folder => folder::folder(&mut syncing).await,
    };
    Ok(syncing.finish(ended).await?)
}

/// Brings what is in the configured folders into the first workspace. A folder that another process
/// works on is left to it, and looked at again afterwards.
pub(crate) async fn sync_folders(app: &App) -> Result<(), SourceError> {
    if app.config.knowledge.folders.is_empty() {
        return Ok(());
    }
    let Some(workspace) = app.store.workspaces().await?.into_iter().next() else { return Ok(()) };
    for source in folders(app, workspace.id).await? {
        match sync(app, workspace.id, source.id, false).await {
            Ok(_) => {}
            Err(SourceError::Busy | SourceError::Unknown) => {
                app.store.workspace(workspace.id).ask_for_sync(source.id).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// The sources of the configured folders; those that are new are made.
async fn folders(app: &App, workspace: WorkspaceId) -> Result<Vec<Source>, SourceError> {
    let store = app.store.workspace(workspace);
    let mut sources = Vec::new();
    for folder in &app.config.knowledge.folders {
        let address = address_of(folder);
        let known = store.source_at(SourceKind::Folder, &address).await?;
        sources.push(match known {
            Some(source) => source,
            None => {
                let source = new(app, SourceKind::Folder, address.clone(), Said::default());
                match store.create_source(source.clone()).await {
                    Ok(()) => source,
                    // Another process that starts at the same time was faster.
                    Err(StoreError::Taken(_)) => {
                        store.source_at(SourceKind::Folder, &address).await?.ok_or(SourceError::Unknown)?
                    }
                    Err(error) => return Err(error.into()),
                }
            }
        });
    }
    Ok(sources)
}

/// Removes a source, and its documents too unless they are to stay. Those that somebody has changed
/// since are theirs and stay. A sync under way is stopped.
pub async fn remove(
    app: &App,
    workspace: WorkspaceId,
    id: SourceId,
    how: Removing,
) -> Result<(), SourceError> {
    let store = app.store.workspace(workspace);
    let source = store.source(id).await?.ok_or(SourceError::Unknown)?;
    if is_configured(app, &source) {
        return Err(SourceError::Configured(source.address));
    }
    if !store.begin_source_removal(id, how).await? {
        return Err(SourceError::Unknown);
    }
    end(app, workspace, id, how).await
}

/// Ends a removal that was begun, here or by a process that is gone.
async fn end(app: &App, workspace: WorkspaceId, id: SourceId, how: Removing) -> Result<(), SourceError> {
    let store = app.store.workspace(workspace);
    if how == Removing::WithDocuments {
        for page in store.all_source_pages(id).await?.into_values() {
            for document in store.documents_of_page(page.id).await? {
                remove_as_made(app, workspace, &document).await?;
            }
        }
    }
    store.remove_source(id).await?;
    Ok(())
}

/// Removes a document that is as its page made it. False when it is gone, or somebody's since.
async fn remove_as_made(
    app: &App,
    workspace: WorkspaceId,
    made: &SourceDocument,
) -> Result<bool, KnowledgeError> {
    let document = app.store.workspace(workspace).document(made.document_id).await?;
    if document.is_none_or(|document| document.version != made.version) {
        return Ok(false);
    }
    super::remove(app, workspace, made.document_id).await
}

/// Syncs whatever is due, until the service stops: what was asked for, what has not been looked at for as
/// long as the configuration says, and removals that a process left half done.
pub(crate) async fn keep(app: Arc<App>) {
    let mut tick = time::interval(LOOK);
    tick.set_missed_tick_behavior(time::MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if let Err(error) = look(&app).await {
            warn!(%error, "knowledge sources cannot be looked after");
        }
    }
}

async fn look(app: &Arc<App>) -> Result<(), SourceError> {
    let every = Duration::from_secs(app.config.knowledge.sources.every_hours.saturating_mul(3600));
    let before: Option<Timestamp> = (!every.is_zero()).then(|| app.clock.now().minus(every));
    for workspace in app.store.workspaces().await? {
        for source in app.store.workspace(workspace.id).idle_sources(before).await? {
            if let Some(how) = source.removing {
                end(app, workspace.id, source.id, how).await?;
            } else if source.kind != SourceKind::Folder || is_configured(app, &source) {
                begin(app, workspace.id, source.id);
            }
        }
    }
    Ok(())
}
