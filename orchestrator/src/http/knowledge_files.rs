//! Knowledge as files of any kind: several in one form, and what became of each.

use aide::{
    OperationInput,
    axum::{ApiRouter, routing::post_with},
    generate::GenContext,
    openapi::Operation,
    transform::TransformOperation,
};
use axum::{
    body::Bytes,
    extract::{
        DefaultBodyLimit, FromRequest, Multipart, Request, State,
        multipart::{Field, MultipartError},
    },
    http::{StatusCode, header},
};
use domain::{DocumentId, audit::AuditAction, knowledge::Said};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, body, too_large},
    problem::{Kind, Problem},
};
use crate::knowledge::{Added, FileReport, Import, Spoken};

/// All files of a request together; the parser has a limit for each.
const MAX_REQUEST_BYTES: usize = 32 * 1024 * 1024;
const MAX_FILES: usize = 50;
const MAX_FIELD_BYTES: usize = 4 * 1024;
const MAX_NAME_CHARS: usize = 500;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/knowledge/files", post_with(add, add_docs))
        .layer(DefaultBodyLimit::max(MAX_REQUEST_BYTES))
}

/// What became of each document, in the order of the files.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddedFiles {
    pub items: Vec<AddedFile>,
}

/// What became of a document, or of a file that is no document.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AddedFile {
    /// The name the file was sent with. A table of questions and answers has an item for each pair.
    pub file: String,
    pub status: AddedStatus,
    /// The document's name; null when none could be made of the file's.
    pub slug: Option<String>,
    /// Null when it was rejected.
    pub document_id: Option<DocumentId>,
    pub title: Option<String>,
    /// Why it was rejected, and what to do.
    pub reason: Option<String>,
    /// What was left out or guessed. What is to be said of a whole file stands with its first item.
    pub warnings: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AddedStatus {
    Added,
    /// There was a document of this name; this is its next version.
    Changed,
    /// The same was there already.
    Unchanged,
    Rejected,
}

fn items(report: FileReport) -> impl Iterator<Item = AddedFile> {
    let FileReport { file, documents, warnings } = report;
    let mut warnings = Some(warnings);
    documents.into_iter().map(move |(slug, result)| {
        let (status, reason) = match &result {
            Ok(Added::New(_)) => (AddedStatus::Added, None),
            Ok(Added::Changed(_)) => (AddedStatus::Changed, None),
            Ok(Added::Unchanged(_)) => (AddedStatus::Unchanged, None),
            Err(error) => (AddedStatus::Rejected, Some(error.to_string())),
        };
        let document = result.as_ref().ok().map(Added::document);
        AddedFile {
            file: file.clone(),
            status,
            slug: (!slug.is_empty()).then_some(slug),
            document_id: document.map(|document| document.id),
            title: document.map(|document| document.meta.title.clone()),
            reason,
            warnings: warnings.take().unwrap_or_default(),
        }
    })
}

fn add_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addFiles").tag("knowledge").summary("Add files of any kind").description(
        "Markdown, HTML, plain text, PDF, DOCX, a CSV table of questions and answers, or a mail (.eml): what it is, its \
         content and its name say. A file becomes the document named after it (`Returns 2026.pdf` is `returns-2026`); \
         of a table each pair becomes one, `<file>/<question>`. A document with this name is replaced by the next \
         version, and the same again changes nothing. Pairs that are no longer in a table stay until they are removed.\n\n\
         Files are parsed one after the other, each in a process of its own. One that is refused does not stop the \
         others: the answer is 200 and says why. The other parts go before what a file says of itself; when \
         nobody says anything, a document is the workspace's own, public, in English and always valid. At most 50 files and 32 MiB in a request, \
         20 MiB and 20 seconds for a file, 1 MiB of text in a document.",
    )
}

async fn add(
    State(http): State<Http>,
    staff: Staff<may::PublishKnowledge>,
    form: Form,
) -> Result<Json<AddedFiles>, Problem> {
    let mut import = Import::new(&http.app, staff.workspace, form.said, staff.actor());
    let mut added = Vec::new();
    for file in &form.files {
        let report = import.file(&file.name, file.media_type.as_deref(), &file.bytes).await?;
        added.extend(items(report));
    }
    import.finish().await;
    let names: Vec<&str> = form.files.iter().map(|file| file.name.as_str()).collect();
    let subject = names.join(", ");
    staff.store(&http).audit(staff.deed(&http, AuditAction::DocumentStored, subject, json!({}))).await?;
    Ok(Json(AddedFiles { items: added }))
}

struct File {
    name: String,
    media_type: Option<String>,
    bytes: Bytes,
}

/// A form with files.
struct Form {
    files: Vec<File>,
    said: Said,
}

impl OperationInput for Form {
    fn operation_input(ctx: &mut GenContext, operation: &mut Operation) {
        let schema = schemars::json_schema!({
            "type": "object",
            "required": ["file"],
            "properties": {
                "file": {
                    "type": "array",
                    "items": { "type": "string", "format": "binary" },
                    "minItems": 1,
                    "maxItems": MAX_FILES,
                    "description": "The files, each as a part `file` with its file name.",
                },
                "layer": {
                    "type": "string",
                    "enum": ["company", "customer"],
                    "description": "Whose the files are. A customer's are used in matters of that customer alone.",
                },
                "customer": { "type": "string", "format": "uuid", "description": "The customer whose they are." },
                "locale": { "type": "string", "description": "BCP 47, for example `de-CH`." },
                "brand": { "type": "string", "maxLength": rag::MAX_BRAND_CHARS },
                "valid_from": { "type": "string", "description": "A day or a time." },
                "valid_until": { "type": "string", "description": "The last day, or a time." },
                "visibility": {
                    "type": "string",
                    "enum": ["public", "internal"],
                    "description": "`internal` documents are never used in what a customer reads.",
                },
                "category": { "type": "string", "maxLength": rag::MAX_CATEGORY_CHARS },
                "tags": { "type": "string", "description": "Separated by commas." },
            },
        });
        aide::operation::set_body(ctx, operation, body("multipart/form-data", schema));
    }
}

impl FromRequest<Http> for Form {
    type Rejection = Problem;

    async fn from_request(request: Request, http: &Http) -> Result<Self, Problem> {
        let content_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        if !content_type.is_some_and(|kind| kind.to_ascii_lowercase().starts_with("multipart/form-data")) {
            return Err(Problem::new(
                Kind::UnsupportedMediaType,
                "send a form with `Content-Type: multipart/form-data` and the files in its parts `file`",
            ));
        }
        let mut parts = Multipart::from_request(request, http)
            .await
            .map_err(|rejection| Problem::new(Kind::BadRequest, rejection.body_text()))?;
        let mut form = Self { files: Vec::new(), said: Said::default() };
        let mut spoken = Spoken::default();
        while let Some(field) = parts.next_field().await.map_err(unreadable)? {
            form.take(field, &mut spoken).await?;
        }
        if form.files.is_empty() {
            return Err(Problem::invalid("the form has no part `file`; send at least one"));
        }
        form.said = spoken.read().map_err(Problem::invalid)?;
        Ok(form)
    }
}

impl Form {
    async fn take(&mut self, field: Field<'_>, spoken: &mut Spoken) -> Result<(), Problem> {
        match field.name().unwrap_or_default() {
            "file" => {
                if self.files.len() == MAX_FILES {
                    return Err(Problem::invalid(format!(
                        "a request may have {MAX_FILES} files; send the others in another"
                    )));
                }
                let name = field.file_name().unwrap_or_default().to_owned();
                if name.is_empty() || name.chars().count() > MAX_NAME_CHARS || name.contains('\0') {
                    return Err(Problem::invalid(format!(
                        "each part `file` needs a file name of 1 to {MAX_NAME_CHARS} characters"
                    )));
                }
                let media_type = field.content_type().map(str::to_owned);
                let bytes = field.bytes().await.map_err(unreadable)?;
                self.files.push(File { name, media_type, bytes });
            }
            "tags" => {
                let text = value("tags", field).await?;
                let tags = text.split(',').map(str::trim).filter(|tag| !tag.is_empty());
                spoken.tags.extend(tags.map(str::to_owned));
            }
            "layer" => spoken.layer = Some(value("layer", field).await?),
            "customer" => spoken.customer = Some(value("customer", field).await?),
            "visibility" => spoken.visibility = Some(value("visibility", field).await?),
            "locale" => spoken.locale = Some(value("locale", field).await?),
            "brand" => spoken.brand = Some(value("brand", field).await?),
            "category" => spoken.category = Some(value("category", field).await?),
            "valid_from" => spoken.valid_from = Some(value("valid_from", field).await?),
            "valid_until" => spoken.valid_until = Some(value("valid_until", field).await?),
            other => {
                let shown: String = other.chars().take(40).collect();
                return Err(Problem::invalid(format!(
                    "the part `{shown}` is not known; there are `file`, `layer`, `customer`, `visibility`, `locale`, `brand`, \
                     `category`, `tags`, `valid_from` and `valid_until`"
                )));
            }
        }
        Ok(())
    }
}

/// A part that is a short text, trimmed. Nothing in it means that nothing is said.
async fn value(name: &str, field: Field<'_>) -> Result<String, Problem> {
    let text = field.text().await.map_err(unreadable)?;
    if text.len() > MAX_FIELD_BYTES {
        return Err(Problem::invalid(format!("{name} may have {MAX_FIELD_BYTES} bytes")));
    }
    Ok(text.trim().to_owned())
}

fn unreadable(error: MultipartError) -> Problem {
    match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        _ => Problem::new(Kind::BadRequest, format!("the form cannot be read: {}", error.body_text())),
    }
}
