//! The tools of this service: list and search, look at one, try one without doing anything, accept
//! one that has changed.

use ::tools::Suspension;
use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    audit::AuditAction,
    canonical::Digest,
    policy::Verdict,
    tool::{Preview, ToolSpec},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tracing::Instrument as _;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path, Query},
    problem::Problem,
};

const MAX_ARGS_BYTES: usize = 64 * 1024;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/tools", get_with(list, list_docs))
        .api_route("/v1/tools/{name}", get_with(show, show_docs))
        .api_route("/v1/tools/{name}/dry-run", post_with(dry_run, dry_run_docs))
        .api_route("/v1/tools/{name}/accept", post_with(accept, accept_docs))
}

/// The tool in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ToolPath {
    /// The tool's name.
    pub name: String,
}

/// Which tools are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct ToolQuery {
    /// What the tool should be good for; best first. Without it all are listed by name.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub q: Option<String>,
}

/// Tools.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolList {
    pub items: Vec<ToolView>,
}

/// A tool, and why it may not be called when that is so.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ToolView {
    pub tool: ToolSpec,
    /// Set while the tool waits for an admin because what its server says of it changed.
    pub suspended: Option<SuspensionView>,
}

/// Why a tool is suspended.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct SuspensionView {
    /// Where the tool comes from.
    pub server: String,
    pub why: String,
    /// What was accepted before; null for a tool that never was.
    pub was: Option<ToolSpec>,
    /// Stands for all that an admin looks at before they accept the tool: its `version`, its title and whether
    /// it may be repeated.
    pub look: Digest,
}

impl ToolView {
    fn of(tool: ToolSpec, suspended: &[Suspension]) -> Self {
        let Some(suspension) = suspended.iter().find(|suspension| suspension.name == tool.name) else {
            return Self { tool, suspended: None };
        };
        let suspended = SuspensionView {
            server: suspension.server.clone(),
            why: suspension.why.clone(),
            was: suspension.was.clone(),
            look: suspension.look.clone(),
        };
        // The tool that the look is of: its server may have been listed since `tool` was read.
        Self { tool: suspension.now.clone(), suspended: Some(suspended) }
    }
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listTools").tag("tools").summary("List tools").description(
        "Everything that agents may be granted: built-in tools, declared HTTP tools and tools of MCP servers.",
    )
}

async fn list(
    State(http): State<Http>,
    _: Staff<may::ReadTools>,
    Query(query): Query<ToolQuery>,
) -> Result<Json<ToolList>, Problem> {
    let catalog = &http.app.catalog;
    let specs = match query.q.as_deref().map(str::trim) {
        Some(q) if q.chars().count() > 200 => return Err(Problem::invalid("q has more than 200 characters")),
        Some(q) if !q.is_empty() => catalog.search(q),
        _ => catalog.specs(),
    };
    let suspended = catalog.suspended();
    Ok(Json(ToolList { items: specs.into_iter().map(|spec| ToolView::of(spec, &suspended)).collect() }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getTool").tag("tools").summary("Look at a tool")
}

async fn show(
    State(http): State<Http>,
    _: Staff<may::ReadTools>,
    Path(path): Path<ToolPath>,
) -> Result<Json<ToolView>, Problem> {
    http.tool(&path.name).map(Json)
}

impl Http {
    fn tool(&self, name: &str) -> Result<ToolView, Problem> {
        let tool = self.app.catalog.get(name).ok_or_else(|| Problem::not_found("the tool"))?;
        Ok(ToolView::of(tool.spec().clone(), &self.app.catalog.suspended()))
    }
}

/// Arguments to try.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DryRun {
    /// As the tool's schema wants them.
    pub args: Value,
}

/// What would happen.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DryRunView {
    /// Whether the arguments fit the schema.
    pub valid: bool,
    /// Why they do not.
    pub problem: Option<String>,
    /// The action as a reviewer would see it.
    pub preview: Preview,
    /// `preview.body` as HTML, like a message's, when it is a message that the desk would write.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    /// What the policy says of the call when the resolution agent is certain of it: run, ask or refuse. Null
    /// when the arguments do not fit.
    pub verdict: Option<Verdict>,
}

fn dry_run_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("dryRunTool").tag("tools").summary("Try a tool without doing anything").description(
        "Checks the arguments, shows what a reviewer would see and what the policy would answer. The tool itself is \
         not called.",
    )
}

async fn dry_run(
    State(http): State<Http>,
    staff: Staff<may::TryTools>,
    Path(path): Path<ToolPath>,
    Json(form): Json<DryRun>,
) -> Result<Json<DryRunView>, Problem> {
    let tool = http.app.catalog.get(&path.name).ok_or_else(|| Problem::not_found("the tool"))?;
    if form.args.to_string().len() > MAX_ARGS_BYTES {
        return Err(Problem::invalid(format!("args has more than {MAX_ARGS_BYTES} bytes")));
    }
    let preview = tool.preview(&form.args);
    let body_html = http.preview_html(&path.name, &preview, None);
    let (problem, verdict) = match tool.validate(&form.args) {
        Err(error) => (Some(error.to_string()), None),
        Ok(()) => (None, Some(http.app.dry_verdict(staff.workspace, tool.as_ref(), &form.args))),
    };
    Ok(Json(DryRunView { valid: problem.is_none(), problem, preview, body_html, verdict }))
}

/// What the admin has looked at.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptTool {
    /// The `look` of the suspension as it was shown. When the tool has changed again since, nothing is accepted.
    pub look: Digest,
}

fn accept_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("acceptTool").tag("tools").summary("Accept a changed tool").description(
        "A tool of which its server says something else than when it was accepted (its arguments, description, \
         title, risk or whether it may be repeated) is suspended until an admin has looked at it. This accepts it as \
         it is now. 409 when it is not suspended, or has changed again since it was looked at.",
    )
}

async fn accept(
    State(http): State<Http>,
    staff: Staff<may::ManageTools>,
    Path(path): Path<ToolPath>,
    Json(form): Json<AcceptTool>,
) -> Result<Json<ToolView>, Problem> {
    if http.tool(&path.name)?.suspended.is_none() {
        return Err(super::tickets::conflict("this tool is not suspended; there is nothing to accept"));
    }
    // Seen through by itself: an admin who goes away leaves no acceptance that the audit does not have.
    let (accepting, name) = (http.clone(), path.name.clone());
    let accepted = async move {
        let spec = accepting.app.mcp.register(&name, Some(&form.look)).await?;
        let detail = json!({ "version": spec.version, "look": form.look });
        let deed = staff.deed(&accepting, AuditAction::ToolAccepted, &name, detail);
        staff.store(&accepting).audit(deed).await?;
        // Only now, because a server may take its time to answer.
        accepting.app.mcp.look_again(&name).await;
        Ok::<_, Problem>(())
    };
    tokio::spawn(accepted.in_current_span()).await.map_err(|error| Problem::internal(&error))??;
    http.tool(&path.name).map(Json)
}
