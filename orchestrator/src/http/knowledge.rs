//! Knowledge: documents in, passages out.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::{DefaultBodyLimit, State};
use domain::{
    CustomerId, DocumentId, GapId, RunId, TicketId, Timestamp,
    audit::AuditAction,
    canonical::Digest,
    knowledge::{
        Chunk, Document, Layer, Metadata, Passage, Retriever as _, Said, Scope, UNIVERSAL_WORKSPACE,
    },
    ticket::Visibility,
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, NoContent, Path, Query, text},
    knowledge_versions::reach,
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::knowledge::{self, Spoken};

/// What a request with a document may have.
const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;
const MAX_RESULTS: usize = 20;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/documents", get_with(list, list_docs).post_with(put, put_docs))
        .layer(DefaultBodyLimit::max(MAX_DOCUMENT_BYTES))
        .api_route("/v1/knowledge/documents/{id}", get_with(show, show_docs).delete_with(remove, remove_docs))
        .api_route("/v1/knowledge/search", get_with(search, search_docs))
        .api_route("/v1/knowledge/templates", get_with(templates, templates_docs))
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
    #[serde(flatten)]
    pub meta: Metadata,
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
            meta: document.meta,
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
    /// Of an article that an agent made and a person let in: what it was made of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_of: Option<MadeOf>,
}

/// What an article was made of.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct MadeOf {
    pub ticket_id: TicketId,
    /// The gap that it closes.
    pub gap_id: Option<GapId>,
    pub run_id: RunId,
}

impl MadeOf {
    /// Read off the document's first version, whose author is the run.
    async fn of(store: &store::WorkspaceStore, document: &Document) -> Result<Option<Self>, Problem> {
        let first = store.document_version(document.id, 1).await?;
        let Some(Actor::Agent { run_id, .. }) = first.map(|version| version.created_by) else {
            return Ok(None);
        };
        let about = store.run(run_id).await?.and_then(|run| run.about);
        Ok(about.map(|about| Self { ticket_id: about.ticket_id, gap_id: about.gap_id, run_id }))
    }
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listDocuments").tag("knowledge").summary("List documents").description("Without their text.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
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
    /// Markdown, with optional front matter: `title`, `layer` (`company` or `customer`), `customer`, `visibility`
    /// (`public` or `internal`), `locale`, `brand`, `category`, `tags`, `valid_from`, `valid_until`; of a message to be
    /// filled in also `channel` (`email` or `chat`) and `variables`. What is said here goes before it.
    pub markdown: String,
    #[serde(flatten)]
    pub meta: MetadataForm,
}

/// What whoever adds documents says of them.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
pub struct MetadataForm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub layer: Option<Layer>,
    /// The customer whose it is, in the customer layer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub visibility: Option<Visibility>,
    /// BCP 47, for example `de-CH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locale: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A day or a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// The last day, or the time from which on it is not valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
}

impl MetadataForm {
    pub(super) fn read(self) -> Result<Said, Problem> {
        let visibility = self.visibility.map(|visibility| match visibility {
            Visibility::Public => "public".to_owned(),
            Visibility::Internal => "internal".to_owned(),
        });
        let spoken = Spoken {
            layer: self.layer.map(|layer| layer.as_str().to_owned()),
            customer: self.customer_id.map(|id| id.to_string()),
            visibility,
            locale: self.locale,
            brand: self.brand,
            category: self.category,
            tags: self.tags,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        };
        spoken.read().map_err(Problem::invalid)
    }
}

fn put_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addDocument").tag("knowledge").summary("Add or replace a document").description(
        "Parses the Markdown, cuts it into pieces and makes them searchable at once. Sending the same text again \
         changes nothing. `internal` documents are never used in what a customer reads, a customer's own only in \
         matters of that customer, and none outside the time it is valid. At most 1 MiB.",
    )
}

async fn put(
    State(http): State<Http>,
    staff: Staff<may::PublishKnowledge>,
    Json(form): Json<AddDocument>,
) -> Result<Json<DocumentView>, Problem> {
    let AddDocument { slug, markdown, meta } = form;
    let said = meta.read()?;
    let added =
        knowledge::add_markdown(&http.app, staff.workspace, &slug, &markdown, &said, staff.actor()).await?;
    let document = added.document().clone();
    let detail = json!({ "document": document.id, "version": document.version });
    staff.store(&http).audit(staff.deed(&http, AuditAction::DocumentStored, &document.slug, detail)).await?;
    let chunks = staff.store(&http).chunks(&document).await?;
    let made_of = MadeOf::of(&staff.store(&http), &document).await?;
    Ok(Json(DocumentView { document, chunks, made_of }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getDocument")
        .tag("knowledge")
        .summary("Look at a document")
        .description("One of the shipped library too.")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<DocumentPath>,
) -> Result<Json<DocumentView>, Problem> {
    for store in reach(&http, &staff) {
        if let Some(document) = store.document(path.id).await? {
            let chunks = store.chunks(&document).await?;
            let made_of = MadeOf::of(&store, &document).await?;
            return Ok(Json(DocumentView { document, chunks, made_of }));
        }
    }
    Err(Problem::not_found("the document"))
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeDocument").tag("knowledge").summary("Remove a document").description(
        "No search finds it any more. Its versions stay readable for the answers that cite them.",
    )
}

async fn remove(
    State(http): State<Http>,
    staff: Staff<may::PublishKnowledge>,
    Path(path): Path<DocumentPath>,
) -> Result<NoContent, Problem> {
    if !knowledge::remove(&http.app, staff.workspace, path.id).await? {
        return Err(Problem::not_found("the document"));
    }
    let deed = staff.deed(&http, AuditAction::DocumentRemoved, path.id.to_string(), json!({}));
    staff.store(&http).audit(deed).await?;
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
    /// True: the shipped library too. It is internal: say `internal` as well.
    #[serde(default)]
    pub universal: bool,
    /// With this customer's own documents.
    #[serde(default)]
    pub customer_id: Option<CustomerId>,
    /// Documents of this brand and of none; left out: of all.
    #[serde(default)]
    #[schemars(length(max = 64))]
    pub brand: Option<String>,
    /// Documents in this language first.
    #[serde(default)]
    pub locale: Option<String>,
    /// As of this time; left out: now.
    #[serde(default)]
    pub valid_at: Option<Timestamp>,
}

/// What was found, best first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SearchView {
    pub items: Vec<Passage>,
    /// `hybrid`: by words and by meaning; `lexical`: by words alone, because no embedding model is configured.
    pub retrieval: String,
}

fn search_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("searchKnowledge").tag("knowledge").summary("Search").description(
        "The passages an agent would find, valid now; passages that say the same are folded into the best of them. \
         `coverage` is comparable between searches, `score` within one. `highlights` are bytes of `text`.",
    )
}

async fn search(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<SearchView>, Problem> {
    let limit = query.limit.unwrap_or(5);
    if !(1..=MAX_RESULTS).contains(&limit) {
        return Err(Problem::invalid(format!("limit is {limit} and must be 1 to {MAX_RESULTS}")));
    }
    let q = text("q", &query.q, 1000)?;
    let brand = query.brand.as_deref().map(|brand| text("brand", brand, rag::MAX_BRAND_CHARS)).transpose()?;
    let locale = query
        .locale
        .as_deref()
        .map(|locale| rag::read_locale(locale).map_err(Problem::invalid))
        .transpose()?;
    let knowledge = &http.app.knowledge;
    let scope = Scope {
        workspace_id: staff.workspace,
        internal: query.internal,
        universal: query.universal,
        customer_id: query.customer_id,
        brand,
        locale,
        valid_at: query.valid_at.unwrap_or_else(|| http.app.clock.now()),
    };
    let mut items = knowledge.search(&scope, &q, limit).await?;
    rag::highlight(&q, &mut items);
    Ok(Json(SearchView { items, retrieval: knowledge.retrieval().as_str().to_owned() }))
}

/// Messages to be filled in and read by a person before they are sent.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Templates {
    /// The workspace's own, then those of the shipped library.
    pub items: Vec<Document>,
}

fn templates_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listTemplates").tag("knowledge").summary("List templates").description(
        "Messages with places to fill in, such as `{{ contact_name }}`; `template` names the channel and the variables. \
         A template of the workspace stands in place of the library's of the same name. No search finds them.",
    )
}

async fn templates(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
) -> Result<Json<Templates>, Problem> {
    let mut items = staff.store(&http).templates().await?;
    for shared in http.app.store.workspace(UNIVERSAL_WORKSPACE).templates().await? {
        if !items.iter().any(|own| own.slug == shared.slug) {
            items.push(shared);
        }
    }
    Ok(Json(Templates { items }))
}
