//! Knowledge sources: pages of the web and folders that knowledge is kept in step with.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    DocumentId, SourceId, Timestamp,
    audit::AuditAction,
    knowledge::Said,
    source::{PageStatus, Removing, Source, SourceKind, SourcePage, SyncReport},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::WorkspaceStore;

use super::{
    Http,
    auth::{Staff, may},
    input::{Created, Json, NoContent, Path, Query},
    knowledge::MetadataForm,
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::{app::App, knowledge::sources};

/// Documents of a page that are shown with it; a table can have thousands.
const SHOWN_DOCUMENTS: i64 = 50;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/sources", get_with(list, list_docs).post_with(add, add_docs))
        .api_route("/v1/knowledge/sources/{id}", get_with(show, show_docs).delete_with(remove, remove_docs))
        .api_route("/v1/knowledge/sources/{id}/sync", post_with(sync, sync_docs))
}

/// The source in the path.
#[derive(Deserialize, JsonSchema)]
pub struct SourcePath {
    /// The source.
    pub id: SourceId,
}

/// What a source is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceState {
    /// It was never synced, and waits for it.
    New,
    /// A sync was asked for and has not begun.
    Waiting,
    Syncing,
    Synced,
    /// The last sync as a whole failed; `report.error` says why. Its documents are as they were.
    Failed,
    Removing,
}

/// A knowledge source.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SourceView {
    pub id: SourceId,
    pub kind: SourceKind,
    /// A URL, or the path of a folder.
    pub address: String,
    /// What is said of all its documents.
    pub said: Said,
    /// The configuration names it: it cannot be removed here.
    pub configured: bool,
    pub state: SourceState,
    pub created_at: Timestamp,
    /// When the last sync ended.
    pub synced_at: Option<Timestamp>,
    /// What came of the last sync, or of the one under way so far.
    pub report: Option<SyncReport>,
    /// Pages whose documents are as they say.
    pub stored: i64,
    /// Pages that could not be fetched or read.
    pub rejected: i64,
    /// Pages the server says are gone.
    pub gone: i64,
}

/// A document of a page.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SourceDocumentItem {
    pub id: DocumentId,
    pub slug: String,
    pub title: String,
}

/// A page of a source, or a file of a folder.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SourcePageItem {
    /// Its URL, or the file's name.
    pub address: String,
    pub status: PageStatus,
    /// Why it was rejected or is gone, or what was left out of it.
    pub reason: Option<String>,
    pub etag: Option<String>,
    pub last_modified: Option<String>,
    /// When it was last fetched; of an unchanged file, when it was last read.
    pub checked_at: Timestamp,
    /// What came from it and is still there; the first 50.
    pub documents: Vec<SourceDocumentItem>,
}

/// A source with its pages.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SourceWithPages {
    pub source: SourceView,
    /// The oldest first.
    pub pages: Page<SourcePageItem>,
}

async fn view(app: &App, store: &WorkspaceStore, source: Source) -> Result<SourceView, Problem> {
    let counts = store.source_page_counts(source.id).await?;
    let count = |status| counts.get(&status).copied().unwrap_or_default();
    let failed = source.report.as_ref().is_some_and(|report| report.error.is_some());
    let state = if source.removing.is_some() {
        SourceState::Removing
    } else if source.is_leased(app.clock.now()) {
        SourceState::Syncing
    } else if source.synced_at.is_none() {
        SourceState::New
    } else if source.asked_at.is_some() {
        SourceState::Waiting
    } else if failed {
        SourceState::Failed
    } else {
        SourceState::Synced
    };
    Ok(SourceView {
        configured: sources::is_configured(app, &source),
        state,
        id: source.id,
        kind: source.kind,
        address: source.address,
        said: source.said,
        created_at: source.created_at,
        synced_at: source.synced_at,
        report: source.report,
        stored: count(PageStatus::Stored),
        rejected: count(PageStatus::Rejected),
        gone: count(PageStatus::Gone),
    })
}

async fn page_item(store: &WorkspaceStore, page: SourcePage) -> Result<SourcePageItem, Problem> {
    let documents = store.named_documents_of_page(page.id, SHOWN_DOCUMENTS).await?;
    Ok(SourcePageItem {
        address: page.address,
        status: page.status,
        reason: page.reason,
        etag: page.etag,
        last_modified: page.last_modified,
        checked_at: page.checked_at,
        documents: documents
            .into_iter()
            .map(|d| SourceDocumentItem { id: d.id, slug: d.slug, title: d.title })
            .collect(),
    })
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listSources").tag("knowledge").summary("List knowledge sources").description(
        "Pages and sitemaps that were added, and the folders of the configuration. They are synced when asked for and \
         every so many hours (`knowledge.sources.every_hours`).",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<SourceView>>, Problem> {
    let store = staff.store(&http);
    let page = store.sources(page.limit()?, page.cursor()).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for source in page.items {
        items.push(view(&http.app, &store, source).await?);
    }
    Ok(Json(Page { items, next_cursor: page.next }))
}

/// What can be added as a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddedKind {
    /// One page.
    Url,
    /// The pages that a sitemap lists.
    Sitemap,
}

/// A source to add.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSource {
    pub kind: AddedKind,
    /// Of the page or of the sitemap: `https://…`.
    #[schemars(length(min = 1, max = 2000), example = "https://help.example.com/sitemap.xml")]
    pub address: String,
    #[serde(flatten)]
    pub meta: MetadataForm,
}

fn add_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addSource").tag("knowledge").summary("Add a page or a sitemap").description(
        "Its pages are fetched from now on and become documents named after their addresses \
         (`help.example.com/en/returns`), with the metadata that is given here. The first sync begins at once; look at \
         the source to see what came of it.\n\n\
         The site's robots.txt is respected, of a sitemap only its own host's pages are taken, and addresses inside \
         the house (loopback, local networks, link-local) are refused unless the operator lists the host in \
         `knowledge.sources.private_hosts`. What has not changed since the last sync (`ETag`, `Last-Modified`, or the \
         same bytes) is left alone. A page that the server says is gone (404, 410), or that a sitemap which could be \
         read whole does not list any more, takes its documents with it.",
    )
}

async fn add(
    State(http): State<Http>,
    staff: Staff<may::PublishKnowledge>,
    Json(form): Json<AddSource>,
) -> Result<Created<SourceView>, Problem> {
    let said = form.meta.read()?;
    let kind = match form.kind {
        AddedKind::Url => SourceKind::Url,
        AddedKind::Sitemap => SourceKind::Sitemap,
    };
    let source = sources::create(&http.app, staff.workspace, kind, &form.address, said).await?;
    let detail = json!({ "source": source.id });
    staff.store(&http).audit(staff.deed(&http, AuditAction::SourceAdded, &source.address, detail)).await?;
    sources::begin(&http.app, staff.workspace, source.id);
    Ok(Created(view(&http.app, &staff.store(&http), source).await?))
}

/// Which pages to show.
#[derive(Deserialize, JsonSchema)]
pub struct PagesQuery {
    /// Only those in this state.
    #[serde(default)]
    pub status: Option<PageStatus>,
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getSource").tag("knowledge").summary("Look at a source").description(
        "What came of its last sync, and its pages: which documents each became, or why it was rejected.",
    )
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<SourcePath>,
    Query(page): Query<PageQuery>,
    Query(query): Query<PagesQuery>,
) -> Result<Json<SourceWithPages>, Problem> {
    let store = staff.store(&http);
    let source = store.source(path.id).await?.ok_or_else(|| Problem::not_found("the source"))?;
    let pages = store.source_pages(path.id, query.status, page.limit()?, page.cursor()).await?;
    let mut items = Vec::with_capacity(pages.items.len());
    for page in pages.items {
        items.push(page_item(&store, page).await?);
    }
    let source = view(&http.app, &store, source).await?;
    Ok(Json(SourceWithPages { source, pages: Page { items, next_cursor: pages.next } }))
}

/// What becomes of the documents.
#[derive(Deserialize, JsonSchema)]
pub struct RemoveSourceQuery {
    /// True: the documents stay, as if somebody had added them by hand.
    #[serde(default)]
    pub keep_documents: bool,
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeSource").tag("knowledge").summary("Remove a source").description(
        "With the documents that came from it, unless `keep_documents` says otherwise; those that somebody has changed \
         since stay in any case. A sync under way is stopped. Folders are taken out of the configuration instead.",
    )
}

async fn remove(
    State(http): State<Http>,
    staff: Staff<may::PublishKnowledge>,
    Path(path): Path<SourcePath>,
    Query(query): Query<RemoveSourceQuery>,
) -> Result<NoContent, Problem> {
    let how = if query.keep_documents { Removing::Alone } else { Removing::WithDocuments };
    sources::remove(&http.app, staff.workspace, path.id, how).await?;
    let detail = json!({ "keep_documents": query.keep_documents });
    staff
        .store(&http)
        .audit(staff.deed(&http, AuditAction::SourceRemoved, path.id.to_string(), detail))
        .await?;
    Ok(NoContent)
}

fn sync_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("syncSource").tag("knowledge").summary("Sync a source now").description(
        "Begins it, or asks for another one after the one under way, and answers at once; look at the source to see how \
         far it is.",
    )
}

async fn sync(
    State(http): State<Http>,
    staff: Staff<may::PublishKnowledge>,
    Path(path): Path<SourcePath>,
) -> Result<Json<SourceView>, Problem> {
    sources::ask(&http.app, staff.workspace, path.id).await?;
    let store = staff.store(&http);
    let source = store.source(path.id).await?.ok_or_else(|| Problem::not_found("the source"))?;
    Ok(Json(view(&http.app, &store, source).await?))
}
