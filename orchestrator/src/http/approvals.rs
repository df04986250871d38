//! Approvals: the queue, one with everything a reviewer needs, and decisions.

use std::{collections::BTreeSet, time::Duration};

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    ApprovalId, TicketId, Timestamp, UserId, WorkspaceId,
    approval::{Approval, ApprovalStatus, Decision, DecisionKind},
    autonomy::Level,
    canonical::Digest,
    commit::{CommitError, Receipt},
    customer::Customer,
    queue::Narrowed,
    review::Attention,
    run::Run,
    standing::Standing,
    ticket::{Channel, Message, Ticket, TicketStatus},
    user::Actor,
};
use guards::masking::Spotted;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::{ApprovalFilter, Surroundings};
use tracing::warn;

use super::{
    Http,
    auth::{Staff, may},
    body_html,
    exercises::{self, ExerciseResult},
    footing::FootingView,
    input::{Json, Path, Query, text},
    page::{Page, PageQuery},
    problem::{Problem, ProblemBody},
    sight::Sight,
};

const MAX_WORDS: usize = 4_000;
const MAX_ARGS_BYTES: usize = 64 * 1024;
/// Decisions in one request.
const MAX_BATCH: usize = 50;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/approvals", get_with(list, list_docs))
        .api_route("/v1/approvals/decisions", post_with(decide_many, decide_many_docs))
        .api_route("/v1/approvals/{id}", get_with(show, show_docs))
        .api_route("/v1/approvals/{id}/decisions", post_with(decide, decide_docs))
}

/// The approval in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ApprovalPath {
    /// The approval.
    pub id: ApprovalId,
}

/// Which approvals are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct ApprovalQuery {
    #[serde(default)]
    pub status: Option<ApprovalStatus>,
    /// True: only those that the caller may decide.
    #[serde(default)]
    pub mine: bool,
}

/// An approval in the queue.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalItem {
    pub approval: Approval,
    /// Expected loss × uncertainty, in cents: what brings it before others, beside its deadline.
    pub stake_cents: i64,
    /// Whether the caller is among those who are asked, as long as it waits.
    pub may_decide: bool,
    /// Null when the run is not about a ticket.
    pub ticket: Option<TicketBrief>,
}

/// Enough of a ticket to recognise it in a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct TicketBrief {
    pub id: TicketId,
    pub number: i64,
    pub subject: String,
    pub channel: Channel,
    pub status: TicketStatus,
}

impl From<Ticket> for TicketBrief {
    fn from(ticket: Ticket) -> Self {
        Self {
            id: ticket.id,
            number: ticket.number,
            subject: ticket.subject,
            channel: ticket.channel,
            status: ticket.status,
        }
    }
}

/// An approval with everything a reviewer needs to decide.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovalView {
    pub approval: Approval,
    /// Whether the caller may decide it now.
    pub may_decide: bool,
    /// Why not, in words; null when they may.
    pub may_not: Option<String>,
    /// To whom it can be handed while it waits: colleagues who are let in and may decide it, by role and team. The
    /// caller may be among them.
    #[serde(default)]
    pub eligible: Vec<UserId>,
    pub ticket: Option<Ticket>,
    pub messages: Vec<Message>,
    /// Where personal data, or the masks that stand for it, are in `approval`.
    pub findings: Vec<FieldFinding>,
    /// What the proposed text rests on; null when there is none, or its agent does not tell.
    pub footing: Option<FootingView>,
    /// `approval.preview.body` as HTML, like a message's, when it is a message that the desk would write. Where there
    /// is a `footing`, the words of each sentence are in `<span data-sentence="…">` with its place in it, from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body_html: Option<String>,
    pub customer: Option<Customer>,
    /// Decisions taken so far, oldest first.
    pub decisions: Vec<Decision>,
    pub run: Run,
    /// Of what the caller has decided and was no approval: what it was. Nothing came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<ExerciseResult>,
}

/// Personal data in one text of a record.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FieldFinding {
    /// A JSON pointer to the text, within the record: `/binding/call/args/body`.
    pub at: String,
    /// Such as `email`.
    pub kind: String,
    /// In characters (Unicode code points) of the text.
    pub start: usize,
    /// The first character behind it.
    pub end: usize,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listApprovals").tag("approvals").summary("List approvals").description(
        "Proposed calls that wait for a person, or did. Pending ones are listed by what is at stake (expected loss × \
         uncertainty × how near the deadline is) or, with `order=age`, in the order they were asked; all others the \
         newest first.",
    )
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
    Query(page): Query<PageQuery>,
    Query(query): Query<ApprovalQuery>,
    Query(narrowed): Query<Narrowed>,
) -> Result<Json<Page<ApprovalItem>>, Problem> {
    let store = staff.store(&http);
    let narrowed = staff.narrow(&http, narrowed, query.status).await?;
    let standing = staff.standing(&http).await?;
    // A key decides nothing, so nothing is its own.
    if query.mine && standing.is_none() {
        return Ok(Json(Page { items: Vec::new(), next_cursor: None }));
    }
    let filter = ApprovalFilter { may: standing.clone().filter(|_| query.mine), ..narrowed };
    let now = http.app.clock.now();
    let asked = (page.limit()?, page.cursor());
    let mut page = store.approvals(&filter, asked.0, asked.1).await?;
    let waits = matches!(query.status, None | Some(ApprovalStatus::Pending));
    let exercise = if waits { staff.waiting_exercise(&http).await? } else { None };
    let exercise = exercise.filter(|exercise| exercise.is_among(&filter, now));
    if let Some(exercise) = &exercise {
        page = exercise.placed(page, asked, &filter)?;
    }
    let about: BTreeSet<TicketId> = page.items.iter().filter_map(|approval| approval.ticket_id).collect();
    let tickets = store.tickets_by_id(&about.into_iter().collect::<Vec<_>>()).await?;
    let brief = |id| tickets.iter().find(|ticket| ticket.id == id).cloned().map(TicketBrief::from);
    let of_exercise = |id| exercise.as_ref().filter(|it| it.shown.id == id).map(|it| it.ticket_brief());
    let with_ticket = |approval: Approval| ApprovalItem {
        ticket: of_exercise(approval.id).or_else(|| approval.ticket_id.and_then(brief)),
        may_decide: standing.as_ref().is_some_and(|it| approval.may_not(it, false, now).is_none()),
        stake_cents: approval.stake_cents(),
        approval,
    };
    let items = page.items.into_iter().map(with_ticket).collect();
    Ok(Json(Page { items, next_cursor: page.next }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getApproval").tag("approvals").summary("Look at an approval").description(
        "The proposed action, why it stopped, what it rests on sentence by sentence, the conversation and the \
         customer. `approval.digest` is what a decision must carry; `eligible` says to whom it can be handed.",
    )
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
    Path(path): Path<ApprovalPath>,
) -> Result<Json<ApprovalView>, Problem> {
    let standing = staff.standing(&http).await?;
    if staff.store(&http).approval(path.id).await?.is_none()
        && let Some(exercise) = staff.exercise(&http, path.id).await?
    {
        return exercise.view(&http, &staff).await.map(Json);
    }
    let mut shown = view(&http, (staff.workspace, path.id), staff.sight, standing.as_ref()).await?;
    shown.eligible = eligible(&http, staff.workspace, &shown.approval, &shown.decisions).await?;
    Ok(Json(shown))
}

/// Where personal data stands in an approval.
pub(super) fn findings(
    http: &Http,
    workspace: WorkspaceId,
    approval: &Approval,
) -> Result<Vec<FieldFinding>, Problem> {
    let record = serde_json::to_value(approval).map_err(|error| Problem::internal(&error))?;
    Ok(findings_in(http, workspace, &record))
}

/// The same in any record.
pub(super) fn findings_in(http: &Http, workspace: WorkspaceId, record: &Value) -> Vec<FieldFinding> {
    let field = |found: Spotted| FieldFinding {
        at: found.at,
        kind: found.kind,
        start: found.span.start,
        end: found.span.end,
    };
    http.app.personal.of(workspace).find_in(record).into_iter().map(field).collect()
}

/// One approval for somebody who sees so much; `standing` is a person's.
pub(super) async fn view(
    http: &Http,
    (workspace, id): (WorkspaceId, ApprovalId),
    sight: Sight,
    standing: Option<&Standing>,
) -> Result<ApprovalView, Problem> {
    let store = http.app.store.workspace(workspace);
    let approval = store.approval(id).await?.ok_or_else(|| Problem::not_found("the approval"))?;
    let run = store.run(approval.run_id).await?.ok_or_else(|| Problem::not_found("the approval's run"))?;
    // What a run is about that holds no ticket, a reviewer reads all the same.
    let about = approval.ticket_id.or(run.about.map(|about| about.ticket_id));
    let Surroundings { ticket, mut messages, customer, decisions, .. } =
        store.around_approval(id, about).await?;
    messages.iter_mut().for_each(body_html::show);
    // For those who see masks, the layer says where the masks are.
    let mut found = Vec::new();
    if sight == Sight::Whole {
        messages.iter_mut().for_each(|message| http.app.personal.mark(workspace, message));
        found = findings(http, workspace, &approval)?;
    }
    let may_not = match standing {
        Some(standing) => {
            let decided = decisions.iter().any(|decision| decision.user_id == standing.user_id);
            approval.may_not(standing, decided, http.app.clock.now())
        }
        None => Some("a decision takes a person, and an API key is none".to_owned()),
    };
    let footing = http.app.footing(workspace, &approval, &run).await?;
    let footing = footing.as_ref().and_then(|footing| FootingView::of(footing, &approval));
    let body_html = http.preview_html(&approval.binding.call.tool, &approval.preview, footing.as_ref());
    Ok(ApprovalView {
        may_decide: may_not.is_none(),
        body_html,
        approval,
        may_not,
        eligible: Vec::new(),
        ticket,
        messages,
        findings: found,
        footing,
        customer,
        decisions,
        run,
        exercise: None,
    })
}

/// To whom an approval can be handed.
pub(super) async fn eligible(
    http: &Http,
    workspace: WorkspaceId,
    approval: &Approval,
    decisions: &[Decision],
) -> Result<Vec<UserId>, Problem> {
    let now = http.app.clock.now();
    if approval.status != ApprovalStatus::Pending {
        return Ok(Vec::new());
    }
    let people = http.app.store.workspace(workspace).standings().await?;
    let decided = |id| decisions.iter().any(|decision| decision.user_id == id);
    let may = people.into_iter().filter(|(user, standing)| {
        approval.may_not(standing, decided(user.id), now).is_none() && !approval.requesters.contains(&user.id)
    });
    Ok(may.map(|(user, _)| user.id).collect())
}

/// A decision, bound to what the reviewer saw.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decide {
    /// The `digest` of the approval as it was shown. When the proposal has changed since, the
    /// decision is refused.
    pub digest: Digest,
    pub decision: DecisionKind,
    /// False: what is decided is done at once. Otherwise it can be taken back until the approval's
    /// `undo_until`, and nothing is done before.
    #[serde(default = "yes")]
    pub undo: bool,
    /// How long the reviewer had it before them; left out, it counts as not measured. It changes nothing about the
    /// decision.
    #[serde(default)]
    pub attention: Option<Attention>,
}

/// An approval as it stands after a decision.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecidedApproval {
    #[serde(flatten)]
    pub approval: Approval,
    /// When it was no approval: what it was. Nothing came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<ExerciseResult>,
}

fn yes() -> bool {
    true
}

fn decide_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("decideApproval").tag("approvals").summary("Decide").description(
        "Approve, edit, reject, respond or escalate. A decision is used once: of two people who decide at the same \
         moment one gets 409. An edited call is checked against the tool's schema and judged by the policy again. \
         An API key cannot decide: a countersignature is a person's. The approval's own `role` and `team` say who is asked; whoever may \
         everything that the role may answers for it.",
    )
}

async fn decide(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Path(path): Path<ApprovalPath>,
    Json(form): Json<Decide>,
) -> Result<Json<DecidedApproval>, Problem> {
    let Decide { digest, decision, undo, attention } = form;
    take(&http, &staff, path.id, (digest, decision), (undo, attention)).await.map(Json)
}

async fn take(
    http: &Http,
    staff: &Staff<may::DecideApprovals>,
    id: ApprovalId,
    (digest, decision): (Digest, DecisionKind),
    (undo, attention): (bool, Option<Attention>),
) -> Result<DecidedApproval, Problem> {
    let standing = http.standing(staff.workspace, staff.person()?).await?;
    let masked = staff.sight == Sight::Masked;
    if masked && matches!(decision, DecisionKind::Edit { .. }) {
        return Err(Problem::forbidden(
            "the arguments are masked for you, and an edit would save the masks: it takes the permission see_personal_data",
        ));
    }
    let decision = checked(decision)?;
    let undo = if undo { http.app.config.approvals.undo() } else { Duration::ZERO };
    let (by, said) = (standing.clone(), (digest.clone(), decision.clone()));
    let taken = http.app.intake.decide_with_undo(staff.workspace, id, by, digest, decision, undo).await;
    if matches!(taken, Err(CommitError::NotFound(_)))
        && let Some(exercise) = staff.open_exercise(http, id).await?
    {
        let (approval, exercise) = exercises::decide(http, staff, exercise, said).await?;
        return Ok(DecidedApproval { approval, exercise: Some(exercise) });
    }
    let approval = the_one(taken?, id)?;
    if let Some(attention) = attention {
        let at = http.app.clock.now();
        // It was decided, whatever becomes of this.
        if let Err(error) = note(http, staff, &approval, (attention, at)).await {
            warn!(%error, approval = %id, "how long an approval was looked at could not be kept");
        }
    }
    if !http.unexercised.contains_key(&staff.workspace)
        && !http.app.after_decision(staff.workspace, &standing, masked).await
    {
        http.unexercised.insert(staff.workspace, ());
    }
    Ok(DecidedApproval { approval, exercise: None })
}

/// Keeps what somebody had before them when they decided, beside the length of the item.
async fn note(
    http: &Http,
    staff: &Staff<may::DecideApprovals>,
    approval: &Approval,
    (attention, at): (Attention, Timestamp),
) -> Result<(), store::StoreError> {
    let (store, Ok(user)) = (staff.store(http), staff.person()) else { return Ok(()) };
    let messages = match approval.ticket_id {
        Some(ticket) => store.messages(ticket, None).await?,
        None => Vec::new(),
    };
    let asked = messages.iter().rev().find(|message| matches!(message.author, Actor::Customer { .. }));
    let attended = attention.of(approval, asked.map_or("", |message| &message.body));
    store.note_attention(approval.id, (user.id, at), attended).await
}

/// What became of an approval that a commit changed.
pub(super) fn the_one(receipt: Receipt, id: ApprovalId) -> Result<Approval, Problem> {
    let mut approvals = receipt.approvals.into_iter();
    approvals
        .find(|approval| approval.id == id)
        .ok_or_else(|| Problem::internal(&"a change was written without its approval"))
}

pub(super) fn checked(decision: DecisionKind) -> Result<DecisionKind, Problem> {
    Ok(match decision {
        DecisionKind::Approve => DecisionKind::Approve,
        DecisionKind::Edit { args } if args.to_string().len() > MAX_ARGS_BYTES => {
            return Err(Problem::invalid(format!("args has more than {MAX_ARGS_BYTES} bytes")));
        }
        DecisionKind::Edit { args } => DecisionKind::Edit { args },
        DecisionKind::Reject { reason } => {
            DecisionKind::Reject { reason: text("reason", &reason, MAX_WORDS)? }
        }
        DecisionKind::Respond { message } => {
            DecisionKind::Respond { message: text("message", &message, MAX_WORDS)? }
        }
        DecisionKind::Escalate { reason } => {
            DecisionKind::Escalate { reason: text("reason", &reason, MAX_WORDS)? }
        }
    })
}

/// Several decisions at once; each stands for itself.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideMany {
    #[schemars(length(min = 1, max = 50))]
    pub items: Vec<DecideItem>,
    /// False: what is decided is done at once.
    #[serde(default = "yes")]
    pub undo: bool,
}

/// One of several decisions.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecideItem {
    pub approval_id: ApprovalId,
    pub digest: Digest,
    pub decision: DecisionKind,
}

/// What became of each decision, in the order they were sent.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    pub results: Vec<DecidedItem>,
}

/// What became of one decision.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct DecidedItem {
    pub approval_id: ApprovalId,
    pub status: DecidedStatus,
    /// As it stands after the decision; null when it failed.
    pub approval: Option<Approval>,
    /// Why it failed; null when it did not.
    pub problem: Option<ProblemBody>,
    /// When it was no approval: what it was. Nothing came of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exercise: Option<ExerciseResult>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DecidedStatus {
    Decided,
    Failed,
}

/// Why it is not decided with others.
const DRAFT: &str = "on the ladder of autonomy this is a draft, which is finished by itself: decide it alone";

/// Whether it is at a rung where nothing is decided with others.
async fn is_draft(http: &Http, staff: &Staff<may::DecideApprovals>, id: ApprovalId) -> Result<bool, Problem> {
    let approval = staff.store(http).approval(id).await?;
    let level = approval.and_then(|approval| approval.facts.and_then(|facts| facts.autonomy));
    Ok(level == Some(Level::Draft))
}

fn decide_many_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("decideApprovals").tag("approvals").summary("Decide several").description(
        "Up to 50 decisions. One that fails does not hold up the others; each has its own result.",
    )
}

async fn decide_many(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
    Json(form): Json<DecideMany>,
) -> Result<Json<Decided>, Problem> {
    if form.items.is_empty() || form.items.len() > MAX_BATCH {
        return Err(Problem::invalid(format!("send 1 to {MAX_BATCH} decisions, not {}", form.items.len())));
    }
    let mut results = Vec::with_capacity(form.items.len());
    let several = form.items.len() > 1;
    for item in form.items {
        let approval_id = item.approval_id;
        let said = (item.digest, item.decision);
        let draft = if several { is_draft(&http, &staff, approval_id).await } else { Ok(false) };
        let taken = match draft {
            Ok(true) => Err(Problem::invalid(DRAFT)),
            Ok(false) => take(&http, &staff, approval_id, said, (form.undo, None)).await,
            Err(problem) => Err(problem),
        };
        results.push(match taken {
            Ok(DecidedApproval { approval, exercise }) => DecidedItem {
                approval_id,
                status: DecidedStatus::Decided,
                approval: Some(approval),
                problem: None,
                exercise,
            },
            Err(problem) => DecidedItem {
                approval_id,
                status: DecidedStatus::Failed,
                approval: None,
                problem: Some(problem.body(None)),
                exercise: None,
            },
        });
    }
    Ok(Json(Decided { results }))
}
