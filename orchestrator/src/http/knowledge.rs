//! Knowledge: documents in, passages out.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::{DefaultBodyLimit, State};
use domain::{
    DocumentId, Timestamp,
    canonical::Digest,
    knowledge::{Chunk, Document, Passage, Retriever as _, Scope},
    ticket::Visibility,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Admin, Staff, Viewer},
    input::{Json, NoContent, Path, Query, text},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::knowledge;

/// What a request with a document may have.
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;
const MAX_RESULTS: usize = 20;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/documents", get_with(list, list_docs).post_with(put, put_docs))
        .layer(DefaultBodyLimit::max(MAX_DOCUMENT_BYTES))
        .api_route("/v1/knowledge/documents/{id}", get_with(show, show_docs).delete_with(remove, remove_docs))
        .api_route("/v1/knowledge/search", get_with(search, search_docs))
}

/// The document in the path.
#[derive(Deserialize, JsonSchema)]
pub struct DocumentPath {
    /// The document.
    pub id: DocumentId,
}

/// A document in a list, without its text.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DocumentItem {
    pub id: DocumentId,
    pub slug: String,
    pub title: String,
    pub visibility: Visibility,
    pub category: String,
    pub tags: Vec<String>,
    pub version: i64,
    pub digest: Digest,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl From<Document> for DocumentItem {
    fn from(document: Document) -> Self {
        Self {
            id: document.id,
            slug: document.slug,
            title: document.title,
            visibility: document.visibility,
            category: document.category,
            tags: document.tags,
            version: document.version,
            digest: document.digest,
            created_at: document.created_at,
            updated_at: document.updated_at,
        }
    }
}

/// A document with the pieces it is searched by.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DocumentView {
    pub document: Document,
    pub chunks: Vec<Chunk>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listDocuments").tag("knowledge").summary("List documents").description("Without their text.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<Viewer>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<DocumentItem>>, Problem> {
    let page = staff.store(&http).documents(page.limit()?, page.cursor()).await?;
    Ok(Json(Page::map(page, DocumentItem::from)))
}

/// A document to add.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddDocument {
    /// Its stable name. A document with this name is replaced by the next version.
    #[schemars(length(min = 1, max = 200), example = "returns-and-refunds")]
    pub slug: String,
    /// Markdown, with optional front matter: `title`, `visibility` (`public` or `internal`), `category`, `tags`.
    pub markdown: String,
}

fn put_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addDocument").tag("knowledge").summary("Add or replace a document").description(
        "Parses the Markdown, cuts it into pieces and makes them searchable at once. Sending the same text again \
         changes nothing. `internal` documents are never used in what a customer reads. At most 1 MiB.",
    )
}

async fn put(
    State(http): State<Http>,
    staff: Staff<Admin>,
    Json(form): Json<AddDocument>,
) -> Result<Json<DocumentView>, Problem> {
    let added = knowledge::add_markdown(&http.app, staff.workspace, &form.slug, &form.markdown).await?;
    let document = added.document().clone();
    let chunks = staff.store(&http).chunks(document.id).await?;
    Ok(Json(DocumentView { document, chunks }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getDocument").tag("knowledge").summary("Look at a document")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<Viewer>,
    Path(path): Path<DocumentPath>,
) -> Result<Json<DocumentView>, Problem> {
    let store = staff.store(&http);
    let document = store.document(path.id).await?.ok_or_else(|| Problem::not_found("the document"))?;
    let chunks = store.chunks(path.id).await?;
    Ok(Json(DocumentView { document, chunks }))
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeDocument")
        .tag("knowledge")
        .summary("Remove a document")
        .description("It is not found any more. Answers that cite it keep their quotes.")
}

async fn remove(
    State(http): State<Http>,
    staff: Staff<Admin>,
    Path(path): Path<DocumentPath>,
) -> Result<NoContent, Problem> {
    if !knowledge::remove(&http.app, staff.workspace, path.id).await? {
        return Err(Problem::not_found("the document"));
    }
    Ok(NoContent)
}

/// What to look for.
#[derive(Deserialize, JsonSchema)]
pub struct SearchQuery {
    #[schemars(length(min = 1, max = 1000))]
    pub q: String,
    /// How many passages, 1 to 20.
    #[serde(default)]
    #[schemars(range(min = 1, max = 20), extend("default" = 5))]
    pub limit: Option<usize>,
    /// True: internal documents too.
    #[serde(default)]
    pub internal: bool,
}

/// What was found, best first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SearchView {
    pub items: Vec<Passage>,
}

fn search_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("searchKnowledge").tag("knowledge").summary("Search").description(
        "The passages an agent would find. `coverage` is comparable between searches, `score` within one.",
    )
}

async fn search(
    State(http): State<Http>,
    staff: Staff<Viewer>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<SearchView>, Problem> {
    let limit = query.limit.unwrap_or(5);
    if !(1..=MAX_RESULTS).contains(&limit) {
        return Err(Problem::invalid(format!("limit is {limit} and must be 1 to {MAX_RESULTS}")));
    }
    let q = text("q", &query.q, 1000)?;
    let scope = Scope { workspace_id: staff.workspace, internal: query.internal, customer_id: None };
    let items = http.app.knowledge.search(scope, &q, limit).await?;
    Ok(Json(SearchView { items }))
}
