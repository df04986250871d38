//! The workspace's policy: what calls are judged by, its versions, and what another would mean.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    ApprovalId, RunId, Timestamp,
    canonical::Digest,
    policy::{Facts, PolicyDocument},
    user::Actor,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::StoreError;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path, Query},
    page::{Page, PageQuery},
    problem::{Kind, Problem},
};
use crate::{
    gate::{cases::ImaginedCall, check::Report, explain::Explanation},
    policies::{
        NewPolicy, PutError,
        past::{DryRun, MAX_LAST, PastCall, Written},
        questions::{About, QuestionError},
    },
};

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/policy", get_with(show, show_docs).put_with(put, put_docs))
        .api_route("/v1/policy/versions", get_with(list, list_docs))
        .api_route("/v1/policy/versions/{version}", get_with(version, version_docs))
        .api_route("/v1/policy/check", post_with(check, check_docs))
        .api_route("/v1/policy/explain", post_with(explain, explain_docs))
        .api_route("/v1/policy/dry-run", post_with(dry_run, dry_run_docs))
}

impl From<PutError> for Problem {
    fn from(error: PutError) -> Self {
        match error {
            PutError::Unusable(_) | PutError::Note => Self::invalid(error.to_string()),
            PutError::Changed { .. } => Self::new(Kind::Conflict, error.to_string()),
            PutError::Store(error) => error.into(),
        }
    }
}

impl From<QuestionError> for Problem {
    fn from(error: QuestionError) -> Self {
        match error {
            QuestionError::Missing(what) => Self::not_found(what),
            QuestionError::Unfit(why) => Self::invalid(why),
            QuestionError::Store(error) => error.into(),
        }
    }
}

/// The policy that the workspace's calls are judged by.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolicyView {
    /// 0 while the workspace has none of its own and the installation's is in effect.
    pub version: i64,
    /// What decisions bind to.
    pub digest: Digest,
    /// TOML.
    pub text: String,
    /// Why it was put, by whom and when; null for the installation's.
    pub note: Option<String>,
    pub created_by: Option<Actor>,
    pub created_at: Option<Timestamp>,
    /// Why it cannot be used and everything is refused; null when it can.
    pub problem: Option<String>,
}

impl PolicyView {
    fn of(document: PolicyDocument, problem: Option<String>) -> Self {
        Self {
            version: document.version,
            digest: document.digest,
            text: document.text,
            note: Some(document.note),
            created_by: Some(document.created_by),
            created_at: Some(document.created_at),
            problem,
        }
    }
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getPolicy").tag("policy").summary("Look at the policy").description(
        "The document that calls are judged by: the workspace's own, or the installation's while it has none. A \
         document that cannot be used any more refuses everything, and `problem` says why.",
    )
}

async fn show(State(http): State<Http>, staff: Staff<may::ReadPolicy>) -> Result<Json<PolicyView>, Problem> {
    http.app.policies.refresh().await?;
    let gate = http.app.policies.of(staff.workspace);
    let view = match staff.store(&http).policy().await? {
        Some(document) => PolicyView::of(document, gate.is_closed().map(str::to_owned)),
        None => PolicyView {
            version: 0,
            digest: gate.version().clone(),
            text: gate.text().to_owned(),
            note: None,
            created_by: None,
            created_at: None,
            problem: None,
        },
    };
    Ok(Json(view))
}

/// A policy to put in effect.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PutPolicy {
    /// TOML.
    #[schemars(length(min = 1, max = 65536))]
    pub text: String,
    /// Why; others read it.
    #[schemars(length(min = 1, max = 500))]
    pub note: String,
    /// The `version` that was looked at. When another is in effect meanwhile, nothing is put.
    #[schemars(range(min = 0))]
    pub expected: i64,
}

/// What was put, and what a check of it found.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolicyPut {
    pub policy: PolicyView,
    pub report: Report,
}

fn put_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("putPolicy").tag("policy").summary("Put a policy in effect").description(
        "Appends a version, which counts from within a second on in every process; approvals that were asked for \
         under another go back to review when they are decided. Takes a person. 409 when somebody else was faster, \
         422 when it cannot be used. Warnings do not keep it from being put.",
    )
}

async fn put(
    State(http): State<Http>,
    staff: Staff<may::ChangePolicy>,
    Json(form): Json<PutPolicy>,
) -> Result<Json<PolicyPut>, Problem> {
    if form.expected < 0 {
        return Err(Problem::invalid("expected is less than 0"));
    }
    let new = NewPolicy {
        text: form.text,
        note: form.note,
        expected: form.expected,
        by: staff.actor(),
        at: http.app.clock.now(),
    };
    let (document, report) = http.app.put_policy(&staff.store(&http), new).await?;
    Ok(Json(PolicyPut { policy: PolicyView::of(document, None), report }))
}

/// A version, without its text.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PolicyVersion {
    pub version: i64,
    pub digest: Digest,
    pub note: String,
    pub created_by: Actor,
    pub created_at: Timestamp,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listPolicyVersions")
        .tag("policy")
        .summary("List versions of the policy")
        .description("Newest first, with who put it and why. The first is in effect.")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadPolicy>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Page<PolicyVersion>>, Problem> {
    let before = page.cursor().map(str::parse).transpose().map_err(|_| StoreError::Cursor)?;
    let limit = page.limit()?;
    let mut items = staff.store(&http).policy_versions(before, limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > wanted;
    items.truncate(wanted);
    let next_cursor = more.then(|| items.last().map(|policy| policy.version.to_string())).flatten();
    let brief = |policy: PolicyDocument| PolicyVersion {
        version: policy.version,
        digest: policy.digest,
        note: policy.note,
        created_by: policy.created_by,
        created_at: policy.created_at,
    };
    Ok(Json(Page { items: items.into_iter().map(brief).collect(), next_cursor }))
}

#[derive(Deserialize, JsonSchema)]
pub struct VersionPath {
    pub version: i64,
}

fn version_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getPolicyVersion").tag("policy").summary("Look at a version of the policy")
}

async fn version(
    State(http): State<Http>,
    staff: Staff<may::ReadPolicy>,
    Path(path): Path<VersionPath>,
) -> Result<Json<PolicyView>, Problem> {
    let document = staff.store(&http).policy_version(path.version).await?;
    let document = document.ok_or_else(|| Problem::not_found("this version of the policy"))?;
    Ok(Json(PolicyView::of(document, None)))
}

/// A document to look at; nothing is put in effect.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckPolicy {
    #[schemars(length(max = 65536))]
    pub text: String,
}

fn check_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("checkPolicy").tag("policy").summary("Check a policy").description(
        "Mistakes, rules that never decide, rules that contradict each other, and what is dangerous, found by judging \
         thousands of imagined calls. Nothing is put in effect.",
    )
}

async fn check(
    State(http): State<Http>,
    _: Staff<may::TryPolicy>,
    Json(form): Json<CheckPolicy>,
) -> Result<Json<Report>, Problem> {
    Ok(Json(http.app.check_policy(form.text).await))
}

/// Which call, and by which policy. One of `approval_id`, `run_id` with `call_id`, and `call`.
#[derive(Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ExplainPolicy {
    /// A call that was put before a person.
    pub approval_id: Option<ApprovalId>,
    /// A call of this run; of several by the same id the last that was judged.
    pub run_id: Option<RunId>,
    pub call_id: Option<String>,
    /// An imagined call.
    pub call: Option<ImaginedCall>,
    /// A document that is not in effect; without it the one that is.
    #[schemars(length(max = 65536))]
    pub text: Option<String>,
    /// A version of the workspace's policy.
    pub version: Option<i64>,
}

/// What was said of a call when it was judged.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PastVerdict {
    pub written: Written,
    pub at: Timestamp,
    /// `run`, `ask` with whom, or `refuse`.
    pub was: String,
    /// Null where it was not kept.
    pub rule: Option<String>,
    pub policy_version: Option<Digest>,
}

impl From<PastCall> for PastVerdict {
    fn from(past: PastCall) -> Self {
        let PastCall { written, at, was, rule, policy_version, .. } = past;
        Self { written, at, was, rule, policy_version }
    }
}

/// Why a call is answered as it is.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ExplanationView {
    pub facts: Facts,
    /// Variables whose value was not kept; what `facts` says of them counts for nothing.
    pub unknown: Vec<String>,
    pub explanation: Explanation,
    /// What was said then, of a call that was judged.
    pub past: Option<PastVerdict>,
}

fn explain_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("explainPolicy").tag("policy").summary("Ask why").description(
        "Each rule in order with what it made of the call, the answer, and what held the call back although a rule \
         would let it run. The call is a past one, by its approval or by its run, or an imagined one.",
    )
}

async fn explain(
    State(http): State<Http>,
    staff: Staff<may::TryPolicy>,
    Json(form): Json<ExplainPolicy>,
) -> Result<Json<ExplanationView>, Problem> {
    let about = match (form.approval_id, (form.run_id, form.call_id), form.call) {
        (Some(id), (None, None), None) => About::Approval(id),
        (None, (Some(run), Some(call)), None) => About::Call(run, call),
        (None, (None, None), Some(call)) => About::Imagined(Box::new(call)),
        _ => {
            return Err(Problem::invalid("name one call: `approval_id`, `run_id` with `call_id`, or `call`"));
        }
    };
    let store = staff.store(&http);
    let gate = http.app.gate_of(&store, form.text, form.version).await?;
    let (call, past, explanation) = http.app.explain_policy(&store, &gate, about).await?;
    let unknown = call.unknown.iter().map(|name| (*name).to_owned()).collect();
    Ok(Json(ExplanationView { facts: call.facts, unknown, explanation, past: past.map(Into::into) }))
}

/// A document that is not in effect, and how many calls to try it on.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRunPolicy {
    #[schemars(length(max = 65536))]
    pub text: String,
    /// The newest calls, 1 to 500.
    #[serde(default = "last")]
    #[schemars(range(min = 1, max = 500))]
    pub last: usize,
}

fn last() -> usize {
    100
}

fn dry_run_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("dryRunPolicy").tag("policy").summary("Try a policy on past calls").description(
        "What the newest calls that were judged would have become under another policy. What was not kept of a call \
         is unknown and never guessed. Nothing is done, and nothing is put in effect.",
    )
}

async fn dry_run(
    State(http): State<Http>,
    staff: Staff<may::TryPolicy>,
    Json(form): Json<DryRunPolicy>,
) -> Result<Json<DryRun>, Problem> {
    if !(1..=MAX_LAST).contains(&form.last) {
        return Err(Problem::invalid(format!("last is {} and must be 1 to {MAX_LAST}", form.last)));
    }
    let store = staff.store(&http);
    let gate = http.app.gate_of(&store, Some(form.text), None).await?;
    Ok(Json(http.app.dry_run_policy(&store, gate, form.last).await?))
}
