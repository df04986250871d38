//! Scans of stored messages for personal data: begin one, see how far it is, decide what it suggests.

use std::sync::Arc;

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    ScanId, SuggestionId,
    personal_data::{Scan, ScanStatus, Suggestion, SuggestionStatus},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    auth::{Staff, may},
    input::{Created, Json, Path, Query},
    page::{Page, PageQuery},
    problem::Problem,
};
use crate::scans;

/// Decisions in one request.
const MAX_BATCH: usize = 100;
const MAX_KINDS: usize = 100;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/guards/scans", get_with(list, list_docs).post_with(begin, begin_docs))
        .api_route("/v1/guards/scans/{id}", get_with(show, show_docs))
        .api_route("/v1/guards/scans/{id}/stop", post_with(stop, stop_docs))
        .api_route("/v1/guards/suggestions", get_with(suggestions, suggestions_docs))
        .api_route("/v1/guards/suggestions/decisions", post_with(decide, decide_docs))
}

/// The scan in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ScanPath {
    /// The scan.
    pub id: ScanId,
}

const TAKES: &str = "Takes the permission `redact`, and a person.";

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listScans")
        .tag("personal data")
        .summary("List scans")
        .description(&format!("The newest first. {TAKES}"))
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::Redact>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<Scan>>, Problem> {
    Ok(Json(staff.store(&http).scans(page.limit()?, page.cursor()).await?.into()))
}

/// What to look for.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BeginScan {
    /// Such as `payment_card`. Without any: all but names of people.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub kinds: Vec<String>,
}

fn begin_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("beginScan").tag("personal data").summary("Look through stored messages").description(&format!(
        "Begins a scan, which works in the background and goes on after a restart, or answers with the one that is \
         under way. What is written meanwhile may be left for the next one. What a person kept is not suggested \
         again. {TAKES}"
    ))
}

async fn begin(
    State(http): State<Http>,
    staff: Staff<may::Redact>,
    Json(form): Json<BeginScan>,
) -> Result<Created<Scan>, Problem> {
    if form.kinds.len() > MAX_KINDS {
        return Err(Problem::invalid(format!(
            "kinds has {} names and may have {MAX_KINDS}",
            form.kinds.len()
        )));
    }
    let kinds = scans::kinds_of(&http.app, staff.workspace, &form.kinds).map_err(Problem::invalid)?;
    let scan = scans::begin(&http.app, staff.workspace, kinds, staff.actor()).await?;
    let (app, workspace, id) = (Arc::clone(&http.app), staff.workspace, scan.id);
    if scan.messages_read == 0 && scan.status == ScanStatus::Running {
        tokio::spawn(async move { scans::in_background(&app, workspace, id).await });
    }
    Ok(Created(scan))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getScan").tag("personal data").summary("See how far a scan is").description(TAKES)
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::Redact>,
    Path(path): Path<ScanPath>,
) -> Result<Json<Scan>, Problem> {
    let scan = staff.store(&http).scan(path.id).await?;
    scan.map(Json).ok_or_else(|| Problem::not_found("the scan"))
}

fn stop_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("stopScan")
        .tag("personal data")
        .summary("Stop a scan")
        .description(&format!("What it found so far stays. {TAKES}"))
}

async fn stop(
    State(http): State<Http>,
    staff: Staff<may::Redact>,
    Path(path): Path<ScanPath>,
) -> Result<Json<Scan>, Problem> {
    let store = staff.store(&http);
    if !store.end_scan(path.id, ScanStatus::Stopped, None, http.app.clock.now()).await? {
        tracing::debug!(scan = %path.id, "there is nothing to stop");
    }
    store.scan(path.id).await?.map(Json).ok_or_else(|| Problem::not_found("the scan"))
}

/// Which suggestions are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct SuggestionQuery {
    #[serde(default)]
    pub status: Option<SuggestionStatus>,
}

fn suggestions_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listSuggestions").tag("personal data").summary("List what was found").description(&format!(
        "Messages with personal data in them, each with a masked excerpt, the newest find first. {TAKES}"
    ))
}

async fn suggestions(
    State(http): State<Http>,
    staff: Staff<may::Redact>,
    Query(page): Query<PageQuery>,
    Query(query): Query<SuggestionQuery>,
) -> Result<Json<Page<Suggestion>>, Problem> {
    Ok(Json(staff.store(&http).suggestions(query.status, page.limit()?, page.cursor()).await?.into()))
}

/// What becomes of what was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum SuggestionDecision {
    /// Replaced for good. Nobody can undo it.
    Redact,
    /// It may stay.
    Keep,
}

/// A decision about several suggestions.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideSuggestions {
    #[schemars(length(min = 1, max = 100))]
    pub ids: Vec<SuggestionId>,
    pub decision: SuggestionDecision,
}

/// What became of each, in the order they were sent.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecidedSuggestions {
    pub results: Vec<DecidedSuggestion>,
}

/// What became of one.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecidedSuggestion {
    pub id: SuggestionId,
    pub done: bool,
    /// Why not, and what to do.
    pub why: Option<String>,
}

fn decide_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("decideSuggestions").tag("personal data").summary("Redact or keep").description(&format!(
        "Up to 100 at once. `redact` replaces the values, in the message and in everything else that is kept of its \
         ticket: other messages, events, subject and fields, journals and approvals of its runs, questions of gaps. \
         The events stay, and messages say who redacted them, when and what kinds. Customers' own records, files \
         that came with messages, mail that was sent and backups keep what they have. A ticket on which an agent \
         works or waits is left alone. {TAKES}"
    ))
}

async fn decide(
    State(http): State<Http>,
    staff: Staff<may::Redact>,
    Json(form): Json<DecideSuggestions>,
) -> Result<Json<DecidedSuggestions>, Problem> {
    if form.ids.is_empty() || form.ids.len() > MAX_BATCH {
        return Err(Problem::invalid(format!("send 1 to {MAX_BATCH} ids, not {}", form.ids.len())));
    }
    let mut results = Vec::with_capacity(form.ids.len());
    for id in form.ids {
        let (app, by) = (&http.app, staff.actor());
        let decided = match form.decision {
            SuggestionDecision::Redact => scans::redact(app, staff.workspace, id, by).await?,
            SuggestionDecision::Keep => scans::keep(app, staff.workspace, id, by).await?,
        };
        let why = decided.why_not().map(str::to_owned);
        results.push(DecidedSuggestion { id, done: why.is_none(), why });
    }
    Ok(Json(DecidedSuggestions { results }))
}
