//! What handlers share.

use std::{ops::Deref, sync::Arc, time::Duration};

use aide::openapi::OpenApi;
use axum::body::Bytes;
use axum_extra::extract::cookie::Key;
use domain::{TicketId, WorkspaceId, ticket::Ticket};
use moka::sync::Cache;
use sha2::{Digest as _, Sha256};
use store::{Workspace, WorkspaceStore};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    auth::Identities,
    crowd::Crowd,
    desk::DeskView,
    help::HelpArticle,
    limits::Limits,
    problem::{Kind, Problem},
    session::WorkspaceView,
    sites::Sites,
};
use crate::app::App;

/// Streams one process holds open at once.
const MAX_STREAMS: usize = 4096;
/// Requests a minute with one conversation's token, for every message a minute it may write.
const REQUESTS_PER_MESSAGE: u32 = 6;

/// The state of every handler. Cheap to clone.
#[derive(Clone)]
pub struct Http(Arc<Shared>);

pub struct Shared {
    pub app: Arc<App>,
    pub(super) identities: Identities,
    pub(super) limits: Limits,
    pub(super) crowd: Crowd,
    /// The API's description as JSON.
    pub(super) document: Bytes,
    cookie_key: Key,
    visitor_key: [u8; 32],
    public_host: Option<String>,
    secure: bool,
    streams: Arc<Semaphore>,
    workspaces: Cache<(), Arc<Vec<Workspace>>>,
    /// The sites of all workspaces, for a few seconds.
    pub(super) sites: Cache<(), Arc<Sites>>,
    /// The help centre's articles, for half a minute.
    pub(super) help: Cache<WorkspaceId, Arc<Vec<HelpArticle>>>,
    /// Desks at a glance, for a second.
    pub(super) desks: Cache<WorkspaceId, Arc<DeskView>>,
    /// Workspaces that have no exercises, for a second.
    pub(super) unexercised: Cache<WorkspaceId, ()>,
    /// What people are called whom tickets are about, for a minute.
    pub(super) names: Cache<(WorkspaceId, TicketId), Arc<[String]>>,
}

impl Deref for Http {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl Http {
    pub fn new(app: Arc<App>, document: &OpenApi) -> Self {
        let secret = app.keys.master();
        let visitors = &app.config.visitors;
        let limits = Limits::new(
            visitors.conversations_per_minute,
            visitors.help_per_minute,
            visitors.messages_per_minute.saturating_mul(REQUESTS_PER_MESSAGE),
            visitors.messages_per_minute,
        );
        let public = url::Url::parse(&app.config.public_url()).ok();
        let public_host = public.as_ref().and_then(|url| {
            let host = url.host_str()?;
            Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
        });
        Self(Arc::new(Shared {
            identities: Identities::default(),
            limits,
            crowd: Crowd::new(app.config.server.requests),
            document: serde_json::to_vec(document).unwrap_or_default().into(),
            // A key of 64 bytes for cookies, and one for visitors; each purpose has its own.
            cookie_key: Key::from(
                &[derive(secret, "cookie"), derive(secret, "cookie, second half")].concat(),
            ),
            visitor_key: derive(secret, "visitor"),
            secure: public.is_some_and(|url| url.scheme() == "https"),
            public_host,
            streams: Arc::new(Semaphore::new(MAX_STREAMS)),
            names: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(60)).build(),
            help: Cache::builder().max_capacity(1_000).time_to_live(Duration::from_secs(30)).build(),
            desks: Cache::builder().max_capacity(1_000).time_to_live(Duration::from_secs(1)).build(),
            unexercised: Cache::builder().max_capacity(1_000).time_to_live(Duration::from_secs(1)).build(),
            sites: Cache::builder().max_capacity(1).time_to_live(Duration::from_secs(5)).build(),
            workspaces: Cache::builder().max_capacity(1).time_to_live(Duration::from_secs(10)).build(),
            app,
        }))
    }

    pub(super) fn cookie_key(&self) -> Key {
        self.cookie_key.clone()
    }

    pub(super) fn visitor_key(&self) -> &[u8; 32] {
        &self.visitor_key
    }

    /// The host people reach the service by, where a proxy may call it by another.
    pub(super) fn public_host(&self) -> Option<&str> {
        self.public_host.as_deref()
    }

    /// Whether people reach the service by TLS.
    pub(super) fn is_secure(&self) -> bool {
        self.secure
    }

    /// A place for one more stream.
    pub(super) fn watch(&self) -> Result<OwnedSemaphorePermit, Problem> {
        Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
            Problem::new(Kind::Unavailable, "this process has no place for another stream")
                .retry_after(Duration::from_secs(10))
        })
    }

    /// Streams that are open.
    pub(super) fn watched(&self) -> usize {
        MAX_STREAMS.saturating_sub(self.streams.available_permits())
    }

    pub(super) async fn workspaces(&self) -> Result<Arc<Vec<Workspace>>, Problem> {
        if let Some(known) = self.workspaces.get(&()) {
            return Ok(known);
        }
        let read = Arc::new(self.app.store.workspaces().await?);
        if !read.is_empty() {
            self.workspaces.insert((), Arc::clone(&read));
        }
        Ok(read)
    }

    pub(super) async fn workspace(&self, id: WorkspaceId) -> Result<WorkspaceView, Problem> {
        let workspace = self
            .app
            .store
            .workspace(id)
            .workspace()
            .await?
            .ok_or_else(|| Problem::not_found("the workspace"))?;
        Ok(WorkspaceView { id: workspace.id, slug: workspace.slug, name: workspace.name })
    }

    /// The workspace that visitors and mail reach: by its slug, or the oldest.
    pub(super) async fn public_workspace(&self, slug: Option<&str>) -> Result<WorkspaceId, Problem> {
        let workspaces = self.workspaces().await?;
        match slug {
            Some(slug) => workspaces.iter().find(|workspace| workspace.slug == slug),
            None => workspaces.first(),
        }
        .map(|workspace| workspace.id)
        .ok_or_else(|| Problem::not_found("the workspace"))
    }

    /// What the customer's side of a ticket is called.
    pub(super) async fn contact_name(
        &self,
        store: &WorkspaceStore,
        ticket: &Ticket,
    ) -> Result<String, Problem> {
        let contact = match ticket.contact_id {
            Some(id) => store.contact(id).await?,
            None => None,
        };
        Ok(contact.map_or_else(|| "Visitor".to_owned(), |contact| contact.name))
    }
}

/// A key for one purpose from the service's own.
fn derive(secret: &[u8; 32], purpose: &str) -> [u8; 32] {
    let mut digest = Sha256::new();
    digest.update(b"countersign key\0");
    digest.update(secret);
    digest.update(purpose.as_bytes());
    digest.finalize().into()
}
