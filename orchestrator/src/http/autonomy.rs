//! How far agents go by themselves: what is known, where each intent and tool stand, and what became of resolutions.

use std::io;

use aide::{
    OperationOutput,
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
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
use domain::{Timestamp, autonomy::Level, calibration::certified::Promise, canonical};
use futures::stream;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Became, MAX_LIMIT, Resolved, WorkspaceStore};

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Query, answer},
    problem::{Kind, Problem},
};
use crate::autonomy::cells::{AutonomyCell, AutonomyDetail, ChangeError, DAYS, RungChange};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/autonomy", get_with(list, list_docs))
        .api_route("/v1/autonomy/cell", get_with(show, show_docs))
        .api_route("/v1/autonomy/level", post_with(set, set_docs))
}

/// What reads every resolution takes as long as it takes.
pub fn stream_routes() -> ApiRouter<Http> {
    ApiRouter::new().api_route("/v1/autonomy/resolutions", get_with(export, export_docs))
}

/// What is to be promised; what each rung promises, or 5 % wrong with a probability of 10 %, where it is left out.
#[derive(Deserialize, JsonSchema)]
pub struct PromiseQuery {
    /// The most that may be wrong, as a share.
    #[serde(default)]
    #[schemars(range(min = 0.001, max = 0.5))]
    pub ceiling: Option<f64>,
    /// The probability with which that may fail.
    #[serde(default)]
    #[schemars(range(min = 0.001, max = 0.5))]
    pub delta: Option<f64>,
}

impl PromiseQuery {
    fn promise(&self) -> Result<Option<Promise>, Problem> {
        if self.ceiling.is_none() && self.delta.is_none() {
            return Ok(None);
        }
        let default = Promise::default();
        let promise = Promise {
            ceiling: self.ceiling.unwrap_or(default.ceiling),
            delta: self.delta.unwrap_or(default.delta),
        };
        promise.checked().map(Some).map_err(Problem::invalid)
    }
}

/// Which cell.
#[derive(Deserialize, JsonSchema)]
pub struct CellQuery {
    /// The procedure that the customer's words ask for; empty for none.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub intent: String,
    #[schemars(length(min = 1, max = 200))]
    pub tool: String,
}

/// Every cell of the ladder.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Autonomy {
    pub cells: Vec<AutonomyCell>,
    /// How many days are looked at.
    pub days: i64,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showAutonomy").tag("autonomy").summary("See how far agents go by themselves").description(
        "Of each intent and tool: where it stands on the ladder, what became of its calls, and how low the threshold \
         may be above which it keeps what is promised. A reviewed call was right when it was approved as it was, and \
         wrong when somebody edited it, turned it down, answered it or took it over; one that ran by itself is \
         confirmed, reopened, unhelpful or assumed, and what is assumed counts as neither.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadPolicy>,
    Query(query): Query<PromiseQuery>,
) -> Result<Json<Autonomy>, Problem> {
    let cells = http.app.autonomy(&staff.store(&http), query.promise()?).await?;
    Ok(Json(Autonomy { cells, days: DAYS }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showAutonomyCell").tag("autonomy").summary("See all that is known of one intent and tool").description(
        "How stated confidence and outcomes go together, the calibrated curve, what can be promised at each threshold, \
         and what speaks for each rung.",
    )
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadPolicy>,
    Query(cell): Query<CellQuery>,
    Query(query): Query<PromiseQuery>,
) -> Result<Json<AutonomyDetail>, Problem> {
    let of = (cell.intent, cell.tool);
    Ok(Json(http.app.autonomy_of(&staff.store(&http), of, query.promise()?).await?))
}

/// Where a cell is to stand.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLevel {
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub intent: String,
    #[schemars(length(min = 1, max = 200))]
    pub tool: String,
    /// Null leaves it to the policy alone, which takes what `act` takes: from `act`, with evidence for it, or by
    /// whoever put it on a rung where the policy alone counted.
    pub level: Option<Level>,
    #[serde(default)]
    pub promise: Promise,
    /// Of the cell that was looked at; 0 where nobody ever put it anywhere.
    #[schemars(range(min = 0))]
    pub version: i64,
    /// Others read it.
    #[schemars(length(min = 1, max = 500))]
    pub why: String,
}

fn set_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("setAutonomyLevel").tag("autonomy").summary("Say how far an agent goes by itself").description(
        "A rung makes things stricter than the policy and never looser. Down goes whoever may, at will; up only as far \
         as the evidence carries, and `act` only with a threshold that keeps what is promised. Leaving it to the policy \
         alone holds nothing back and takes as much, but from `act`, or by whoever put it on a rung where the policy \
         alone counted. Down the service goes by itself as well, when what acts breaks its promise or what was heard \
         does not show any more that it keeps it. Takes a person, and is in the audit. 409 when somebody changed it \
         meanwhile, or the evidence does not carry it.",
    )
}

async fn set(
    State(http): State<Http>,
    staff: Staff<may::ManageAutonomy>,
    Json(form): Json<SetLevel>,
) -> Result<Json<AutonomyDetail>, Problem> {
    staff.person()?;
    let SetLevel { intent, tool, level, promise, version, why } = form;
    let store = staff.store(&http);
    let of = (intent.clone(), tool.clone());
    let (by, at) = (staff.actor(), http.app.clock.now());
    let change = RungChange { intent, tool, level, promise, version, why, by, at };
    http.app.change_rung(&store, change).await.map_err(|error| match error {
        ChangeError::Unfit(why) => Problem::invalid(why),
        ChangeError::NotShown(_) | ChangeError::Changed => Problem::new(Kind::Conflict, error.to_string()),
        ChangeError::Store(error) => error.into(),
    })?;
    Ok(Json(http.app.autonomy_of(&store, of, None).await?))
}

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ResolutionsFormat {
    /// A JSON object a line.
    Jsonl,
    Csv,
}

/// Which resolutions are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct ResolutionsQuery {
    pub format: ResolutionsFormat,
    /// From this time on.
    #[serde(default)]
    pub from: Option<Timestamp>,
    /// Before this time.
    #[serde(default)]
    pub until: Option<Timestamp>,
}

fn export_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("exportResolutions").tag("autonomy").summary("What became of resolutions, as a file").description(
        "Every ticket that an agent resolved, the oldest first: when, by which agent, and what became of it. \
         `confirmed`: the customer said that it helped; `unhelpful`: they said that it did not; `reopened`: the ticket \
         was opened again; `assumed`: nobody objected, which is no confirmation.",
    )
}

async fn export(
    State(http): State<Http>,
    staff: Staff<may::ReadTickets>,
    Query(query): Query<ResolutionsQuery>,
) -> Result<Export, Problem> {
    let times = (query.from.unwrap_or(Timestamp(0)), query.until.unwrap_or(Timestamp(i64::MAX)));
    Ok(Export { store: staff.store(&http), times, format: query.format })
}

/// A file that is read from the database while it is sent.
struct Export {
    store: WorkspaceStore,
    times: (Timestamp, Timestamp),
    format: ResolutionsFormat,
}

impl IntoResponse for Export {
    fn into_response(self) -> Response {
        let (kind, name) = match self.format {
            ResolutionsFormat::Jsonl => {
                ("application/x-ndjson", "attachment; filename=\"resolutions.jsonl\"")
            }
            ResolutionsFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"resolutions.csv\""),
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
    /// The file page by page. An error cuts it, so that half a file is not taken for a whole one.
    fn parts(self) -> impl stream::Stream<Item = io::Result<Bytes>> {
        stream::try_unfold((self, Some(None::<Resolved>)), |(export, at)| async move {
            let Some(after) = at else { return Ok(None) };
            let page = export.store.resolutions(export.times, after.as_ref(), MAX_LIMIT);
            let page = page.await.map_err(io::Error::other)?;
            let text = write(export.format, &page, after.is_none())?;
            let next = page.into_iter().last().map(Some);
            Ok(Some((Bytes::from(text), (export, next))))
        })
    }
}

const COLUMNS: [&str; 6] = ["ticket_id", "number", "agent", "resolved_at", "became", "became_at"];

fn write(format: ResolutionsFormat, page: &[Resolved], first: bool) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let became = |resolved: &Resolved| match resolved.became {
        Became::Confirmed(at) => ("confirmed", Some(at)),
        Became::Assumed => ("assumed", None),
        Became::Unhelpful(at) => ("unhelpful", Some(at)),
        Became::Reopened(at) => ("reopened", Some(at)),
    };
    match format {
        ResolutionsFormat::Jsonl => {
            for resolved in page {
                let (word, at) = became(resolved);
                let line = json!({
                    "ticket_id": resolved.ticket_id, "number": resolved.number, "agent": resolved.agent,
                    "resolved_at": resolved.at, "became": word, "became_at": at,
                });
                text.extend(canonical::Sorted(&line).to_string().into_bytes());
                text.push(b'\n');
            }
        }
        ResolutionsFormat::Csv => {
            let mut csv = csv::Writer::from_writer(text);
            if first {
                csv.write_record(COLUMNS)?;
            }
            for resolved in page {
                let (word, at) = became(resolved);
                csv.write_record([
                    resolved.ticket_id.to_string(),
                    resolved.number.to_string(),
                    super::audit::inert(&resolved.agent),
                    resolved.at.rfc3339(),
                    word.to_owned(),
                    at.map(Timestamp::rfc3339).unwrap_or_default(),
                ])?;
            }
            text = csv.into_inner().map_err(|error| io::Error::other(error.to_string()))?;
        }
    }
    Ok(text)
}

impl OperationOutput for Export {
    type Inner = String;

    fn inferred_responses(ctx: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        let mut file = answer::<String>(ctx, "application/x-ndjson", "The file");
        file.content.insert("text/csv".to_owned(), Default::default());
        vec![(Some(ApiStatus::Code(200)), file)]
    }
}
