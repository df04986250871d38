//! Evaluations: how they came out, what became of each case, and what is published.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::{DefaultBodyLimit, State};
use domain::{
    EvaluationId, Timestamp,
    audit::AuditAction,
    evaluation::{CaseResult, CaseScene, Evaluation, Interval, PublishedEvaluation},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::ResultFilter;

use super::{
    Http,
    auth::{Staff, may},
    input::{Created, Json, Path, Query},
    page::{Page, PageQuery},
    problem::{Kind, Problem},
};

/// What a request with an evaluation may have.
const MAX_BYTES: usize = 16 * 1024 * 1024;
/// Suites of a workspace.
const MAX_SUITES: usize = 100;
/// Evaluations of a suite whose trend is told.
const TREND: i64 = 30;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/evaluations", get_with(list, list_docs).post_with(publish, publish_docs))
        .layer(DefaultBodyLimit::max(MAX_BYTES))
        .api_route("/v1/evaluations/{id}", get_with(show, show_docs))
        .api_route("/v1/evaluations/{id}/results", get_with(results, results_docs))
        .api_route("/v1/evaluations/{id}/results/{seq}", get_with(result, result_docs))
}

/// The evaluation in the path.
#[derive(Deserialize, JsonSchema)]
pub struct EvaluationPath {
    /// The evaluation.
    pub id: EvaluationId,
}

/// One case of an evaluation.
#[derive(Deserialize, JsonSchema)]
pub struct ResultPath {
    /// The evaluation.
    pub id: EvaluationId,
    /// The case's place among the others, from 0.
    pub seq: i64,
}

/// All suites.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Suites {
    pub suites: Vec<SuiteView>,
}

/// A suite, as it was evaluated last.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SuiteView {
    pub suite: String,
    pub latest: Evaluation,
    /// Up to 30 evaluations with the latest, the oldest first.
    pub trend: Vec<TrendPoint>,
}

/// One evaluation of a suite among others.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TrendPoint {
    pub id: EvaluationId,
    pub at: Timestamp,
    pub version: String,
    pub model: String,
    pub share: f64,
    pub interval: Interval,
    pub holds: bool,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listEvaluations").tag("evaluations").summary("List suites").description(
        "Every suite of which an evaluation was published, with the latest one and how it went before. Of each suite \
         the last 100 evaluations are kept.",
    )
}

async fn list(State(http): State<Http>, staff: Staff<may::ReadEvaluations>) -> Result<Json<Suites>, Problem> {
    let mut suites: Vec<SuiteView> = Vec::new();
    for evaluation in staff.store(&http).evaluations(TREND).await? {
        let point = TrendPoint {
            id: evaluation.id,
            at: evaluation.published_at,
            version: evaluation.version.clone(),
            model: evaluation.model.clone(),
            share: evaluation.share,
            interval: evaluation.interval,
            holds: evaluation.holds,
        };
        match suites.last_mut().filter(|last| last.suite == evaluation.suite) {
            Some(suite) => {
                suite.latest = evaluation;
                suite.trend.push(point);
            }
            None => suites.push(SuiteView {
                suite: evaluation.suite.clone(),
                latest: evaluation,
                trend: vec![point],
            }),
        }
    }
    Ok(Json(Suites { suites }))
}

fn publish_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("publishEvaluation").tag("evaluations").summary("Publish an evaluation").description(
        "One suite that was held, with what came of each case: `countersign eval run --publish URL` sends it. Shares, \
         intervals and pass^k are counted from the cases. What was published before is not kept twice: the answer is \
         the evaluation that is there. Of each suite the last 100 are kept, of at most 100 suites.",
    )
}

async fn publish(
    State(http): State<Http>,
    staff: Staff<may::ManageEvaluations>,
    Json(form): Json<PublishedEvaluation>,
) -> Result<Created<Evaluation>, Problem> {
    form.check().map_err(Problem::invalid)?;
    let store = staff.store(&http);
    let known = store.evaluations(1).await?;
    if known.len() >= MAX_SUITES && known.iter().all(|one| one.suite != form.suite) {
        return Err(Problem::new(
            Kind::Conflict,
            format!(
                "there are evaluations of {MAX_SUITES} suites already: publish it under the name of one of them"
            ),
        ));
    }
    let id = EvaluationId::new(&*http.app.ids);
    let detail = json!({ "suite": form.suite, "version": form.version, "model": form.model });
    let deed = staff.deed(&http, AuditAction::EvaluationPublished, id.to_string(), detail);
    Ok(Created(store.publish_evaluation(form, id, deed).await?))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getEvaluation").tag("evaluations").summary("Look at an evaluation").description(
        "What it comes to, and `since` what became of its cases since the evaluation of the suite before.",
    )
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadEvaluations>,
    Path(path): Path<EvaluationPath>,
) -> Result<Json<Evaluation>, Problem> {
    let evaluation = staff.store(&http).evaluation(path.id).await?;
    evaluation.map(Json).ok_or_else(|| Problem::not_found("the evaluation"))
}

/// Which cases are wanted; all without any of these.
#[derive(Deserialize, JsonSchema)]
pub struct ResultQuery {
    /// Of which every attempt passed, or not.
    #[serde(default)]
    pub passed: Option<bool>,
    /// That fail the whole evaluation, or not.
    #[serde(default)]
    pub critical: Option<bool>,
    /// That came out otherwise than in the evaluation before, or as then.
    #[serde(default)]
    pub changed: Option<bool>,
}

fn results_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listEvaluationResults")
        .tag("evaluations")
        .summary("List what came of cases")
        .description("In the order in which they were published, without their stories.")
}

async fn results(
    State(http): State<Http>,
    staff: Staff<may::ReadEvaluations>,
    Path(path): Path<EvaluationPath>,
    Query(page): Query<PageQuery>,
    Query(query): Query<ResultQuery>,
) -> Result<Json<Page<CaseResult>>, Problem> {
    let store = staff.store(&http);
    if store.evaluation(path.id).await?.is_none() {
        return Err(Problem::not_found("the evaluation"));
    }
    let after = match page.cursor() {
        None => -1,
        Some(_) => page.after()?,
    };
    let limit = page.limit()?;
    let filter = ResultFilter { passed: query.passed, critical: query.critical, changed: query.changed };
    let mut items = store.evaluation_results(path.id, filter, (after, limit + 1)).await?;
    let more = items.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    items.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let next_cursor = more.then(|| items.last().map(|last| last.seq.to_string())).flatten();
    Ok(Json(Page { items, next_cursor }))
}

/// What came of one case, and how it went.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ResultView {
    pub evaluation: Evaluation,
    pub result: CaseResult,
    /// Turn by turn, in the first attempt that failed or else in the first. Empty for what is no conversation.
    pub story: Vec<CaseScene>,
}

fn result_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getEvaluationResult")
        .tag("evaluations")
        .summary("Look at a case")
        .description("What came of one case of an evaluation, with its story.")
}

async fn result(
    State(http): State<Http>,
    staff: Staff<may::ReadEvaluations>,
    Path(path): Path<ResultPath>,
) -> Result<Json<ResultView>, Problem> {
    let store = staff.store(&http);
    let evaluation = store.evaluation(path.id).await?.ok_or_else(|| Problem::not_found("the evaluation"))?;
    let found = store.evaluation_result(path.id, path.seq).await?;
    let (result, story) = found.ok_or_else(|| Problem::not_found("the case"))?;
    Ok(Json(ResultView { evaluation, result, story }))
}
