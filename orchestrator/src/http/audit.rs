//! The audit: who did what, whether the chain is whole, and all of it as a file.

use std::{io, sync::Arc};

use aide::{
    OperationOutput,
    axum::{ApiRouter, routing::get_with},
    generate::GenContext,
    openapi::{Operation, Response as ApiResponse, StatusCode as ApiStatus},
    transform::TransformOperation,
};
use axum::{
    body::{Body, Bytes},
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    Timestamp,
    audit::{AuditAction, AuditEntry, Break, Link},
    canonical,
    user::Actor,
};
use futures::stream;
use guards::masking::{Border, Protector};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{AuditFilter, AuditReport, MAX_LIMIT, StoreError, WorkspaceStore};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Query, answer},
    page::{Page, PageQuery},
    problem::Problem,
    sight::Sight,
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/audit", get_with(list, list_docs))
}

/// What reads the whole chain takes as long as it takes.
pub fn stream_routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/audit/verification", get_with(verify, verify_docs))
        .api_route("/v1/audit/export", get_with(export, export_docs))
}

/// Which entries are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct AuditQuery {
    #[serde(default)]
    pub action: Option<AuditAction>,
    /// The id of a user or an API key.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub actor: Option<String>,
    /// Exactly what it was done to.
    #[serde(default)]
    #[schemars(length(max = 300))]
    pub subject: Option<String>,
    /// From this time on.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Before this time.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listAudit").tag("audit").summary("Who did what").description(
        "Sign-ins, decisions, breakers, changes of knowledge and tools, and what else people and keys did to the \
         workspace, newest first. Each entry holds the digest of the one before it.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadAudit>,
    Query(page): Query<PageQuery>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<Page<AuditEntry>>, Problem> {
    let AuditQuery { action, actor, subject, from, until } = query;
    if staff.sight == Sight::Masked
        && let Some(said) = &subject
        && http.app.personal.of(staff.workspace).text(said) != *said
    {
        return Err(Problem::forbidden(
            "`subject` holds personal data, which is masked for you: filter by an id, or use a key that sees it",
        ));
    }
    let filter = AuditFilter { action, actor, subject, from, until };
    let before = page.cursor().map(str::parse).transpose().map_err(|_| StoreError::Cursor)?;
    let limit = page.limit()?;
    let mut items = staff.store(&http).audit_entries(&filter, before, limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted;
    items.truncate(wanted);
    let next_cursor = more.then(|| items.last().map(|entry| entry.seq.to_string())).flatten();
    Ok(Json(Page { items, next_cursor }))
}

/// What a check of the chain found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditVerification {
    /// Whether every entry is as it was written and none is missing.
    pub whole: bool,
    /// How many entries were read.
    pub entries: i64,
    /// The last entry. Whoever keeps its digest elsewhere can tell later that nothing up to it was changed.
    pub head: Link,
    /// What is kept begins after this one; number 0 when nothing was ever taken away.
    pub kept_after: Link,
    /// The first place where the chain does not hold; null when it is whole.
    pub broken: Option<Break>,
}

impl From<AuditReport> for AuditVerification {
    fn from(report: AuditReport) -> Self {
        let AuditReport { entries, kept_after, head, broken } = report;
        Self { whole: broken.is_none(), entries, head, kept_after, broken }
    }
}

fn verify_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("verifyAudit").tag("audit").summary("Check the chain").description(
        "Reads every entry that is kept, computes its digest again, and names the first that does not fit.",
    )
}

async fn verify(
    State(http): State<Http>,
    staff: Staff<may::ReadAudit>,
) -> Result<Json<AuditVerification>, Problem> {
    Ok(Json(staff.store(&http).verify_audit().await?.into()))
}

/// How the file is written.
#[derive(Clone, Copy, Debug, Deserialize, Serialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum ExportFormat {
    Json,
    Csv,
}

/// How the file is written.
#[derive(Deserialize, JsonSchema)]
pub struct ExportQuery {
    pub format: ExportFormat,
}

fn export_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("exportAudit").tag("audit").summary("All of it as a file").description(
        "Every entry that is kept, oldest first: an array of JSON objects, or CSV with a head line. A cell that a \
         spreadsheet would take for a formula begins with an apostrophe. Personal and secret data is in it as the \
         workspace's policy says of the border `export`; the digests are those of the entries that are kept. The export \
         itself is written down first.",
    )
}

async fn export(
    State(http): State<Http>,
    staff: Staff<may::ExportAudit>,
    Query(query): Query<ExportQuery>,
) -> Result<Export, Problem> {
    let store = staff.store(&http);
    let deed = staff.deed(&http, AuditAction::AuditExported, "audit", json!({ "format": query.format }));
    store.audit(deed).await?;
    let (head, kept_after) = store.audit_heads().await?;
    let protector = http.app.protections.of(staff.workspace);
    Ok(Export { store, protector, format: query.format, from: kept_after.seq, to: head.seq })
}

/// A file that is read from the database while it is sent.
struct Export {
    store: WorkspaceStore,
    protector: Arc<Protector>,
    format: ExportFormat,
    from: i64,
    to: i64,
}

impl IntoResponse for Export {
    fn into_response(self) -> Response {
        let (kind, name) = match self.format {
            ExportFormat::Json => ("application/json", "attachment; filename=\"audit.json\""),
            ExportFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
        };
        let mut response = Response::new(Body::from_stream(self.parts()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_static(name));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl Export {
    /// The file page by page. An error cuts it, so that half a file is not taken for a whole one, and neither is one of
    /// which old entries are taken away while it is read. A hole that nobody answers for stays to be seen.
    fn parts(self) -> impl stream::Stream<Item = io::Result<Bytes>> {
        stream::try_unfold((self, None::<i64>), |(export, at)| async move {
            let after = at.unwrap_or(export.from);
            if at.is_some_and(|at| at >= export.to) {
                return Ok(None);
            }
            let mut entries = export.store.audit_after(after, MAX_LIMIT).await.map_err(io::Error::other)?;
            if entries.first().is_some_and(|first| first.seq != after + 1) {
                let (_, kept_after) = export.store.audit_heads().await.map_err(io::Error::other)?;
                if kept_after.seq > after {
                    let why = format!("entries after {after} were taken away while they were read");
                    return Err(io::Error::other(why));
                }
            }
            entries.retain(|entry| entry.seq <= export.to);
            if entries.is_empty() && after < export.to {
                return Err(io::Error::other(format!("the entries after {after} are missing")));
            }
            let last = entries.last().map_or(export.to, |entry| entry.seq);
            entries.iter_mut().for_each(|entry| treat(&export.protector, entry));
            let text = write(export.format, &entries, at.is_none(), last >= export.to)?;
            Ok(Some((Bytes::from(text), (export, Some(last)))))
        })
    }
}

/// As the workspace lets it leave the house. Colleagues and keys keep their names: who did it is what the file
/// is for. The digests are those of the entries that are kept.
fn treat(protector: &Protector, entry: &mut AuditEntry) {
    let deed = &mut entry.deed;
    deed.detail = protector.redact_json(Border::Export, &deed.detail);
    let shown = |text: &mut String| *text = protector.redact(Border::Export, text).into_owned();
    shown(&mut deed.subject);
    if let Actor::Customer { name, .. } = &mut deed.actor {
        shown(name);
    }
}

/// A page of the file, with its beginning and its end where they belong.
fn write(format: ExportFormat, entries: &[AuditEntry], first: bool, last: bool) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    match format {
        ExportFormat::Json => {
            for (number, entry) in entries.iter().enumerate() {
                text.extend(if first && number == 0 { b"[\n" } else { b",\n" });
                serde_json::to_writer(&mut text, entry)?;
            }
            if first && entries.is_empty() {
                text.push(b'[');
            }
            if last {
                text.extend(b"\n]\n");
            }
        }
        ExportFormat::Csv => {
            let mut csv = csv::Writer::from_writer(text);
            if first {
                csv.write_record(COLUMNS)?;
            }
            for entry in entries {
                csv.write_record(row(entry).map(|cell| inert(&cell)))?;
            }
            text = csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        }
    }
    Ok(text)
}

const COLUMNS: [&str; 10] = [
    "seq",
    "at",
    "actor_kind",
    "actor_id",
    "actor_name",
    "action",
    "subject",
    "detail",
    "previous",
    "digest",
];

fn row(entry: &AuditEntry) -> [String; 10] {
    let deed = &entry.deed;
    let (kind, id, name) = match &deed.actor {
        Actor::Customer { contact_id, name } => {
            ("customer", contact_id.map(|id| id.to_string()), Some(name.clone()))
        }
        Actor::Agent { agent, run_id } => ("agent", Some(run_id.to_string()), Some(agent.clone())),
        Actor::User { user_id, name } => ("user", Some(user_id.to_string()), Some(name.clone())),
        Actor::ApiKey { api_key_id, name } => ("api_key", Some(api_key_id.to_string()), Some(name.clone())),
        Actor::System => ("system", None, None),
    };
    [
        entry.seq.to_string(),
        deed.at.rfc3339(),
        kind.to_owned(),
        id.unwrap_or_default(),
        name.unwrap_or_default(),
        deed.action.as_str().to_owned(),
        deed.subject.clone(),
        canonical::Sorted(&deed.detail).to_string(),
        entry.previous.0.clone(),
        entry.digest.0.clone(),
    ]
}

/// A cell that no spreadsheet computes, as OWASP's page on CSV injection has it.
pub(super) fn inert(cell: &str) -> String {
    match cell.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r') => format!("'{cell}"),
        _ => cell.to_owned(),
    }
}

impl OperationOutput for Export {
    type Inner = Vec<AuditEntry>;

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        let mut file = answer::<Vec<AuditEntry>>(ctx, "application/json", "The file");
        file.content.insert("text/csv".to_owned(), Default::default());
        vec![(Some(ApiStatus::Code(200)), file)]
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::pin, time::Duration};

    use domain::{Clock as _, audit::Deed};
    use futures::StreamExt as _;
    use guards::{
        masking::{Rules, Treatment},
        pii::{Detector, Settings},
    };
    use store::{
        Store, StoreOptions,
        testing::{CountedIds, ManualClock},
    };

    use super::*;

    #[tokio::test]
    async fn an_export_is_cut_when_entries_are_taken_away_while_it_is_read() {
        let (clock, ids) = (Arc::new(ManualClock::default()), Arc::new(CountedIds::default()));
        let store =
            Store::open("sqlite::memory:", StoreOptions::default(), clock.clone(), ids).await.unwrap();
        store.migrate().await.unwrap();
        let store = store.workspace(store.create_workspace("north", "North").await.unwrap().id);
        // One page and two more.
        for _ in 0..MAX_LIMIT + 2 {
            let deed = Deed {
                at: clock.now(),
                actor: Actor::System,
                action: AuditAction::DocumentStored,
                subject: "returns".to_owned(),
                detail: json!({}),
            };
            store.audit(deed).await.unwrap();
        }
        let (head, kept_after) = store.audit_heads().await.unwrap();
        let detector = Arc::new(Detector::new(Settings::default()).unwrap());
        let protector = Arc::new(Protector::new(detector, Rules::all(Treatment::Mask)).unwrap());
        let (format, from, to) = (ExportFormat::Json, kept_after.seq, head.seq);
        let export = Export { store: store.clone(), protector, format, from, to };
        let mut parts = pin!(export.parts());
        assert!(parts.next().await.is_some_and(|part| part.is_ok()));
        clock.advance(Duration::from_secs(1));
        assert_eq!(store.prune_audit(clock.now(), Actor::System).await.unwrap(), MAX_LIMIT + 1);
        let cut = parts.next().await.unwrap().unwrap_err().to_string();
        assert!(cut.contains("taken away"), "{cut}");
        assert!(parts.next().await.is_none());
    }
}
