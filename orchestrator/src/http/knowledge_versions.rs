//! What documents said before, and what is around a passage.

use std::time::Duration;

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    ChunkId, DocumentId, Timestamp,
    canonical::Digest,
    knowledge::{Chunk, DocumentVersion, Metadata, Span, UNIVERSAL_WORKSPACE},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use similar::TextDiff;
use store::WorkspaceStore;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path, Query},
    knowledge::{DocumentItem, DocumentPath},
    problem::Problem,
};

/// Looking for the smallest difference ends after this; what is given then is still a true one.
const DIFF_PATIENCE: Duration = Duration::from_millis(500);
const CONTEXT_LINES: usize = 3;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/documents/{id}/versions", get_with(list, list_docs))
        .api_route("/v1/knowledge/documents/{id}/versions/{version}", get_with(show, show_docs))
        .api_route(
            "/v1/knowledge/documents/{id}/versions/{version}/difference",
            get_with(compare, compare_docs),
        )
        .api_route("/v1/knowledge/chunks/{id}/section", get_with(section, section_docs))
}

/// A version of a document, without its text.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct VersionItem {
    pub version: i64,
    pub slug: String,
    #[serde(flatten)]
    pub meta: Metadata,
    pub digest: Digest,
    pub created_at: Timestamp,
    pub created_by: Actor,
}

impl From<DocumentVersion> for VersionItem {
    fn from(version: DocumentVersion) -> Self {
        Self {
            version: version.version,
            slug: version.slug,
            meta: version.meta,
            digest: version.digest,
            created_at: version.created_at,
            created_by: version.created_by,
        }
    }
}

/// A document's versions, the newest first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Versions {
    /// False when the document was removed; its versions stay, because answers cite them.
    pub exists: bool,
    pub items: Vec<VersionItem>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listDocumentVersions").tag("knowledge").summary("List a document's versions").description(
        "The last 500, the newest first, without their text. Those of a removed document stay readable.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<DocumentPath>,
) -> Result<Json<Versions>, Problem> {
    for store in reach(&http, &staff) {
        let versions = store.document_versions(path.id).await?;
        if !versions.is_empty() {
            let exists = store.document(path.id).await?.is_some();
            return Ok(Json(Versions {
                exists,
                items: versions.into_iter().map(VersionItem::from).collect(),
            }));
        }
    }
    Err(Problem::not_found("the document"))
}

/// The version in the path.
#[derive(Deserialize, JsonSchema)]
pub struct VersionPath {
    /// The document.
    pub id: DocumentId,
    /// Its version, from 1.
    pub version: i64,
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getDocumentVersion")
        .tag("knowledge")
        .summary("Read a document as it was")
        .description("What a citation of this version rests on; its `span` is bytes of `body`.")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<VersionPath>,
) -> Result<Json<DocumentVersion>, Problem> {
    Ok(Json(version(&http, &staff, path.id, path.version).await?))
}

/// What to compare with.
#[derive(Deserialize, JsonSchema)]
pub struct CompareQuery {
    /// The earlier version; left out: the one before.
    #[serde(default)]
    pub from: Option<i64>,
}

/// What changed from one version to another.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Difference {
    pub from: i64,
    pub to: i64,
    /// In the unified format, three lines around each change; empty when the text is the same.
    pub unified: String,
    /// What else is known of the document changed.
    pub metadata_changed: bool,
}

fn compare_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("compareDocumentVersions").tag("knowledge").summary("See what changed").description(
        "The difference from an earlier version to this one; without `from`, from the one before. Everything is new in \
         version 1.",
    )
}

async fn compare(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<VersionPath>,
    Query(query): Query<CompareQuery>,
) -> Result<Json<Difference>, Problem> {
    let to = version(&http, &staff, path.id, path.version).await?;
    let from = query.from.unwrap_or(to.version - 1);
    let before = match from {
        0 if query.from.is_none() => None,
        from => Some(version(&http, &staff, path.id, from).await?),
    };
    // Two megabytes of lines are some work.
    let compared = tokio::task::spawn_blocking(move || {
        let (old, meta) = before.map(|before| (before.body, Some(before.meta))).unwrap_or_default();
        let unified = unified(&old, &to.body, (from, to.version));
        Difference {
            from,
            to: to.version,
            unified,
            metadata_changed: meta.is_some_and(|meta| meta != to.meta),
        }
    });
    Ok(Json(compared.await.map_err(|error| Problem::internal(&error))?))
}

fn unified(old: &str, new: &str, (from, to): (i64, i64)) -> String {
    let (old, new) = (format!("{old}\n"), format!("{new}\n"));
    let old = if old == "\n" { "" } else { &old };
    TextDiff::configure()
        .timeout(DIFF_PATIENCE)
        .diff_lines(old, &new)
        .unified_diff()
        .context_radius(CONTEXT_LINES)
        .header(&format!("version {from}"), &format!("version {to}"))
        .to_string()
}

/// The chunk in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ChunkPath {
    /// The chunk.
    pub id: ChunkId,
}

/// The section a passage stands in.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Section {
    pub document: DocumentItem,
    pub heading_path: Vec<String>,
    /// The whole section, Markdown.
    pub text: String,
    /// Where it stands in the document's text, in bytes.
    pub span: Span,
    /// Its pieces, in order; the one asked for among them.
    pub chunks: Vec<ChunkId>,
    /// The piece before the section, if there is one.
    pub previous: Option<ChunkId>,
    /// The piece after it.
    pub next: Option<ChunkId>,
}

fn section_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getSection").tag("knowledge").summary("Read what is around a passage").description(
        "The section of the document that a piece of it stands in, and the pieces before and after it. A piece that a \
         newer version does not have any more is not found: read the version that was cited.",
    )
}

async fn section(
    State(http): State<Http>,
    staff: Staff<may::ReadKnowledge>,
    Path(path): Path<ChunkPath>,
) -> Result<Json<Section>, Problem> {
    for store in reach(&http, &staff) {
        let Some(document) = store.document_of_chunk(path.id).await? else { continue };
        let chunks = store.chunks(&document).await?;
        let Some(at) = chunks.iter().position(|chunk| chunk.id == path.id) else { continue };
        let path = &chunks[at].heading_path;
        // One section's pieces follow each other.
        let within = |chunk: &&Chunk| chunk.heading_path == *path;
        let first = at - chunks[..at].iter().rev().take_while(within).count();
        let last = at + chunks[at + 1..].iter().take_while(within).count();
        let span = Span { start: chunks[first].span().start, end: chunks[last].span().end };
        let text = document.body.get(span.start..span.end).unwrap_or(&chunks[at].text).to_owned();
        return Ok(Json(Section {
            heading_path: path.clone(),
            text,
            span,
            chunks: chunks[first..=last].iter().map(|chunk| chunk.id).collect(),
            previous: first.checked_sub(1).map(|before| chunks[before].id),
            next: chunks.get(last + 1).map(|chunk| chunk.id),
            document: document.into(),
        }));
    }
    Err(Problem::not_found("the passage"))
}

async fn version(
    http: &Http,
    staff: &Staff<may::ReadKnowledge>,
    document: DocumentId,
    number: i64,
) -> Result<DocumentVersion, Problem> {
    for store in reach(http, staff) {
        if let Some(version) = store.document_version(document, number).await? {
            return Ok(version);
        }
    }
    Err(Problem::not_found("the version"))
}

/// Where staff may read: their workspace, and what all share.
pub(super) fn reach(http: &Http, staff: &Staff<may::ReadKnowledge>) -> [WorkspaceStore; 2] {
    [staff.store(http), http.app.store.workspace(UNIVERSAL_WORKSPACE)]
}
