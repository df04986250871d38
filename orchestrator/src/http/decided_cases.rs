//! Cases that decisions were made into: make one, list them, take them out as a file, remove one.

use aide::{
    OperationOutput,
    axum::{
        ApiRouter,
        routing::{delete_with, get_with},
    },
    generate::GenContext,
    openapi::{MediaType, Operation, Response as ApiResponse, StatusCode as ApiStatus},
    transform::TransformOperation,
};
use axum::{
    extract::State,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};
use domain::{
    ApprovalId, EvaluationCaseId, approval::ApprovalStatus, audit::AuditAction, decided_case::DecidedCase,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{
    Http,
    auth::{Staff, may},
    input::{Created, Json, NoContent, Path, Query},
    page::{Page, PageQuery},
    problem::{Kind, Problem},
};
use crate::decided_cases::{self, CaseError};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/evaluations/cases", get_with(list, list_docs).post_with(make, make_docs))
        .api_route("/v1/evaluations/cases/export", get_with(export, export_docs))
        .api_route("/v1/evaluations/cases/{id}", delete_with(remove, remove_docs))
}

impl From<CaseError> for Problem {
    fn from(error: CaseError) -> Self {
        match error {
            CaseError::Missing(what) => Self::not_found(what),
            CaseError::Unfit(why) => Self::new(Kind::Conflict, why),
            CaseError::Store(error) => error.into(),
        }
    }
}

/// The case in the path.
#[derive(Deserialize, JsonSchema)]
pub struct CasePath {
    /// The case.
    pub id: EvaluationCaseId,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listEvaluationCases").tag("evaluations").summary("List cases made of decisions").description(
        "The newest first. A case is there as long as its decision stands: when that is taken back, it is gone.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadEvaluations>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<DecidedCase>>, Problem> {
    Ok(Json(staff.store(&http).decided_cases(page.limit()?, page.cursor()).await?.into()))
}

/// What a case is to be made of.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MakeCase {
    /// An approval that was approved, edited or rejected.
    pub approval_id: ApprovalId,
}

fn make_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("makeEvaluationCase").tag("evaluations").summary("Make a case of a decision").description(
        "The conversation up to the proposed call, the records that the run had read, and what the person decided as \
         what must come of it: the call as it was approved or edited, or that a rejected one is not proposed. Personal \
         data in it is replaced before it is kept. Of one decision there is one case: asked again, the answer is that \
         one. A workspace keeps up to 1000.",
    )
}

async fn make(
    State(http): State<Http>,
    staff: Staff<may::MakeCases>,
    Json(form): Json<MakeCase>,
) -> Result<Created<DecidedCase>, Problem> {
    // While it waits it is like any other; once decided, they know.
    if let Some(exercise) = staff.exercise(&http, form.approval_id).await? {
        let why = match exercise.shown.status {
            ApprovalStatus::Pending => decided_cases::UNDECIDED,
            _ => "it was an exercise, and nothing was decided",
        };
        return Err(Problem::new(Kind::Conflict, why));
    }
    Ok(Created(decided_cases::make(&http.app, staff.workspace, form.approval_id, staff.actor()).await?))
}

fn export_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("exportEvaluationCases")
        .tag("evaluations")
        .summary("Cases made of decisions as a file")
        .description(
            "YAML, as the evaluations read cases: put the file into a suite's folder. The oldest first.",
        )
}

async fn export(State(http): State<Http>, staff: Staff<may::ReadEvaluations>) -> Result<CaseFile, Problem> {
    Ok(CaseFile(decided_cases::export(&staff.store(&http)).await?))
}

/// A file of cases.
struct CaseFile(String);

impl IntoResponse for CaseFile {
    fn into_response(self) -> Response {
        let mut response = Response::new(self.0.into());
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/yaml"));
        let name = HeaderValue::from_static("attachment; filename=\"decisions.yaml\"");
        headers.insert(header::CONTENT_DISPOSITION, name);
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl OperationOutput for CaseFile {
    type Inner = String;

    fn inferred_responses(_: &mut GenContext, _: &mut Operation) -> Vec<(Option<ApiStatus>, ApiResponse)> {
        let content = [("application/yaml".to_owned(), MediaType::default())].into_iter().collect();
        let file = ApiResponse { description: "The file".to_owned(), content, ..ApiResponse::default() };
        vec![(Some(ApiStatus::Code(200)), file)]
    }
}

fn remove_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("removeEvaluationCase")
        .tag("evaluations")
        .summary("Remove a case made of a decision")
        .description("The decision stays, and can be made into a case anew.")
}

async fn remove(
    State(http): State<Http>,
    staff: Staff<may::ManageEvaluations>,
    Path(path): Path<CasePath>,
) -> Result<NoContent, Problem> {
    let deed = staff.deed(&http, AuditAction::EvaluationCaseRemoved, path.id.to_string(), json!({}));
    if !staff.store(&http).remove_case(path.id, deed).await? {
        return Err(Problem::not_found("the case"));
    }
    Ok(NoContent)
}
